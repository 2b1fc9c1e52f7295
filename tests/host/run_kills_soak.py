# SPDX-License-Identifier: LGPL-2.1-or-later
"""For run-kills.py: the jobs, their processes, the kills, and what is seen after each.

A job is known by a mark in the arguments of all its processes.
"""

import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import namedtuple
from pathlib import Path

# What is promised is a second. A machine that does much else at the same time
# is late, but so late only if something is wrong.
PROMISE_SEC = 1.0
LATE_SEC = 10.0
# A broker that was killed is started by systemd after 0.1 s, here.
BROKER_SEC = 30.0
JOB_SEC = 60.0
CALLERS = 14
PAUSE_SEC = 0.3
TICK_SEC = 0.01
MARK = re.compile(rb"apm2-mark-(\d+)(n?)\b")
WORK = str(Path(__file__).with_name("run-kills-work.py"))
BROKER = re.compile(rb"^[^\0]*/apm2-daemon\0|^[^\0]*apm2\0--user\0daemon\0run\0")
GROUPS = ("", "unified/", "systemd/")
SLICE = "user.slice/user-{0}.slice/user@{0}.service/apm2.slice/apm2-jobs.slice"

Process = namedtuple("Process", "pid parent is_inner role")


def ask(*words):
    """What the broker says; None if there is none at the moment."""
    try:
        done = subprocess.run(["apm2", "--user", "fac", *words, "--json"], check=False,
                              capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        return None
    return json.loads(done.stdout) if done.returncode == 0 else None


def get_role(words):
    if words[0].endswith(b"apm2-step"):
        return "step"
    return "caller" if words[:2] == [b"apm2", b"run"] else "command"


def scan():
    """Returns the living processes of each job, and the broker's."""
    jobs, broker = {}, None
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                text = file.read(8192)
            found = MARK.search(text)
            if found:
                with open(f"/proc/{pid}/stat", "rb") as file:
                    parent = int(file.read().rpartition(b")")[2].split()[1])
                jobs.setdefault(int(found[1]), []).append(Process(
                    int(pid), parent, found[2] == b"n", get_role(text.split(b"\0"))))
            elif BROKER.match(text):
                broker = int(pid)
        except (FileNotFoundError, ProcessLookupError):
            pass
    return jobs, broker


class Watch(threading.Thread):
    """Asks who holds a slot, again and again."""

    def __init__(self):
        super().__init__(daemon=True)
        self.asked = 0.0  # the latest answer: when it was asked for
        self.answered = 0.0
        self.used = {}  # of each lane
        self.held = set()  # names of jobs
        self.ids = {}  # of each name, as far as seen
        self.nameless = []
        self.pause = 0.03

    def run(self):
        while True:
            asked = time.monotonic()
            answer = ask("lanes")
            if answer:
                holders = [h for lane in answer["lanes"] for h in lane["holders"]]
                self.ids.update({h["name"]: h["job_id"] for h in holders if "name" in h})
                names = {job_id: name for name, job_id in self.ids.items()}
                self.nameless += [h for h in holders if "name" not in h]
                self.used = {lane["name"]: lane["used_slots"] for lane in answer["lanes"]}
                self.held = {names.get(h["job_id"]) for h in holders}
                self.answered = time.monotonic()
                self.asked = asked
            time.sleep(self.pause)


class Job:
    def __init__(self, number, chance, folder, lanes, kind=None):
        self.number = number
        self.mark = f"apm2-mark-{number}"
        self.folder = folder
        self.kind = kind or chance.choice(
            ["plain", "tree", "deaf", "forks", "nested", "tree"])
        self.lane = chance.choice(sorted(lanes))
        self.slots = chance.randint(1, min(2, lanes[self.lane]))
        self.exclusive = chance.choice([None, None, None, "one", "two"])
        self.max_wait = chance.choice([None] * 5 + ["0", "1", "2"])
        self.seconds = chance.uniform(0.1, 1.5)
        # Of the command: what it exits with, or the signal that it dies of.
        self.status = chance.choice([0, 0, 0, 1, 3, 200, -signal.SIGTERM, -signal.SIGUSR1])
        self.hits = []  # what of it was killed
        self.wait_status = None
        self.left = None  # processes that outlived the caller
        locks = [f"{self.lane}:{self.slots}:{lanes[self.lane]}"]
        if self.exclusive:
            locks.append(f"{self.exclusive}:1:1")
        self.argv = [
            "apm2", "run", "--quiet", "--name", self.mark, "--lane", self.lane,
            "--slots", str(self.slots), "--json-result", f"{folder}/{self.mark}.json",
            *(["--exclusive", self.exclusive] if self.exclusive else []),
            *(["--max-wait", self.max_wait] if self.max_wait else []), "--",
            sys.executable, "-ISs", WORK, self.mark, self.kind, f"{self.seconds:.2f}",
            str(self.status), str(folder), *locks]

    def start(self):
        self.started = time.monotonic()
        with open(f"{self.folder}/{self.mark}.log", "wb") as log:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)

    def read(self, what, inner=""):
        try:
            return Path(f"{self.folder}/{self.mark}{inner}.{what}").read_text("utf-8")
        except FileNotFoundError:
            return ""

    def get_command(self, inner=""):
        """Returns job and process of the command, once that has begun."""
        job_id, _, pid = self.read("job", inner).partition(" ")
        return job_id, int(pid or 0)

    def describe(self):
        return (f"{self.mark} ({self.kind}, lane {self.lane}, {self.slots} slots, "
                f"max wait {self.max_wait}, status {self.status}, killed: {', '.join(self.hits) or 'nothing'}): "
                f"wait status {self.wait_status}, said: {self.read('log').strip()!r}")


class Wound:
    """One kill, and since when what of it is over."""

    def __init__(self, job, victim, is_inner):
        self.job = job
        self.victim = victim
        self.is_inner = is_inner
        self.at = time.monotonic()
        self.delays = {}

    def names(self):
        return [self.job.mark + "n"] + ([] if self.is_inner else [self.job.mark])

    def look(self, living, scopes, watch, broker_since):
        """Returns whether all is over."""
        now = time.monotonic()
        ids = {watch.ids.get(n) for n in self.names()}
        ids |= {self.job.get_command(i)[0] for i in (["n"] if self.is_inner else ["", "n"])}
        # Without a broker nobody can say; it is asked when it is back. It also ends
        # what neither the caller nor the step does.
        since = max(self.at, broker_since)
        enders_since = since if self.victim.endswith("caller and step") else self.at
        if not [p for p in living if p.is_inner or not self.is_inner]:
            self.delays.setdefault("process", max(0, now - enders_since))
        if not ids & scopes:
            self.delays.setdefault("scope", max(0, now - enders_since))
        if watch.asked >= since and not set(self.names()) & watch.held:
            self.delays.setdefault("slot", watch.answered - since)
        return len(self.delays) == 3

    def describe(self, what):
        delay = self.delays.get(what)
        return (f"{what}: {'never' if delay is None else f'{delay:.2f} s'} after the "
                f"kill of the {self.victim} of {self.job.describe()}")


class Soak:
    def __init__(self, seed, folder, lanes, first=0):
        self.first = first
        self.chance = random.Random(seed)
        self.folder = Path(folder)
        self.lanes = lanes
        self.jobs = {}
        self.living = {}
        self.broker = None
        self.open = []  # wounds that are looked at
        self.wounds = []
        self.broker_since = 0.0
        self.broker_wound = None  # (when, pid, commands that ran then)
        self.broker_delays = []
        self.unheld = []
        self.overdue = []
        (self.folder / "locks").mkdir(parents=True)
        uid = os.getuid()
        self.slices = [f"/sys/fs/cgroup/{g}{SLICE.format(uid)}" for g in GROUPS]
        self.watch = Watch()
        self.watch.start()

    def find_scopes(self):
        found = set()
        for path in self.slices:
            with contextlib.suppress(FileNotFoundError):
                found |= {n[len("apm2-run-"):-len(".scope")] for n in os.listdir(path)
                          if n.endswith(".scope")}
        return found

    def start_job(self, kind=None):
        job = Job(self.first + len(self.jobs), self.chance, self.folder, self.lanes, kind)
        self.jobs[job.number] = job
        job.start()
        return job

    def get_running(self):
        return [j for j in self.jobs.values() if j.wait_status is None]

    def get_commands(self):
        """The commands that run in a slot of their own, by job."""
        found = {}
        for number, processes in self.living.items():
            pid = self.jobs[number].get_command()[1]
            if pid in [p.pid for p in processes]:
                found[number] = pid
        return found

    def look(self):
        """One look at everything."""
        over = [j for j in self.get_running() if j.process.poll() is not None]
        self.living, self.broker = scan()
        scopes = self.find_scopes()
        now = time.monotonic()
        for job in over:
            job.wait_status = job.process.returncode
            job.left = self.living.get(job.number)
        for job in self.get_running():
            if now > job.started + JOB_SEC and job not in self.overdue:
                self.overdue.append(job)
                job.process.kill()
        self.look_at_broker()
        for wound in list(self.open):
            if wound.look(self.living.get(wound.job.number, ()), scopes, self.watch,
                          self.broker_since) or now > wound.at + LATE_SEC + BROKER_SEC:
                self.open.remove(wound)

    def look_at_broker(self):
        if self.broker_wound is None:
            return
        at, pid, commands = self.broker_wound
        if self.watch.asked > at and self.broker not in (None, pid):
            self.broker_wound = None
            self.broker_since = self.watch.answered
            self.broker_delays.append(self.watch.answered - at)
            for number, command in self.get_commands().items():
                # Ran before and runs still, so it must have a slot.
                if commands.get(number) == command and (
                        self.jobs[number].mark not in self.watch.held):
                    self.unheld.append(self.jobs[number])
        elif time.monotonic() > at + BROKER_SEC:
            self.broker_wound = None
            self.broker_since = float("inf")
            self.broker_delays.append(float("inf"))

    def kill_broker(self):
        commands = self.get_commands()
        if self.broker_wound is not None:
            # While it starts; what ran at the first kill has its slot to keep.
            commands = {n: p for n, p in self.broker_wound[2].items() if n in commands}
        if self.broker is None or self.broker == (self.broker_wound or [0, 0])[1]:
            return False
        self.broker_wound = (time.monotonic(), self.broker, commands)
        self.broker_since = float("inf")
        os.kill(self.broker, signal.SIGKILL)
        return True

    def kill_part(self, job, role):
        processes = self.living.get(job.number, [])
        is_inner = job.kind == "nested" and self.chance.random() < 0.5
        command = job.get_command("n" if is_inner else "")[1]
        callers = {p.pid for p in processes if p.role == "caller" and p.is_inner == is_inner}
        steps = {p.pid for p in processes if p.role == "step" and p.parent in callers}
        victims = {
            "caller": callers,
            "step": steps,
            "command": {p.pid for p in processes if p.pid == command},
            "caller and step": callers | steps,
        }[role]
        if job.wait_status is not None or len(victims) != (2 if " " in role else 1):
            return False
        victim = ("inner " if is_inner else "") + role
        wound = Wound(job, victim, is_inner)
        hits = 0
        for pid in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                hits += 1
        if hits == 0:
            return False
        job.hits.append(victim)
        self.wounds.append(wound)
        self.open.append(wound)
        return True

    def choose_job(self, role):
        """Most of them wait, but a command is to be killed as often as its caller."""
        commands = sorted(self.get_commands())
        if commands and (role == "command" or self.chance.random() < 0.5):
            return self.jobs[self.chance.choice(commands)]
        return self.chance.choice(self.get_running())

    def kill_something(self):
        role = self.chance.choices(
            ["caller", "command", "step", "caller and step", "broker"],
            [30, 20, 20, 10, 20])[0]
        if role == "broker":
            return self.kill_broker()
        if role != "command" and self.chance.random() < 0.3:
            # One that has hardly begun.
            job = self.start_job()
            time.sleep(self.chance.uniform(0, 0.06))
            self.look()
        else:
            job = self.choose_job(role)
        return self.kill_part(job, role)

    def run(self, kills):
        done, next_kill = 0, time.monotonic()
        while done < kills:
            while len(self.get_running()) < CALLERS:
                self.start_job()
            self.look()
            if time.monotonic() >= next_kill:
                done += self.kill_something()
                next_kill = time.monotonic() + self.chance.expovariate(1 / PAUSE_SEC)
            time.sleep(TICK_SEC)
        while self.get_running() or self.open or self.broker_wound:
            self.look()
            time.sleep(TICK_SEC)
