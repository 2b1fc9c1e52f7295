#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds what `apm2 fac doctor --json` prints against its published schema.

Usage: test-doctor-schema.py PROGRAM
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

try:
    import jsonschema
except ImportError:
    print("1..0 # SKIP python3-jsonschema is not installed")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[4]
PROGRAM = sys.argv.pop(1)
EXITS = {"ok": 0, "warning": 1, "failed": 2}


class DoctorSchemaTest(unittest.TestCase):
    def setUp(self):
        path = ROOT / "data" / "schemas" / "apm2.fac.doctor.v1.json"
        schema = json.loads(path.read_text("utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        self.validator = jsonschema.Draft202012Validator(schema)
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)

    def run_doctor(self, *words):
        env = {k: v for k, v in os.environ.items() if k.endswith("_OPTIONS")}
        env |= {
            "APM2_HOME": self.dir.name + "/home",
            "XDG_RUNTIME_DIR": self.dir.name,
            "LC_ALL": "C.UTF-8",
            "PATH": os.environ["PATH"],
        }
        done = subprocess.run(
            [PROGRAM, "--user", "fac", "doctor", *words],
            env=env, capture_output=True, check=False, text=True,
        )
        self.assertEqual(done.stderr, "")
        document = json.loads(done.stdout)
        errors = [e.message for e in self.validator.iter_errors(document)]
        self.assertEqual(errors, [])
        self.assertEqual(EXITS[document["result"]], done.returncode)
        return document

    def test_document_follows_the_schema(self):
        for style in ("--json", "--json=short", "--json=pretty"):
            document = self.run_doctor(style)
            self.assertNotIn("repairs", document)
            self.assertEqual(document["result"], "failed")

    def test_counts_are_those_of_the_checks(self):
        document = self.run_doctor("--json")
        for result, count in document["counts"].items():
            found = [c for c in document["checks"] if c["result"] == result]
            self.assertEqual(len(found), count)

    def test_repairs_are_told(self):
        before = self.run_doctor("--json")
        self.assertIn("home", [c["id"] for c in before["checks"]
                               if c["result"] == "failed"])
        document = self.run_doctor("--json", "--fix")
        self.assertIn("done", [r["outcome"] for r in document["repairs"]])
        self.assertEqual([c["result"] for c in document["checks"]
                          if c["id"] == "home"], ["ok"])

    def test_schema_can_fail(self):
        document = self.run_doctor("--json")
        document["checks"][0]["result"] = "perhaps"
        self.assertFalse(self.validator.is_valid(document))


if __name__ == "__main__":
    unittest.main()
