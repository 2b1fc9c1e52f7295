#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints the health of apm2, and each change of it.

Usage: watch_health.py [--system]
"""

import sys

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

NAME = "org.apm2.Services"


def describe(proxy):
    # Without an owner the proxy knows nothing, and says so.
    health = proxy.get_cached_property("OverallHealth")
    reasons = proxy.get_cached_property("OverallReasons")
    if health is None or reasons is None:
        return "not running"
    return ": ".join(filter(None, (health.unpack(), ", ".join(reasons.unpack()))))


def main(arguments):
    bus = Gio.BusType.SYSTEM if "--system" in arguments else Gio.BusType.SESSION
    # Who only looks must not start what is looked at.
    flags = Gio.DBusProxyFlags.DO_NOT_AUTO_START
    proxy = Gio.DBusProxy.new_for_bus_sync(
        bus, flags, None, NAME, "/org/apm2/Services", NAME, None
    )
    told = None

    def tell(*_):
        nonlocal told
        if describe(proxy) != told:
            told = describe(proxy)
            print(told, flush=True)

    proxy.connect("g-properties-changed", tell)
    proxy.connect("notify::g-name-owner", tell)
    tell()
    GLib.MainLoop().run()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except GLib.Error as error:
        sys.exit(f"watch_health.py: {error.message}")
    except KeyboardInterrupt:
        pass
