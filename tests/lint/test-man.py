#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shows that man.py finds what is wrong with a manual page.

Usage: test-man.py CLI DAEMON WORKER PAGE...
"""

import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import man  # noqa: E402

# Page, what stands there, what shall stand there, what must be said of it.
FAULTS = [
    ("apm2.1", '", " "logs" ', "", "apm2.1: COMMANDS: apm2 fac job logs is missing"),
    ("apm2.1", ".BR apm2\\-fac\\-gc (1).", ".BR apm2\\-fac\\-job (1).", "COMMANDS: apm2 fac gc is not in apm2-fac-job.1"),
    ("apm2-fac-job.1", '.SS "apm2 fac job show ID"', '.SS "apm2 fac job shew ID"', "there is no apm2 fac job shew"),
    ("apm2-fac-job.1", '.SS "apm2 fac job show ID"\n', "", "apm2 fac job show is missing"),
    ("apm2-fac-jobs.1", ".BR \\-a \", \" \\-\\-all\n", ".B \\-\\-all\n", "apm2-fac-jobs.1: apm2 fac jobs: -a is missing"),
    ("apm2-daemon-install.1", ".B \\-\\-enable\\-linger\n", ".B \\-\\-linger\n", "apm2 daemon install: --enable-linger is missing"),
    ("apm2-daemon-install.1", ".BR \\-n \", \" \\-\\-dry\\-run\n", ".B \\-\\-dry\\-run\n", "apm2 daemon install: -n is missing"),
    ("apm2-daemon-install.1", "apm2\\-daemon\\-uninstall \\-", "apm2\\-daemon\\-remove \\-", "NAME: apm2-daemon-uninstall is missing"),
    ("apm2-fac-job-wait.1", "apm2-fac-job.1", "apm2-fac-jobs.1", "COMMANDS: apm2 fac job wait is not in apm2-fac-job.1"),
    ("apm2.1", ".B \\-\\-no\\-legend\n", ".B \\-\\-no\\-table\n", "OPTIONS: there is no --no-table"),
    ("apm2.1", ".TP\n.B 130\n", ".TP\n.B 131\n", "exit status: 130 is missing"),
    ("apm2-fac-gates.1", ".TP\n.B 130\n", ".TP\n.B 131\n", "apm2-fac-gates.1: exit status: there is no 131"),
    ("apm2-fac-doctor.1", ".TP\n.B 2\n", ".TP\n.B 3\n", "apm2-fac-doctor.1: exit status: 2 is missing"),
    ("apm2-fac-services.1", ".TP\n.B 3\n", ".TP\n.B 4\n", "apm2-fac-services.1: exit status: there is no 4"),
    ("apm2-worker.8", ".TP\n.B 78\n", ".TP\n.B 77\n", "apm2-worker.8: exit status: 78 is missing"),
    ("apm2-daemon.8", ".TP\n.B 64\n", "", "apm2-daemon.8: exit status: 64 is missing"),
    ("apm2-fac-gc.1", "With\n.BR \\-\\-receipts :", "With\n.BR \\-\\-receipt :", "apm2-fac-gc.1: there is no --receipt"),
    ("apm2-fac-gc.1", ".BR apm2.conf (5)", ".BR apm2.config (5)", "apm2-fac-gc.1: there is no apm2.config(5)"),
    ("apm2-fac-gc.1", ".SH FILES\n", ".SH OTHERS\n", "apm2-fac-gc.1: FILES is missing"),
    ("apm2-fac-gc.1", "\n.SH NAME\n", "\n.SH NAMES\n", "apm2-fac-gc.1: NAME is missing"),
    ("apm2-daemon.8", ".B \\-\\-debug\n", ".B \\-\\-verbose\n", "apm2-daemon.8: --debug is missing"),
    ("apm2-worker.8", ".B \\-\\-drain\n", ".B \\-\\-finish\n", "apm2-worker.8: there is no --finish"),
    ("apm2-job-spec.5", ".BR idempotency_key ", ".BR key_of_idempotency ", "apm2-job-spec.5: job: idempotency_key is missing"),
    ("apm2-job-spec.5", ".BR memory_max_bytes ", ".BR memory_max ", "apm2-job-spec.5: limits: there is no memory_max"),
    ("apm2-receipt.5", ".SS usage\n", ".SS used\n", "apm2-receipt.5: MEMBERS: usage is missing"),
    ("apm2-receipt.5", ".B log_limit\nA step", ".B log_full\nA step", "REASONS: log_limit is missing"),
    ("apm2-fac-jobs.1", ".TP\n.B leased\n", ".TP\n.B taken\n", "STATES: leased is missing"),
    ("apm2-fac-doctor.1", ".TP\n.B inodes\n", "", "CHECKS: inodes is missing"),
    ("apm2-fac-services.1", ".B no_worker\n", ".B none\n", "REASONS: there is no none"),
    ("apm2-fac-config.1", ".B apm2.fac.config.v1\n", ".B apm2.fac.conf.v1\n", "JSON Schemas: apm2.fac.config.v1 is missing"),
    ("apm2-fac-queue.1", ".B apm2.fac.drained.v1\n", ".B apm2.fac.drain.v1\n", "apm2-fac-queue.1: JSON: there is no apm2.fac.drain.v1"),
    ("apm2-heartbeat.5", ".BR health_reason ", ".BR health_why ", "apm2-heartbeat.5: health_reason is missing"),
    ("apm2.conf.5", "=64M\n", "=65M\n", "[job] log-bytes-max=64M is missing"),
    ("apm2.conf.5", ".BR kill\\-grace ", ".BR kill\\-delay ", "there is no [job] kill-delay=10s"),
    ("apm2.1", ".SH DESCRIPTION\n", ".SH DESCRIPTION\n.XX\n", "groff -T utf8: "),
]


class Man(unittest.TestCase):
    def check(self, folder):
        """Returns (exit status, what man.py says) of the pages in @folder."""
        pages = sorted(str(path) for path in folder.iterdir())
        with contextlib.redirect_stdout(io.StringIO()) as said:
            status = man.main(*PROGRAMS, *pages)
        return status, said.getvalue()

    def test_faults_are_found(self):
        for name, old, new, expected in FAULTS:
            with self.subTest(page=name, fault=new), tempfile.TemporaryDirectory() as top:
                for page in PAGES:
                    text = page.read_text(encoding="utf-8")
                    if page.name == name:
                        self.assertGreater(text.count(old), 0, old)
                        text = text.replace(old, new)
                    (Path(top) / page.name).write_text(text, encoding="utf-8")
                status, said = self.check(Path(top))
                self.assertEqual(status, 1)
                self.assertIn(expected, said)


if __name__ == "__main__":
    PROGRAMS = sys.argv[1:4]
    PAGES = [Path(name) for name in sys.argv[4:]]
    del sys.argv[1:]
    unittest.main()
