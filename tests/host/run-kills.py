#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Kills callers of 'apm2 run', their commands, what watches over those, and the broker.

Usage: run-kills.py KILLS SEED DIR LANE:SLOTS...   lanes of the broker's configuration
       run-kills.py --control SEED DIR LANE:SLOTS...

Many callers at once: in several lanes, with exclusive names, within each other,
with commands that leave deaf processes in sessions of their own. At random
moments one process gets SIGKILL. Then nothing of the job may live, its scope is
gone, and its slot is free; when it was the broker, no command notices. In the
end each job that was accepted has one receipt, and that says what its caller
said. The choice of victims follows from SEED.

Runs as the user whose broker it is. Prints TAP without numbers.
"""

import json
import os
import signal
import statistics
import sys
import time
from collections import Counter

from run_kills_soak import BROKER_SEC, LATE_SEC, PAUSE_SEC, PROMISE_SEC, TICK_SEC, Soak, ask

BUSY = 75  # what --max-wait exits with
# [lease] expiry=, and some more, for what cannot be told by a process.
AWAY_SEC = 15.0 + LATE_SEC


def say(good, sentence, *why):
    print("ok" if good else "not ok", "-", sentence, flush=True)
    for line in [] if good else why[:40]:
        print("#  ", line, flush=True)


def judge_delays(soak):
    for what, sentence in (
            ("process", "no process survives"),
            ("scope", "no scope is left"),
            ("slot", "the slot is free")):
        delays = [w.delays.get(what, float("inf")) for w in soak.wounds]
        bad = [w for w, d in zip(soak.wounds, delays) if d > LATE_SEC]
        middle, most = statistics.median(delays), max(delays)
        say(not bad and middle <= PROMISE_SEC,
            f"{sentence}: after {middle * 1000:.0f} ms in the middle, {most * 1000:.0f} ms "
            f"at most, of {len(delays)} kills {sum(d > PROMISE_SEC for d in delays)} "
            f"later than in a second",
            *[w.describe(what) for w in bad])
        for wound, delay in zip(soak.wounds, delays):
            if PROMISE_SEC < delay <= LATE_SEC:
                print("# late:", wound.describe(what))
    if soak.broker_delays:
        most = max(soak.broker_delays)
        say(most < BROKER_SEC, f"the broker is back each of {len(soak.broker_delays)} "
            f"times: after {statistics.median(soak.broker_delays):.2f} s in the middle, "
            f"{most:.2f} s at most")
    say(not soak.watch.nameless, "the broker says of each holder what it is called",
        *soak.watch.nameless)
    say(not soak.unheld, "what runs on has its slot in the new broker",
        *[j.describe() for j in soak.unheld])


def judge_commands(soak):
    say(not soak.overdue, "no caller waits for ever", *[j.describe() for j in soak.overdue])
    # apm2-step says that all is over, and ends then itself.
    left = [j for j in soak.jobs.values()
            if not j.hits and [p for p in j.left or () if p.role != "step"]]
    say(not left, "when a caller ends, nothing of its command lives",
        *[f"{j.describe()}: {j.left}" for j in left])
    overlaps = [f"{p.stem}: {p.read_text('utf-8')}" for p in soak.folder.glob("*.overlap")]
    longest = max([float(o.split()[1]) for o in overlaps], default=0.0)
    say(longest <= PROMISE_SEC, f"no more than there is room for run at once: {len(overlaps)} "
        f"times a slot came before the end of what had it, by {longest:.3f} s at most",
        *overlaps)
    whole = [j for j in soak.jobs.values() if not j.hits and j not in soak.overdue]
    strange = [j for j in whole if not is_as_planned(j)]
    say(not strange, f"{len(whole)} callers that nobody touched exit with the status of "
        "their command", *[j.describe() for j in strange])


def is_as_planned(job):
    if job.wait_status == BUSY and job.max_wait is not None:
        return not job.read("job")
    if job.status < 0 and job.status != -signal.SIGTERM:
        return job.wait_status == 128 - job.status
    return job.wait_status == job.status


def judge_receipt(job, inner, receipts, accepted):
    """Yields what does not fit between a caller and the store."""
    mark = job.mark + inner
    ids = accepted.get(mark, [])
    if len(ids) > 1:
        yield f"{mark} is {len(ids)} jobs"
    text = job.read("json", inner)
    said = json.loads(text or '{"receipt_digest": null, "reason": "busy"}')
    digest = said["receipt_digest"]
    if digest and not ids:
        yield f"{mark}: a receipt and no job"
    # Who was killed said nothing; who gave up without a broker has told nobody.
    if not ids or (not digest and said["reason"] in ("busy", "cancelled")):
        return
    receipt = receipts.get(ids[0], {"reason": "-", "digest": "-"})
    reason = {"passed": "", "failed": "step_failed"}.get(said["reason"], said["reason"])
    if (said["job_id"], reason) != (ids[0], receipt["reason"]):
        yield f"{said['reason']} and receipt {receipt['reason']!r}: {job.describe()}"
    if digest not in (None, receipt["digest"]):
        yield f"another receipt than it was told: {job.describe()}"
    step = (ask("receipts", "show", ids[0]) or {}).get("steps", [])
    if step and (said["exit_status"], said["signal"]) != (
            step[0].get("exit_status"), step[0].get("term_signal")):
        yield f"other statuses than the receipt {step}: {job.describe()}"
    if inner == "" and job.wait_status not in (said["status"], 128 - said["status"]):
        yield f"said status {said['status']}: {job.describe()}"


def wait_for_end(soak):
    """Returns all jobs, when they have ended or have not in time."""
    start = asked = time.monotonic()
    while soak.watch.asked < asked:
        time.sleep(TICK_SEC)
    say(not any(soak.watch.used.values()), "all lanes are free", soak.watch.used)
    while True:
        jobs = ask("jobs", "--all", "--lines", "100000")["jobs"]
        if time.monotonic() > start + AWAY_SEC or all(j["receipt_digest"] for j in jobs):
            return jobs
        time.sleep(PAUSE_SEC)


def judge_store(soak):
    jobs = wait_for_end(soak)
    say(all(j["receipt_digest"] for j in jobs), f"all {len(jobs)} jobs have ended",
        *[j for j in jobs if not j["receipt_digest"]])
    listed = ask("receipts", "list", "--lines", "100000")["receipts"]
    counts = Counter(r["job_id"] for r in listed)
    say(set(counts.values()) == {1} and set(counts) == {j["id"] for j in jobs},
        "each has one receipt", *[c for c in counts.items() if c[1] > 1],
        *[j for j in jobs if j["id"] not in counts])
    accepted = {}
    for job in jobs:
        accepted.setdefault(job["name"], []).append(job["id"])
    receipts = {r["job_id"]: r for r in listed}
    wrong = [w for j in soak.jobs.values() for inner in ("", "n")
             for w in judge_receipt(j, inner, receipts, accepted)]
    say(not wrong, "callers that lived say what their receipts say", *wrong)
    ran = [j for j in soak.jobs.values() if j.read("job") and j.mark not in accepted]
    say(not ran, "no command ran without a job", *[j.describe() for j in ran])
    print("# reasons:", dict(Counter(r["reason"] or "passed" for r in listed)))
    verified = ask("receipts", "verify")
    say(verified and verified["valid"] and verified["count"] == len(listed),
        f"the chain of {len(listed)} receipts is whole", verified)
    scopes = soak.find_scopes()
    names = {job["id"]: job["name"] for job in jobs}
    say(not scopes, "no scope is left in the end", *[names.get(s, s) for s in scopes],
        *[j.describe() for j in soak.jobs.values() if j.mark in map(names.get, scopes)])
    soak.look()
    say(not soak.living, "no process is left in the end", soak.living)


def parse_lanes(words):
    return {name: int(slots) for name, slots in (w.split(":") for w in words)}


def main_kills(kills, seed, folder, *lanes):
    start = time.monotonic()
    soak = Soak(int(seed), folder, parse_lanes(lanes))
    print(f"# RUN_SEED={seed}", flush=True)
    soak.run(int(kills))
    hits = Counter(w.victim for w in soak.wounds)
    print(f"# {len(soak.jobs)} jobs, killed: {dict(hits)}, {len(soak.broker_delays)} "
          f"brokers, in {time.monotonic() - start:.0f} s", flush=True)
    judge_delays(soak)
    judge_commands(soak)
    judge_store(soak)


def main_control(seed, folder, *lanes):
    """Watcher and broker, stopped, end nothing, and that must be seen."""
    # Numbers that the kills do not come to.
    soak = Soak(int(seed), folder, parse_lanes(lanes), 1000000)
    job = soak.start_job("deaf")
    while job.wait_status is None and not job.read("job"):
        soak.look()
    step = next(p.pid for p in soak.living[job.number] if p.role == "step")
    broker = soak.broker
    for pid in (step, broker):
        os.kill(pid, signal.SIGSTOP)
    soak.kill_part(job, "caller")
    end = time.monotonic() + 3
    while time.monotonic() < end:
        soak.look()
    wound = soak.wounds[0]
    say("process" not in wound.delays and "slot" not in wound.delays,
        "control: with watcher and broker stopped, survivors and a slot that is held are seen",
        wound.delays)
    os.kill(broker, signal.SIGCONT)
    while soak.open:
        soak.look()
    say(len(wound.delays) == 3, "a broker that goes on ends all of it, the watcher as well",
        wound.delays)


if sys.argv[1] == "--control":
    main_control(*sys.argv[2:])
else:
    main_kills(*sys.argv[1:])
