#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds the published JSON Schemas against the corpus that the codecs pass.

The same files are shown to the C code by test-job-spec-json and
test-receipt-json. What a schema cannot say is listed here, one by one; a file
on that list which the schema does refuse is an error too, so that the list
stays true.
"""

import json
import pathlib
import re
import sys
import unittest

try:
    import jsonschema
except ImportError:
    print("1..0 # SKIP python3-jsonschema is not installed")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[3]

# Not about the members of a document, but about its text or its whole.
BEYOND_SCHEMA = {
    "job-spec": {
        "after_itself": "two members compared",
        "argv_total": "bytes of the text",
        "byte_order_mark": "bytes of the text",
        "cache_long_in_bytes": "a schema counts characters",
        "duplicate_env": "lost in reading",
        "duplicate_member": "lost in reading",
        "label_long_in_bytes": "a schema counts characters",
        "needs_itself": "two members compared",
        "needs_later": "elements compared by one member",
        "needs_unknown": "elements compared by one member",
        "priority_whole_fraction": "5.0 is an integer to a schema",
        "project_long_in_bytes": "a schema counts characters",
        "repository_long_in_bytes": "a schema counts characters",
        "slot_key_long_in_bytes": "a schema counts characters",
        "step_names_twice": "elements compared by one member",
        "too_many_values": "the whole of the document",
    },
    "receipt": {
        "message_long_in_bytes": "a schema counts characters",
    },
}


def load_validator(name):
    schema = json.loads((ROOT / "data" / "schemas" / name).read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def read(path):
    return json.loads(path.read_bytes().decode("utf-8-sig"))


class SchemaTest(unittest.TestCase):
    corpora = {
        "job-spec": "apm2.fac.job_spec.v1.json",
        "receipt": "apm2.fac.job_receipt.v1.json",
    }

    def files(self, corpus, verdict):
        found = sorted((ROOT / "tests/data/json" / corpus / verdict).glob("*.json"))
        self.assertGreater(len(found), 0)
        return found

    def test_accepts_what_the_codec_accepts(self):
        for corpus, schema in self.corpora.items():
            validator = load_validator(schema)
            for path in self.files(corpus, "accept"):
                with self.subTest(corpus=corpus, file=path.name):
                    errors = [e.message[:200] for e in validator.iter_errors(read(path))]
                    self.assertEqual(errors, [])

    def test_refuses_what_the_codec_refuses(self):
        for corpus, schema in self.corpora.items():
            validator = load_validator(schema)
            for path in self.files(corpus, "refuse"):
                with self.subTest(corpus=corpus, file=path.name):
                    try:
                        refused = not validator.is_valid(read(path))
                    except ValueError:
                        refused = True  # no JSON at all
                    self.assertEqual(refused, path.stem not in BEYOND_SCHEMA[corpus])

    def test_forbids_the_environment_that_the_code_forbids(self):
        code = (ROOT / "src/libapm2/apm2-env-name.c").read_text("utf-8")
        names = re.findall(r'^  "([A-Z0-9_]+)",', code, re.MULTILINE)
        self.assertGreater(len(names), 30)
        validator = load_validator(self.corpora["job-spec"])
        for name in names:
            with self.subTest(name=name):
                step = {"name": "a", "argv": ["x"], "env": {name: ""}}
                spec = {"schema": "apm2.fac.job_spec.v1", "steps": [step]}
                self.assertFalse(validator.is_valid(spec))

    def test_exceptions_exist(self):
        for corpus, names in BEYOND_SCHEMA.items():
            stems = {path.stem for path in self.files(corpus, "refuse")}
            self.assertLessEqual(set(names), stems)


class PublishedTest(unittest.TestCase):
    # One is the worker's own, and one is a line of a bundle.
    elsewhere = {"apm2.fac.lane_slot.v1", "apm2.fac.receipt_bundle_end.v1"}

    def test_each_document_has_a_schema_that_is_installed(self):
        named = set()
        for path in (ROOT / "src").rglob("*.[ch]"):
            named |= set(re.findall(r'"(apm2(?:\.[a-z_]+)+\.v[0-9]+)"', path.read_text("utf-8")))
        self.assertGreater(len(named), 20)
        self.assertLessEqual(self.elsewhere, named)
        build = (ROOT / "data/schemas/meson.build").read_text("utf-8")
        installed = set(re.findall(r"'(\S+)\.json'", build))
        self.assertEqual(named - self.elsewhere, installed)
        for name in sorted(installed):
            with self.subTest(name=name):
                self.assertEqual(load_validator(f"{name}.json").schema["$id"],
                                 f"urn:apm2:schema:{name}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
