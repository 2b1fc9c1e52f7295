#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds the schemas of what the command line prints against recorded documents.

The same documents are compared with what the code makes by test-cli-services and
test-cli-lanes. With arguments, holds the files that they name against the schemas
that these name.
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
RECORDED = ROOT / "tests" / "data" / "json"


def load_validator(name):
    schema = json.loads((ROOT / "data" / "schemas" / f"{name}.json").read_text("utf-8"))
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


class Rules:
    """What holds for each of them."""

    schema = ""
    folder = ""
    least = 1

    def setUp(self):
        self.validator = load_validator(self.schema)
        self.documents = [
            json.loads(path.read_text("utf-8"))
            for path in sorted((RECORDED / self.folder).glob("*.json"))
        ]

    def test_recorded_documents_are_valid(self):
        self.assertGreaterEqual(len(self.documents), self.least)
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


class ServicesTest(Rules, unittest.TestCase):
    schema = "apm2.fac.services_status.v1"
    folder = "services-status"
    least = 3

    def test_a_word_of_health_must_be_known(self):
        changed = copy.deepcopy(self.documents[0])
        changed["overall_health"] = "well"
        self.assertFalse(self.validator.is_valid(changed))


class LanesTest(Rules, unittest.TestCase):
    schema = "apm2.fac.lanes.v1"
    folder = "lanes"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        for name in sys.argv[1:]:
            document = json.loads(pathlib.Path(name).read_text("utf-8"))
            load_validator(document["schema"]).validate(document)
    else:
        unittest.main(argv=[sys.argv[0], "-v"])
