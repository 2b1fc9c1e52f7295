#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds the schema of the services' status against recorded documents.

The same documents are compared with what the code makes by test-cli-services.
With arguments, holds it against the files that they name.
"""

import copy
import json
import pathlib
import sys
import unittest

try:
    import jsonschema
except ImportError:
    print("1..0 # SKIP python3-jsonschema is not installed")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[3]
SCHEMA = ROOT / "data" / "schemas" / "apm2.fac.services_status.v1.json"
RECORDED = ROOT / "tests" / "data" / "json" / "services-status"


def load_validator():
    schema = json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def objects(value):
    """Yields every object in @value, to be changed in place."""
    if isinstance(value, dict):
        yield value
    children = value.values() if isinstance(value, dict) else value
    if isinstance(value, (dict, list)):
        for child in children:
            yield from objects(child)


class SchemaTest(unittest.TestCase):
    def setUp(self):
        self.validator = load_validator()
        self.documents = [
            json.loads(path.read_text("utf-8")) for path in sorted(RECORDED.glob("*.json"))
        ]

    def test_recorded_documents_are_valid(self):
        self.assertGreaterEqual(len(self.documents), 3)
        for document in self.documents:
            self.validator.validate(document)

    def test_no_member_may_be_missing_or_unknown(self):
        document = self.documents[0]
        for number, original in enumerate(objects(document)):
            for name in [*original, None]:
                changed = copy.deepcopy(document)
                target = list(objects(changed))[number]
                if name is None:
                    target["unknown_member"] = 1
                else:
                    del target[name]
                self.assertFalse(self.validator.is_valid(changed), (number, name))

    def test_a_word_of_health_must_be_known(self):
        changed = copy.deepcopy(self.documents[0])
        changed["overall_health"] = "well"
        self.assertFalse(self.validator.is_valid(changed))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        for name in sys.argv[1:]:
            load_validator().validate(json.loads(pathlib.Path(name).read_text("utf-8")))
    else:
        unittest.main(argv=[sys.argv[0], "-v"])
