#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The file of fac metrics, read by a real node_exporter."""

import os
import shutil
import socket
import stat
import subprocess
import unittest
import urllib.request

from rig import CLI, DEADLINE_SEC, RunTest, wait_until

EXPORTER = shutil.which("prometheus-node-exporter")


@unittest.skipIf(EXPORTER is None, "prometheus-node-exporter is not installed")
class ExporterTest(RunTest):
    def setUp(self):
        super().setUp()
        self.folder = self.dir / "textfile"
        self.folder.mkdir()
        self.file = self.folder / "apm2.prom"
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        exporter = subprocess.Popen(  # pylint: disable=consider-using-with
            [EXPORTER, "--collector.disable-defaults", "--collector.textfile",
             f"--collector.textfile.directory={self.folder}",
             f"--web.listen-address={self.address}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        self.addCleanup(self.end_process, exporter)
        wait_until(self.scrape, "the exporter")

    def scrape(self):
        """Returns {metric with labels: value}, or None."""
        try:
            with urllib.request.urlopen(f"http://{self.address}/metrics",
                                        timeout=DEADLINE_SEC) as answer:
                text = answer.read().decode()
        except OSError:
            return None
        rows = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in rows}

    def write(self):
        subprocess.run(
            [CLI, "--user", "fac", "metrics", "--prometheus", "--output", str(self.file)],
            env=self.env, check=True, timeout=DEADLINE_SEC, umask=0o077,
        )

    def test_scrape_shows_what_the_broker_counts(self):
        self.write()
        before = self.scrape()
        self.assertEqual(before["node_textfile_scrape_error"], 0)
        ours = {name for name in before if name.startswith("apm2_")}
        self.assertGreater(len(ours), 10)
        self.check(0, "true")
        self.check(3, "sh", "-c", "exit 3")
        self.apm2("fac", "submit", "--", "true")
        with open(self.file, encoding="utf-8") as old:
            inode = os.fstat(old.fileno()).st_ino
            text = old.read()
            self.write()
            # Whoever reads has the whole old file or the whole new one.
            old.seek(0)
            self.assertEqual(old.read(), text)
        status = self.file.stat()
        self.assertNotEqual(status.st_ino, inode)
        self.assertEqual(stat.S_IMODE(status.st_mode), 0o644)
        self.assertEqual([entry.name for entry in self.folder.iterdir()], ["apm2.prom"])
        after = self.scrape()
        self.assertEqual(after["node_textfile_scrape_error"], 0)
        self.assertTrue(ours <= set(after))
        grown = {name: after[name] - before.get(name, 0) for name in after
                 if name.startswith("apm2_") and after[name] != before.get(name, 0)}
        for outcome in ("passed", "failed"):
            self.assertEqual(grown[f'apm2_jobs_ended_total{{outcome="{outcome}"}}'], 1, grown)
        pending = [name for name in grown if "pending" in name]
        self.assertTrue(pending, grown)
        self.assertTrue(all(grown[name] == 1 for name in pending), grown)
        mtime = [name for name in after if name.startswith("node_textfile_mtime_seconds")]
        self.assertEqual(len(mtime), 1)

    def test_a_broker_that_is_away_leaves_the_file(self):
        self.write()
        text = self.file.read_text(encoding="utf-8")
        self.stop_broker(15)
        done = subprocess.run(
            [CLI, "--user", "fac", "metrics", "--prometheus", "--output", str(self.file)],
            env=self.env, check=False, capture_output=True, timeout=DEADLINE_SEC,
        )
        self.assertEqual(done.returncode, 5)
        self.assertEqual(self.file.read_text(encoding="utf-8"), text)


if __name__ == "__main__":
    unittest.main()
