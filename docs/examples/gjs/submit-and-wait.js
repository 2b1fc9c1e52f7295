#!/usr/bin/gjs
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Submits a command as a job and waits for its end.
//
// Usage: submit-and-wait.js [--system] COMMAND [ARGUMENT...]
//
// Exit status: 0 if the job passed, 1 if it did not, 2 if it could not be submitted.

const {Gio, GLib} = imports.gi;
const {exit} = imports.system;

const NAME = 'org.apm2.Services';
const QUEUE = ['/org/apm2/Services/queue', 'org.apm2.Services.Queue'];
const FINAL = ['completed', 'denied', 'quarantined', 'cancelled'];
const AWAY = [
    Gio.DBusError.NO_REPLY, Gio.DBusError.NAME_HAS_NO_OWNER, Gio.DBusError.SERVICE_UNKNOWN,
];

// Returns the id of the job and its object path.
function submit(bus, command) {
    const spec = {
        schema: 'apm2.fac.job_spec.v1',
        // With an id of our own it is one job, however often it is sent.
        job_id: `example-${GLib.uuid_string_random()}`,
        steps: [{name: 'command', argv: command}],
    };
    const parameters = new GLib.Variant('(sa{sv})', [JSON.stringify(spec), {}]);
    const flags = Gio.DBusCallFlags.ALLOW_INTERACTIVE_AUTHORIZATION;
    for (let attempt = 1; ; attempt++) {
        try {
            const reply = bus.call_sync(
                NAME, ...QUEUE, 'Submit', parameters, null, flags, -1, null);
            return reply.deepUnpack();
        } catch (error) {
            // The broker went away: perhaps it had taken the job, perhaps not.
            if (!error.matches(Gio.DBusError, Gio.DBusError.NO_REPLY) || attempt === 3)
                throw error;
        }
    }
}

// Returns the record of the job if it is over, else null.
function findEnd(bus, job, id) {
    const state = job.get_cached_property('State');
    if (job.get_name_owner() === null || (state !== null && !FINAL.includes(state.unpack())))
        return null;
    // Over; or there is no such object any more, and the queue knows.
    const parameters = new GLib.Variant('(sa{sv})', [id, {}]);
    try {
        const reply = bus.call_sync(
            NAME, ...QUEUE, 'Get', parameters, null, Gio.DBusCallFlags.NONE, -1, null);
        const [record] = reply.recursiveUnpack();
        return FINAL.includes(record.state) ? record : null;
    } catch (error) {
        if (AWAY.some(code => error.matches(Gio.DBusError, code)))
            return null;
        throw error;
    }
}

function main(args) {
    const onSystemBus = args[0] === '--system';
    const command = args.slice(onSystemBus ? 1 : 0);
    if (command.length === 0) {
        printerr('Usage: submit-and-wait.js [--system] COMMAND [ARGUMENT...]');
        return 2;
    }
    const bus = Gio.bus_get_sync(onSystemBus ? Gio.BusType.SYSTEM : Gio.BusType.SESSION, null);
    const [id, path] = submit(bus, command);
    print(`${id} submitted`);

    // The proxy subscribes before it reads, so no end is missed; when another broker
    // takes the name it reads again.
    const flags = Gio.DBusProxyFlags.DO_NOT_AUTO_START;
    const job = Gio.DBusProxy.new_sync(
        bus, flags, null, NAME, path, 'org.apm2.Services.Job', null);
    let record;
    while ((record = findEnd(bus, job, id)) === null)
        GLib.MainContext.default().iteration(true);

    const words = [record.state, record.verdict, record.reason, record.message];
    print([id, ...words.filter(word => word !== '')].join(' '));
    return record.verdict === 'passed' ? 0 : 1;
}

let status = 2;
try {
    status = main(ARGV);
} catch (error) {
    printerr(`submit-and-wait.js: ${error.message}`);
}
exit(status);
