#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The keys of options that the broker knows are those that the interfaces list.

Every method that takes a dictionary is called with a key that there is not, and
says which there are; then with each of them and a value of the wrong type, and says
which is right. So the text of the interface and the code are compared both ways.
"""

import re
import sys
import unittest
from pathlib import Path

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/run"), str(ROOT / "introspection/man")]
from interface_text import read_interface, read_keys  # noqa: E402
from rig import DEADLINE_SEC, RunTest  # noqa: E402

PATHS = {
    "org.apm2.Broker": "/org/apm2/Broker",
    "org.apm2.Services.Housekeeping": "/org/apm2/Services/housekeeping",
    "org.apm2.Services.Job": "/org/apm2/Services/job/job",
    "org.apm2.Services.Quarantine": "/org/apm2/Services/quarantine",
    "org.apm2.Services.Queue": "/org/apm2/Services/queue",
    "org.apm2.Slots": "/org/apm2/Slots",
}
SPEC = '{"schema":"apm2.fac.job_spec.v1","job_id":"job","steps":[{"name":"s","argv":["true"]}]}'
# Dictionaries within dictionaries: (method, key, what it is called in the text).
NESTED = {
    ("Report", "step"): ("``step``", "a{sv}"),
    ("Finish", "steps"): ("``steps``", "aa{sv}"),
}
WRONG = GLib.Variant("(yy)", (0, 0))


class Keys(RunTest):
    config = ""

    def setUp(self):
        super().setUp()
        self.connection = Gio.DBusConnection.new_for_address_sync(
            f"unix:path={self.runtime}/apm2/operator.sock",
            Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT, None, None,
        )
        self.addCleanup(self.connection.close_sync, None)
        queue = "org.apm2.Services.Queue"
        self.call(queue, "Submit", GLib.Variant("(sa{sv})", (SPEC, {})))
        self.call("org.apm2.Broker", "RegisterWorker", GLib.Variant("(sua(st)a{sv})", ("w", 1, [], {})))
        lease = self.call("org.apm2.Broker", "Lease", GLib.Variant("(a{sv})", ({},)))
        self.values = {"job_id": lease[0], "token": lease[1], "entry": f"job:{lease[0]}"}

    def call(self, interface, method, parameters):
        return self.connection.call_sync(
            None, PATHS[interface], interface, method, parameters, None,
            Gio.DBusCallFlags.NONE, DEADLINE_SEC * 1000, None,
        ).unpack()

    def get_refusal(self, interface, method, argument, dictionary):
        """Calls @method with @dictionary for @argument; returns what it says."""
        values = []
        for other in (a for a in method.arguments if a.direction == "in"):
            if other is argument:
                values.append(dictionary)
            else:
                plain = {"s": "", "u": 1, "t": 0}.get(other.signature, [])
                values.append(self.values.get(other.name, plain))
        signature = "".join(a.signature for a in method.arguments if a.direction == "in")
        with self.assertRaises(GLib.Error) as caught:
            self.call(interface, method.name, GLib.Variant(f"({signature})", values))
        name = Gio.DBusError.get_remote_error(caught.exception)
        self.assertEqual(name, "org.apm2.Error.InvalidArgument", caught.exception.message)
        return caught.exception.message.removeprefix(f"GDBus.Error:{name}: ")

    def check(self, interface, method, argument, documented, wrap=lambda keys: keys):
        said = self.get_refusal(interface, method, argument, wrap({"no_such_key": WRONG}))
        found = re.fullmatch(r"Unknown option “no_such_key”; there are(?:: (.*)| none)", said)
        self.assertIsNotNone(found, said)
        self.assertEqual(set((found[1] or "").split(", ")) - {""}, {name for name, _ in documented})
        for name, signature in documented:
            said = self.get_refusal(interface, method, argument, wrap({name: WRONG}))
            self.assertEqual(said, f"Option “{name}” has the type “(yy)” instead of “{signature}”")

    def test_code_and_text_agree(self):
        checked = 0
        for path in sorted((ROOT / "introspection").glob("*.xml")):
            interface = read_interface(path)
            for method in (m for m in interface.members if m.kind == "method"):
                for argument in method.arguments:
                    if argument.direction != "in" or argument.signature != "a{sv}":
                        continue
                    with self.subTest(interface=interface.name, method=method.name):
                        documented = read_keys(method.text, f"@{argument.name}") or []
                        self.check(interface.name, method, argument, documented)
                        checked += 1
        self.assertGreater(checked, 25)

    def test_code_and_text_agree_within(self):
        interface = read_interface(ROOT / "introspection/org.apm2.Broker.xml")
        for (name, key), (title, signature) in NESTED.items():
            with self.subTest(method=name):
                method = next(m for m in interface.members if m.name == name)
                documented = read_keys(method.text, title)
                required = {"outcome": GLib.Variant("s", "cancelled"), "reason": GLib.Variant("s", "x")}

                def wrap(keys, key=key, signature=signature, name=name, required=required):
                    value = [keys] if signature == "aa{sv}" else keys
                    others = required if name == "Finish" else {}
                    return others | {key: GLib.Variant(signature, value)}

                self.check(interface.name, method, method.arguments[2], documented, wrap)

    # --- what comes back ---

    def get_properties(self, path, interface):
        return self.connection.call_sync(
            None, path, "org.freedesktop.DBus.Properties", "GetAll",
            GLib.Variant("(s)", (interface,)), None, Gio.DBusCallFlags.NONE,
            DEADLINE_SEC * 1000, None,
        ).unpack()[0]

    def check_known(self, value, texts, where):
        """Each key of @value, and of dictionaries within, is in one of @texts."""
        if isinstance(value, dict):
            for key, inner in value.items():
                self.assertTrue(any(f"``{key}``" in text for text in texts), f"{where}: {key}")
                self.check_known(inner, texts, where)
        elif isinstance(value, (list, tuple)):
            for inner in value:
                self.check_known(inner, texts, where)

    def check_results(self, interface, calls):
        spec = read_interface(ROOT / f"introspection/{interface}.xml")
        job = read_interface(ROOT / "introspection/org.apm2.Services.Job.xml")
        steps = [m.text for m in job.members if m.name == "Steps"]
        for name, signature, values in calls:
            with self.subTest(interface=interface, method=name):
                method = next(m for m in spec.members if m.name == name)
                texts = [spec.text, method.text, *(a.text for a in method.arguments), *steps]
                result = self.call(interface, name, GLib.Variant(signature, values))
                self.assertTrue(any(isinstance(v, (dict, list)) and v for v in result), name)
                self.check_known(result, texts, name)

    def test_results_are_documented(self):
        job, token = self.values["job_id"], self.values["token"]
        step = {"index": GLib.Variant("u", 0), "name": GLib.Variant("s", "s"), "state": GLib.Variant("s", "running")}
        report = {"step": GLib.Variant("a{sv}", step)}
        self.call("org.apm2.Broker", "Report", GLib.Variant("(sta{sv})", (job, token, report)))
        result = {"outcome": GLib.Variant("s", "quarantined"), "reason": GLib.Variant("s", "malformed")}
        self.call("org.apm2.Broker", "Finish", GLib.Variant("(sta{sv})", (job, token, result)))
        receipts = {"text": GLib.Variant("b", True)}
        self.check_results("org.apm2.Services.Queue", [
            ("Get", "(sa{sv})", (job, {})),
            ("List", "(a{sv}usa{sv})", ({}, 10, "", {})),
            ("ListReceipts", "(usa{sv})", (10, "", receipts)),
            ("GetMetrics", "(ta{sv})", (3600 * 1000000, {})),
        ])
        self.check_results("org.apm2.Services.Quarantine", [
            ("List", "(usa{sv})", (10, "", {})),
            ("Show", "(sa{sv})", (f"job:{job}", {})),
        ])

    def test_terms_of_a_lease_are_documented(self):
        queue = "org.apm2.Services.Queue"
        spec = SPEC.replace('"job"', '"job2"')
        self.call(queue, "Submit", GLib.Variant("(sa{sv})", (spec, {})))
        self.call("org.apm2.Broker", "RegisterWorker", GLib.Variant(
            "(sua(st)a{sv})", ("w", 2, [(self.values["job_id"], self.values["token"])], {})))
        self.check_results("org.apm2.Broker", [("Lease", "(a{sv})", ({},))])

    def test_properties_are_documented(self):
        checked = 0
        paths = PATHS | {
            "org.apm2.Services": "/org/apm2/Services",
            "org.apm2.Services.Lane": "/org/apm2/Services/lane/bulk",
        }
        for interface, path in paths.items():
            texts = {m.name: m for m in read_interface(ROOT / f"introspection/{interface}.xml").members}
            for name, value in self.get_properties(path, interface).items():
                if texts[name].signature.endswith("a{sv}"):
                    self.check_known(value, [texts[name].text], name)
                    checked += 1
        self.assertGreaterEqual(checked, 3)


if __name__ == "__main__":
    unittest.main()
