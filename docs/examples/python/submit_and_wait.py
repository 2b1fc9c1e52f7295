#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Submits a command as a job and waits for its end.

Usage: submit_and_wait.py [--system] COMMAND [ARGUMENT...]

Exit status: 0 if the job passed, 1 if it did not, 2 if it could not be submitted.
"""

import json
import sys
import uuid

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

NAME = "org.apm2.Services"
QUEUE = ("/org/apm2/Services/queue", "org.apm2.Services.Queue")
FINAL = ("completed", "denied", "quarantined", "cancelled")
AWAY = (Gio.DBusError.NO_REPLY, Gio.DBusError.NAME_HAS_NO_OWNER, Gio.DBusError.SERVICE_UNKNOWN)


def submit(bus, command):
    """Returns the id of the job and its object path."""
    spec = {
        "schema": "apm2.fac.job_spec.v1",
        # With an id of our own it is one job, however often it is sent.
        "job_id": f"example-{uuid.uuid4()}",
        "steps": [{"name": "command", "argv": command}],
    }
    parameters = GLib.Variant("(sa{sv})", (json.dumps(spec), {}))
    flags = Gio.DBusCallFlags.ALLOW_INTERACTIVE_AUTHORIZATION
    for attempt in (1, 2, 3):
        try:
            reply = bus.call_sync(NAME, *QUEUE, "Submit", parameters, None, flags, -1, None)
            return reply.unpack()[:2]
        except GLib.Error as error:
            # The broker went away: perhaps it had taken the job, perhaps not.
            lost = error.matches(Gio.dbus_error_quark(), Gio.DBusError.NO_REPLY)
            if not lost or attempt == 3:
                raise


def find_end(bus, job, job_id):
    """Returns the record of the job if it is over, else None."""
    state = job.get_cached_property("State")
    if job.get_name_owner() is None or (state is not None and state.unpack() not in FINAL):
        return None
    # Over; or there is no such object any more, and the queue knows.
    parameters = GLib.Variant("(sa{sv})", (job_id, {}))
    try:
        reply = bus.call_sync(NAME, *QUEUE, "Get", parameters, None, Gio.DBusCallFlags.NONE, -1, None)
    except GLib.Error as error:
        if any(error.matches(Gio.dbus_error_quark(), code) for code in AWAY):
            return None
        raise
    record = reply.unpack()[0]
    return record if record["state"] in FINAL else None


def main(arguments):
    on_system_bus = arguments[:1] == ["--system"]
    command = arguments[on_system_bus:]
    if not command:
        sys.exit(__doc__)
    bus = Gio.bus_get_sync(Gio.BusType.SYSTEM if on_system_bus else Gio.BusType.SESSION)
    job_id, path = submit(bus, command)
    print(f"{job_id} submitted", flush=True)

    # The proxy subscribes before it reads, so no end is missed; when another broker
    # takes the name it reads again.
    flags = Gio.DBusProxyFlags.DO_NOT_AUTO_START
    job = Gio.DBusProxy.new_sync(bus, flags, None, NAME, path, "org.apm2.Services.Job", None)
    while (record := find_end(bus, job, job_id)) is None:
        GLib.MainContext.default().iteration(True)

    words = (record["state"], record["verdict"], record["reason"], record["message"])
    print(job_id, *filter(None, words))
    return 0 if record["verdict"] == "passed" else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except GLib.Error as error:
        print(f"submit_and_wait.py: {error.message}", file=sys.stderr)
        sys.exit(2)
