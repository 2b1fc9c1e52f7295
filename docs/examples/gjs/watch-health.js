#!/usr/bin/gjs
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Prints the health of apm2, and each change of it.
//
// Usage: watch-health.js [--system]

const {Gio, GLib} = imports.gi;

const NAME = 'org.apm2.Services';

function describe(proxy) {
    // Without an owner the proxy knows nothing, and says so.
    const health = proxy.get_cached_property('OverallHealth');
    const reasons = proxy.get_cached_property('OverallReasons');
    if (health === null || reasons === null)
        return 'not running';
    const words = reasons.deepUnpack().join(', ');
    return words === '' ? health.unpack() : `${health.unpack()}: ${words}`;
}

function main(args) {
    const bus = args.includes('--system') ? Gio.BusType.SYSTEM : Gio.BusType.SESSION;
    // Who only looks must not start what is looked at.
    const flags = Gio.DBusProxyFlags.DO_NOT_AUTO_START;
    const proxy = Gio.DBusProxy.new_for_bus_sync(
        bus, flags, null, NAME, '/org/apm2/Services', NAME, null);
    let told = null;

    function tell() {
        if (describe(proxy) === told)
            return;
        told = describe(proxy);
        print(told);
    }

    proxy.connect('g-properties-changed', tell);
    proxy.connect('notify::g-name-owner', tell);
    tell();
    new GLib.MainLoop(null, false).run();
}

try {
    main(ARGV);
} catch (error) {
    printerr(`watch-health.js: ${error.message}`);
    imports.system.exit(1);
}
