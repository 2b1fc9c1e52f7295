#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints what a job writes, from the beginning, until it has ended.

Usage: follow_log.py [--system] JOB
"""

import sys

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

NAME = "org.apm2.Services"
QUEUE = ("/org/apm2/Services/queue", "org.apm2.Services.Queue")
FINAL = ("completed", "denied", "quarantined", "cancelled")
CHUNK = 65536
AWAY = (Gio.DBusError.NO_REPLY, Gio.DBusError.NAME_HAS_NO_OWNER, Gio.DBusError.SERVICE_UNKNOWN)


class Log:
    def __init__(self, bus, job_id):
        self.bus = bus
        self.job_id = job_id
        self.offset = 0
        self.attempt = 0
        self.changed = True
        # The path of an object of apm2: all but letters and digits is escaped.
        name = "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):02x}" for c in job_id)
        path = f"/org/apm2/Services/job/{name}"
        self.job = Gio.DBusProxy.new_sync(
            bus, Gio.DBusProxyFlags.NONE, None, NAME, path, "org.apm2.Services.Job", None
        )
        self.job.connect("g-properties-changed", self.on_change)
        self.job.connect("notify::g-name-owner", self.on_change)

    def on_change(self, *_):
        self.changed = True

    def get(self, name):
        value = self.job.get_cached_property(name)
        return value.unpack() if value is not None else None

    def read_chunk(self, options):
        """Prints a piece; returns whether it was empty, and whether none will follow."""
        parameters = GLib.Variant("(stua{sv})", (self.job_id, self.offset, CHUNK, options))
        flags = Gio.DBusCallFlags.ALLOW_INTERACTIVE_AUTHORIZATION
        reply = self.bus.call_sync(NAME, *QUEUE, "ReadLog", parameters, None, flags, -1, None)
        data = reply.get_child_value(0).get_data_as_bytes().get_data() or b""
        self.offset = reply.get_child_value(1).get_uint64()
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return len(data) == 0, reply.get_child_value(2).get_boolean()

    def read_on(self):
        """Prints all that there is; returns whether nothing will follow."""
        # Without an object, which goes some time after the end, all is there.
        ended = self.get("State") in (*FINAL, None)
        attempt = self.get("Attempt")
        options = {}
        # Offsets are those of an attempt. A job in parts has none of its own.
        if attempt and not self.get("Parts"):
            options["attempt"] = GLib.Variant("u", attempt)
            if attempt > 1 and attempt != self.attempt:
                print(f"attempt {attempt}", file=sys.stderr)
                self.offset = 0
            self.attempt = attempt
        nothing = eof = False
        while not nothing and not eof:
            nothing, eof = self.read_chunk(options)
        return eof and ended

    def follow(self):
        if self.job.get_name_owner() is None:
            print("apm2 does not run; waiting for it", file=sys.stderr)
        is_over = False
        while not is_over:
            while not self.changed or self.job.get_name_owner() is None:
                GLib.MainContext.default().iteration(True)
            # What changes while we read makes us read once more.
            self.changed = False
            try:
                is_over = self.read_on()
            except GLib.Error as error:
                # When a broker is there again we go on where we are.
                if not any(error.matches(Gio.dbus_error_quark(), code) for code in AWAY):
                    raise


def main(arguments):
    on_system_bus = arguments[:1] == ["--system"]
    if len(arguments[on_system_bus:]) != 1:
        sys.exit(__doc__)
    bus = Gio.bus_get_sync(Gio.BusType.SYSTEM if on_system_bus else Gio.BusType.SESSION)
    Log(bus, arguments[-1]).follow()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except GLib.Error as error:
        sys.exit(f"follow_log.py: {error.message}")
    except KeyboardInterrupt:
        pass
