#!/usr/bin/gjs
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Prints what a job writes, from the beginning, until it has ended.
//
// Usage: follow-log.js [--system] JOB

const {Gio, GLib} = imports.gi;

const NAME = 'org.apm2.Services';
const QUEUE = ['/org/apm2/Services/queue', 'org.apm2.Services.Queue'];
const FINAL = ['completed', 'denied', 'quarantined', 'cancelled'];
const CHUNK = 65536;
const AWAY = [
    Gio.DBusError.NO_REPLY, Gio.DBusError.NAME_HAS_NO_OWNER, Gio.DBusError.SERVICE_UNKNOWN,
];

class Log {
    constructor(bus, id) {
        this.bus = bus;
        this.id = id;
        this.offset = 0;
        this.attempt = 0;
        this.changed = true;
        this.output = new Gio.UnixOutputStream({fd: 1, close_fd: false});
        // The path of an object of apm2: all but letters and digits is escaped.
        const name = id.replace(/[^A-Za-z0-9]/g,
            c => `_${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
        this.job = Gio.DBusProxy.new_sync(
            bus, Gio.DBusProxyFlags.NONE, null, NAME,
            `/org/apm2/Services/job/${name}`, 'org.apm2.Services.Job', null);
        const onChange = () => (this.changed = true);
        this.job.connect('g-properties-changed', onChange);
        this.job.connect('notify::g-name-owner', onChange);
    }

    get(name) {
        const value = this.job.get_cached_property(name);
        return value !== null ? value.recursiveUnpack() : null;
    }

    // Prints a piece; returns whether it was empty, and whether none will follow.
    readChunk(options) {
        const parameters = new GLib.Variant('(stua{sv})', [this.id, this.offset, CHUNK, options]);
        const flags = Gio.DBusCallFlags.ALLOW_INTERACTIVE_AUTHORIZATION;
        const reply = this.bus.call_sync(
            NAME, ...QUEUE, 'ReadLog', parameters, null, flags, -1, null);
        const data = reply.get_child_value(0).get_data_as_bytes();
        this.offset = reply.get_child_value(1).get_uint64();
        if (data.get_size() > 0)
            this.output.write_all(data.toArray(), null);
        return [data.get_size() === 0, reply.get_child_value(2).get_boolean()];
    }

    // Prints all that there is; returns whether nothing will follow.
    readOn() {
        // Without an object, which goes some time after the end, all is there.
        const state = this.get('State');
        const ended = state === null || FINAL.includes(state);
        const attempt = this.get('Attempt');
        const options = {};
        // Offsets are those of an attempt. A job in parts has none of its own.
        if (attempt && this.get('Parts').length === 0) {
            options.attempt = new GLib.Variant('u', attempt);
            if (attempt > 1 && attempt !== this.attempt) {
                printerr(`attempt ${attempt}`);
                this.offset = 0;
            }
            this.attempt = attempt;
        }
        let nothing = false, eof = false;
        while (!nothing && !eof)
            [nothing, eof] = this.readChunk(options);
        return eof && ended;
    }

    follow() {
        if (this.job.get_name_owner() === null)
            printerr('apm2 does not run; waiting for it');
        for (let isOver = false; !isOver;) {
            while (!this.changed || this.job.get_name_owner() === null)
                GLib.MainContext.default().iteration(true);
            // What changes while we read makes us read once more.
            this.changed = false;
            try {
                isOver = this.readOn();
            } catch (error) {
                // When a broker is there again we go on where we are.
                if (!AWAY.some(code => error.matches(Gio.DBusError, code)))
                    throw error;
            }
        }
    }
}

function main(args) {
    const onSystemBus = args[0] === '--system';
    if (args.length !== (onSystemBus ? 2 : 1))
        throw new Error('Usage: follow-log.js [--system] JOB');
    const bus = Gio.bus_get_sync(onSystemBus ? Gio.BusType.SYSTEM : Gio.BusType.SESSION, null);
    new Log(bus, args[args.length - 1]).follow();
}

try {
    main(ARGV);
} catch (error) {
    printerr(`follow-log.js: ${error.message}`);
    imports.system.exit(1);
}
