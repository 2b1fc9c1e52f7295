#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What each verb prints with --json, held against the published schema it names."""

import json
import re
import select
import signal
import subprocess
import sys
import unittest
from pathlib import Path

from rig import BUILD, CLI, DEADLINE_SEC, RunTest, wait_until

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed")
    sys.exit(77)

SCHEMAS = Path(__file__).resolve().parents[2] / "data/schemas"

# Verbs that show nothing but what other programs write, or that read nothing.
NOT_JSON = {
    "apm2 run": "the output of a command; --json-result is tested with it",
    "apm2 fac job logs": "the output of a job",
    "apm2 fac receipts export": "a file of receipts; apm2.fac.receipt_bundle.v1",
    "apm2 fac top": "a picture; it says which verbs have its parts as JSON",
    "apm2 fac services wait": "prints nothing",
    "apm2 fac queue pause": "prints nothing that is not its status",
    "apm2 fac queue resume": "prints nothing that is not its status",
    "apm2 fac worker": "becomes another program",
    "apm2 daemon run": "becomes another program",
    "apm2 fac hook install": "tells what it wrote",
    "apm2 fac hook uninstall": "tells what it removed",
}
CONFIG = """[lane run]
slots=1
[worker]
executor=direct
"""
GATES = """[gate one]
command=true
[gate two]
needs=one
command=echo two
"""


class JsonTest(RunTest):
    config = CONFIG

    def setUp(self):
        super().setUp()
        self.env |= {"APM2_LIBEXECDIR": str(BUILD / "src/worker"), "LC_ALL": "C.UTF-8",
                     "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
        self.seen = set()

    def start_worker(self):
        with open(self.dir / "worker.log", "ab") as log:
            worker = subprocess.Popen(  # pylint: disable=consider-using-with
                [str(BUILD / "src/worker/apm2-worker"), "--user"], env=self.env,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        self.addCleanup(self.end_process, worker)

    def validate(self, document):
        name = document["schema"]
        schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.Draft202012Validator(schema).validate(document)
        self.assertEqual(schema["$id"], f"urn:apm2:schema:{name}")
        self.assertEqual(schema["properties"]["schema"], {"const": name})
        # A schema that takes anything says nothing.
        for broken in ({}, document | {"schema": "apm2.fac.other.v1"},
                       document | {"nobody_knows": 1}):
            with self.assertRaises(jsonschema.ValidationError, msg=name):
                jsonschema.Draft202012Validator(schema).validate(broken)
        return document

    def verb(self, words, schema, statuses=(0,), **more):
        """Runs "apm2 WORDS --json"; returns the document."""
        words = words.split()
        done = subprocess.run(
            [CLI, "--user", "--json=short", *words], env=self.env, check=False,
            capture_output=True, text=True, timeout=DEADLINE_SEC, **more,
        )
        self.assertIn(done.returncode, statuses, done.stderr)
        self.seen.add(self.path_of(words))
        self.assertEqual(len(done.stdout.splitlines()), 1, done.stdout)
        document = self.validate(json.loads(done.stdout))
        self.assertEqual(document["schema"], schema)
        return document

    def path_of(self, words):
        path = "apm2"
        for word in words:
            if word.startswith("-") or path in self.verbs:
                break
            path += f" {word}"
        return path

    def list_verbs(self, words=()):
        text = subprocess.run([CLI, *words, "--help"], env=self.env, check=True,
                              capture_output=True, text=True).stdout
        found = re.search(r"^Commands:\n(.*?)(?:\n\n|\n'|\Z)", text, re.DOTALL | re.MULTILINE)
        if found is None:
            yield " ".join(("apm2", *words))
            return
        for name in re.findall(r"^  ([a-z][\w-]*)", found[1], re.MULTILINE):
            yield from self.list_verbs((*words, name))

    def monitor(self, words, schema):
        """Reads the first object of a verb that does not end."""
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            [CLI, "--user", *words.split(), "--json"], env=self.env,
            stdout=subprocess.PIPE, text=True,
        )
        self.addCleanup(self.end_process, process)
        self.assertTrue(select.select([process.stdout], [], [], DEADLINE_SEC)[0])
        self.assertEqual(self.validate(json.loads(process.stdout.readline()))["schema"], schema)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(DEADLINE_SEC), 0)
        self.seen.add(self.path_of(words.split()))

    def make_repository(self):
        repository = self.work / "repository"
        (repository / ".apm2").mkdir(parents=True)
        (repository / ".apm2/gates.conf").write_text(GATES, encoding="utf-8")
        for words in (("init", "-q"), ("add", "."),
                      ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "one")):
            subprocess.run(["git", *words], cwd=repository, env=self.env, check=True)
        return repository

    def test_each_verb(self):
        self.verbs = set(self.list_verbs())
        fac = "apm2.fac."
        waiting = self.verb("fac submit --name 試験 --label a=b -- sleep 0", fac + "submitted.v1")
        waiting = waiting["job_id"]
        self.monitor("fac jobs --watch", fac + "job_event.v1")
        self.verb("fac jobs", fac + "job_list.v1")
        self.verb(f"fac job show {waiting}", fac + "job.v1")
        self.verb("fac queue status", fac + "queue_status.v1")
        self.verb("fac lanes", fac + "lanes.v1")
        self.verb(f"fac job cancel {waiting}", fac + "cancelled.v1")
        self.verb(f"fac job wait {waiting}", fac + "job_list.v1", (3,))
        self.start_worker()
        again = self.verb(f"fac job retry {waiting}", fac + "submitted.v1")["job_id"]
        [ended] = self.verb(f"fac job wait {again}", fac + "job_list.v1")["jobs"]
        self.assertEqual(ended["verdict"], "passed")
        self.verb(f"fac job show {again}", fac + "job.v1")
        self.verb("fac submit --wait -- true", fac + "job.v1")
        self.verb("fac queue status", fac + "queue_status.v1")
        repository = self.make_repository()
        self.verb("fac gates", fac + "job.v1", cwd=repository)
        self.verb("fac admitted", fac + "admitted.v1", cwd=repository)
        self.verb("fac gates --check .apm2/gates.conf", fac + "gates_file.v1", cwd=repository)
        self.verb("fac jobs", fac + "job_list.v1")
        receipts = self.verb("fac receipts list", fac + "receipt_list.v1")["receipts"]
        self.verb(f"fac receipts show {receipts[0]['digest']}", fac + "job_receipt.v1")
        self.verb("fac receipts verify", fac + "receipts_verified.v1")
        self.verb("fac metrics", fac + "metrics.v1")
        self.verb("fac config show", fac + "config.v1")
        self.verb("fac services status", fac + "services_status.v1", (0, 1, 2, 3))
        self.verb("fac services is-healthy", fac + "services_status.v1", (0, 1, 2, 3))
        self.monitor("fac services monitor", fac + "services_event.v1")
        self.verb("fac doctor", fac + "doctor.v1", (0, 1, 2))
        self.verb("fac gc --dry-run", fac + "gc_run.v1")
        self.verb("fac gc --history", fac + "gc_history.v1")
        self.quarantine(fac)
        self.verb("fac gc", fac + "gc_run.v1")
        self.verb(f"fac job show {waiting}", fac + "forgotten_job.v1")
        self.verb("daemon install --dry-run", "apm2.daemon.install.v1", (0, 1, 5))
        self.verb("daemon uninstall --dry-run", "apm2.daemon.uninstall.v1", (0, 1, 5))
        self.verb("fac queue drain", fac + "drained.v1")
        self.assertEqual(self.seen | set(NOT_JSON), self.verbs)
        self.assertFalse(self.seen & set(NOT_JSON))

    def quarantine(self, fac):
        incoming = self.home / "private/fac/incoming"
        wait_until(incoming.is_dir, "the directory for incoming files")
        early = {"schema": "apm2.fac.job_spec.v1", "lane": "extra",
                 "steps": [{"name": "a", "argv": ["true"]}]}
        for name, document in (("bad.json", {"a": 1}), ("early.json", early)):
            (incoming / f".{name}").write_text(json.dumps(document), encoding="utf-8")
            (incoming / f".{name}").rename(incoming / name)
        listed = wait_until(
            lambda: (found := self.verb("fac quarantine list",
                                        fac + "quarantine.v1")["entries"])[1:] and found,
            "two files in quarantine")
        bad, early = sorted(found["entry"] for found in listed)
        self.verb(f"fac quarantine show {bad}", fac + "quarantine_entry.v1")
        self.verb(f"fac quarantine prune {bad}", fac + "quarantine_pruned.v1")
        # There is such a lane now.
        with open(self.home / "apm2.conf", "a", encoding="utf-8") as config:
            config.write("[lane extra]\n[retention]\njobs-max=1\n")
        self.broker.send_signal(signal.SIGHUP)
        wait_until(lambda: "extra" in self.apm2("fac", "lanes"), "the lane")
        self.verb(f"fac quarantine release {early}", fac + "released.v1")


if __name__ == "__main__":
    unittest.main()
