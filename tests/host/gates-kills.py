#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests commits of twenty repositories while worker and broker are killed at random.

Usage: gates-kills.py MODE COMMITS SEED DIR PARALLEL

While the lane is paused, all commits are submitted, some by two callers at once,
with priorities of all kinds; the broker is killed meanwhile. Then the lane is
opened, and worker and broker are killed until all is over. In the end each commit
has one receipt, its verdict is the one that the commit was made to have, and
those that were begun once were begun in the order of their ranks, as far as
PARALLEL of them at once allow.

Runs as the user whose services they are, or as root for those of the system.
Prints TAP without numbers.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

MODE = sys.argv[1]
REPOSITORIES = 20
CALLERS = 4
UNREACHABLE = 5
# Of each wait; of the one for the next job that ends, when all are queued.
PATIENCE_SEC = 600
STALL_SEC = 240
AGING_USEC = 60 * 1000000  # a level of priority, by default
GATE = "[gate check]\ncommand=cat verdict; grep -qx pass verdict\n"
LINT = "[gate lint]\ncommand=test -f verdict\n"
# These run side by side when the first has passed.
TIED = ("[gate build]\ncommand=true\n" + GATE + "needs=build\n"
        "[gate style]\nneeds=build\ncommand=sleep 0.3; test -f verdict\n")


def say(good, sentence, *why):
    print("ok" if good else "not ok", "-", sentence, flush=True)
    for line in [] if good else why[:20]:
        print("#  ", line, flush=True)


def apm2(*words, cwd=None):
    return subprocess.run(["apm2", f"--{MODE}", "fac", *words], cwd=cwd, check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)


def ask(*words, cwd=None):
    """Returns the JSON that is printed; goes on asking while the broker is away."""
    end = time.monotonic() + PATIENCE_SEC
    while True:
        done = apm2(*words, "--json", cwd=cwd)
        if done.returncode == 0:
            return json.loads(done.stdout)
        if done.returncode != UNREACHABLE or time.monotonic() > end:
            raise RuntimeError(f"{words}: {done.returncode}: {done.stderr}")
        time.sleep(0.05)


class Killer(threading.Thread):
    """Kills each of the services soon, and then one now and then. Leaving it waits for
    those first kills: a run in which nobody was killed shows nothing."""

    def __init__(self, seed, services, pauses, most):
        super().__init__()
        self.most = most
        self.random = random.Random(seed)
        self.services = services
        self.pauses = pauses
        self.done = threading.Event()
        self.hits = Counter()

    def kill(self, service):
        pid = subprocess.run(
            ["systemctl", f"--{MODE}", "show", "-P", "MainPID", f"apm2-{service}.service"],
            check=True, capture_output=True, text=True).stdout.strip()
        if pid != "0":
            try:
                os.kill(int(pid), signal.SIGKILL)
                self.hits[service] += 1
            except ProcessLookupError:
                pass

    def run(self):
        end = time.monotonic() + PATIENCE_SEC
        for service in sorted(set(self.services)):
            while not self.hits[service] and time.monotonic() < end:
                time.sleep(self.random.uniform(0.1, 1))
                self.kill(service)
        while (sum(self.hits.values()) < self.most
               and not self.done.wait(self.random.uniform(*self.pauses))):
            self.kill(self.random.choice(self.services))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.join()


class Commit:
    def __init__(self, folder, name, passes, priority):
        self.folder = folder
        self.name = name
        self.passes = passes
        self.priority = priority
        self.jobs = set()

    def submit(self):
        said = ask("gates", "--no-wait", "--commit", self.name, "--priority",
                   str(self.priority), cwd=self.folder)
        self.jobs.add(said["job_id"])


def git(folder, *words):
    return subprocess.run(
        ["git", "-c", "user.name=Tester", "-c", "user.email=tester@localhost", *words],
        cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def make_commits(top, number, chance):
    commits = []
    for i in range(number):
        folder = top / f"repository{i % REPOSITORIES}"
        if not folder.exists():
            (folder / ".apm2").mkdir(parents=True)
            git(folder, "init", "-q", "-b", "main")
        passes = chance.random() < 0.8
        gates = GATE if chance.random() < 0.6 else TIED
        gates += LINT if chance.random() < 0.1 else ""
        (folder / ".apm2/gates.conf").write_text(gates, "utf-8")
        (folder / "verdict").write_text("pass\n" if passes else "fail\n", "utf-8")
        (folder / "number").write_text(f"{i}\n", "utf-8")
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", f"Number {i}")
        commits.append(Commit(folder, git(folder, "rev-parse", "HEAD"), passes,
                              chance.randrange(101)))
    return commits


def submit_all(commits, chance):
    twice = chance.sample(commits, len(commits) // 10)
    with ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(Commit.submit, commits + twice))


def show_state():
    """What there is to see of jobs that do not go on."""
    left = [j["id"] for j in ask("jobs", "--all")["jobs"] if not j["receipt_digest"]]
    words = [["apm2", f"--{MODE}", "fac", *w] for w in (
        ["jobs"], ["lanes"], ["queue", "status"], ["services", "status"],
        *(["job", "show", i, "--json"] for i in left[:8]))]
    words.append(["systemctl", f"--{MODE}", "--all", "--no-pager", "list-units", "apm2-*"])
    words.append(["systemd-cgls", "--no-pager", "--full"])
    for each in words:
        done = subprocess.run(each, check=False, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print("#", *each, flush=True)
        for line in done.stdout.splitlines():
            print("#  ", line, flush=True)


def wait_for_end():
    """Raises when none has ended for a while."""
    left, end = None, 0
    while left != 0:
        status = ask("queue", "status")
        now = status["pending"] + status["leased"] + status["running"]
        if now != left:
            left, end = now, time.monotonic() + STALL_SEC
        if time.monotonic() > end:
            show_state()
            raise RuntimeError(f"no job ends any more: {status}")
        time.sleep(0.5)


def judge_receipts(commits, jobs, receipts):
    double = [c.name for c in commits if len(c.jobs) != 1]
    say(not double, "a commit that two ask for is one job", *double)
    say(len(jobs) == len(commits), f"{len(commits)} commits are {len(jobs)} jobs")
    say(all(j["receipt_digest"] for j in jobs), "all jobs have ended",
        *[j for j in jobs if not j["receipt_digest"]])
    counts = Counter(r["source"]["commit"] for r in receipts.values())
    wrong = [c.name for c in commits if counts[c.name] != 1]
    say(not wrong and len(counts) == len(commits), "each commit has one receipt",
        *[f"{c}: {counts[c]}" for c in wrong])
    verdicts = {r["source"]["commit"]: r.get("verdict") for r in receipts.values()}
    wrong = [c for c in commits
             if verdicts.get(c.name) != ("passed" if c.passes else "failed")]
    say(not wrong, f"verdicts are right: {sum(c.passes for c in commits)} passed",
        *[f"{c.name} in {c.folder}: {verdicts.get(c.name)}" for c in wrong])
    verified = ask("receipts", "verify")
    say(verified["valid"], "the chain of receipts is whole", verified)


def judge_order(jobs, receipts, parallel):
    """A job that was begun once, in one strand, comes no earlier and no later than its
    rank says, but for those that run beside it and those that a kill threw back."""
    again = sum(r["attempt"] > 1 for r in receipts.values())
    once = [j for j in jobs if receipts[j["id"]]["attempt"] == 1
            and "lint" not in [s["name"] for s in receipts[j["id"]]["steps"]]]
    ranked = sorted(once, key=lambda j: (j["submitted_at"] + j["priority"] * AGING_USEC))
    begun = sorted(once, key=lambda j: j["started_at"])
    places = {j["id"]: i for i, j in enumerate(ranked)}
    off = [(abs(places[j["id"]] - i), j["id"]) for i, j in enumerate(begun)]
    most = max(off)[0] if off else 0
    allowed = 2 * parallel + again
    say(most <= allowed, f"{len(once)} jobs that were begun once begin in the order of "
        f"their ranks: {most} places off at most", *sorted(off, reverse=True))


def main(number, seed, folder, parallel):
    start = time.monotonic()
    print(f"# RUN_SEED={seed}", flush=True)
    chance = random.Random(seed)
    top = Path(folder)
    commits = make_commits(top, number, chance)
    apm2("queue", "pause", "gates").check_returncode()
    with Killer(seed, ["daemon"], (0.5, 3), number) as killer:
        submit_all(commits, chance)
    brokers = killer.hits["daemon"]
    print(f"# submitted after {time.monotonic() - start:.0f} s, killed: {dict(killer.hits)}",
          flush=True)
    ask("queue", "status")
    apm2("queue", "resume", "gates").check_returncode()
    with Killer(seed + 1, ["daemon", "worker", "worker"], (1, 6), number // 4) as killer:
        wait_for_end()
    print(f"# ended after {time.monotonic() - start:.0f} s, killed: {dict(killer.hits)}",
          flush=True)
    say(brokers + killer.hits["daemon"] > 0 and killer.hits["worker"] > 0,
        "somebody was killed")
    jobs = ask("jobs", "--all")["jobs"]
    receipts = {j["id"]: ask("receipts", "show", j["id"]) for j in jobs}
    judge_receipts(commits, jobs, receipts)
    judge_order(jobs, receipts, parallel)
    print("# reasons:", dict(Counter(r.get("reason") or "passed" for r in receipts.values())))
    print("# attempts:", dict(Counter(r["attempt"] for r in receipts.values())))


main(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
