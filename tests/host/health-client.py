#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Follows HealthChanged as a client does while the worker is stopped and started.

Usage: health-client.py user|system read|measure ROUNDS

'read' reads OverallHealth in each handler: it must never be older than the
signal. 'measure' tells how many milliseconds after systemd's own signal ours
comes: at most 100. One line is printed for each change; exits 1 if anything is
not as it should be.
"""

import subprocess
import sys
import time

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

UNIT = "apm2-worker.service"
UNIT_PATH = "/org/freedesktop/systemd1/unit/apm2_2dworker_2eservice"
OURS = "org.apm2.Services"
SYSTEMD = "org.freedesktop.systemd1"
LIMIT_MS = 100
DEADLINE_SEC = 30


class Client:
    def __init__(self, mode, reads):
        self.mode = mode
        self.reads = reads
        kind = Gio.BusType.SYSTEM if mode == "system" else Gio.BusType.SESSION
        self.bus = Gio.bus_get_sync(kind)
        self.theirs = []  # (time, properties)
        self.ours = []  # (time, unit, new, reason, what was read)
        self.hear(SYSTEMD, "PropertiesChanged", UNIT_PATH, self.on_unit_changed)
        self.hear(OURS, "HealthChanged", "/org/apm2/Services", self.on_health_changed)
        self.call(SYSTEMD, "/org/freedesktop/systemd1", f"{SYSTEMD}.Manager", "Subscribe")

    def hear(self, sender, signal, path, func):
        self.bus.signal_subscribe(
            sender, None, signal, path, None, Gio.DBusSignalFlags.NONE, func
        )

    def call(self, name, path, interface, method, parameters=None):
        return self.bus.call_sync(
            name, path, interface, method, parameters, None, Gio.DBusCallFlags.NONE, -1, None
        )

    def on_unit_changed(self, *args):
        self.theirs.append((time.monotonic(), args[5].unpack()[1]))

    def on_health_changed(self, *args):
        now = time.monotonic()
        unit, _old, new, reason = args[5].unpack()
        self.ours.append((now, unit, new, reason, self.read() if self.reads else None))

    def read(self):
        reply = self.call(
            OURS,
            "/org/apm2/Services",
            "org.freedesktop.DBus.Properties",
            "Get",
            GLib.Variant("(ss)", (OURS, "OverallHealth")),
        )
        return reply.unpack()[0]

    def find_theirs(self, state):
        return next((at for at, p in self.theirs if p.get("ActiveState") == state), None)

    def find_ours(self, health, reason):
        return next((o[0] for o in self.ours if o[1:4] == (UNIT, health, reason)), None)

    def whole(self):
        return [(new, read) for _, unit, new, _, read in self.ours if unit == ""]

    def change(self, verb, state, health, reason):
        """Returns whether all signals came and the whole is what it ends as."""
        self.theirs.clear()
        self.ours.clear()
        end = time.monotonic() + DEADLINE_SEC
        tick = GLib.timeout_add(10, lambda: True)
        with subprocess.Popen(["systemctl", f"--{self.mode}", verb, UNIT]) as process:
            while time.monotonic() < end and not (
                process.poll() is not None
                and self.find_theirs(state)
                and self.find_ours(health, reason)
                and self.whole()
                and self.whole()[-1][0] == health
            ):
                GLib.MainContext.default().iteration(True)
        GLib.source_remove(tick)
        return time.monotonic() < end

    def is_nothing_old(self):
        """What was read is what this signal or a later one tells."""
        whole = self.whole()
        words = [new for new, _ in whole]
        return all(read in words[i:] for i, (_, read) in enumerate(whole))


def main():
    client = Client(sys.argv[1], sys.argv[2] == "read")
    good = True
    for _ in range(int(sys.argv[3])):
        for verb, state, health, reason in (
            ("stop", "inactive", "degraded", "inactive"),
            ("start", "active", "healthy", ""),
        ):
            if not client.change(verb, state, health, reason):
                print(f"{verb}: no signal came: {client.ours}")
                return 1
            if client.reads:
                fine = client.is_nothing_old()
                print(f"{verb}: told and read: {client.whole()}")
            else:
                late = client.find_ours(health, reason) - client.find_theirs(state)
                fine = late * 1000 <= LIMIT_MS
                print(f"{verb}: {late * 1000:.1f} ms")
            good = good and fine
    return 0 if good else 1


sys.exit(main())
