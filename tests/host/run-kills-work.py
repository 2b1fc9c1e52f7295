#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command of a job of run-kills.py.

Usage: run-kills-work.py MARK KIND SECONDS STATUS DIR [LOCK:COUNT:OF...]

Everything that it starts has MARK among its arguments. LOCK:COUNT:OF are COUNT
of OF files DIR/locks/LOCK.N to be locked: the kernel says then whether more
hold a slot or a name than there is room for. The locks are inherited, so that
one who outlives the command holds them too. How long a lock was missed is
written to DIR/MARK.overlap.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time

PATIENCE_SEC = 20
DEAF_TO = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT]


def write(path, text):
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(path + ".new", path)


def lock(folder, wish):
    """Takes the locks of one wish; returns how many are missing."""
    name, count, room = wish.split(":")
    missing = int(count)
    for number in range(int(room)):
        if missing == 0:
            break
        fd = os.open(f"{folder}/locks/{name}.{number}", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.set_inheritable(fd, True)
            missing -= 1
        except BlockingIOError:
            os.close(fd)
    return f"{name}:{missing}:{room}" if missing else None


def take(folder, mark, wishes):
    start = time.monotonic()
    missing = [w for w in (lock(folder, w) for w in wishes) if w]
    while missing and time.monotonic() < start + PATIENCE_SEC:
        time.sleep(0.002)
        missing = [w for w in (lock(folder, w) for w in missing) if w]
        write(f"{folder}/{mark}.overlap", f"{time.monotonic() - start:.3f} {missing}")


def go_deaf():
    for number in DEAF_TO:
        signal.signal(number, signal.SIG_IGN)


def daemonize(mark):
    """A process in a session of its own that nobody waits for."""
    if os.fork() > 0:
        return
    os.setsid()
    if os.fork() > 0:
        os._exit(0)
    go_deaf()
    if os.fork() == 0:
        os.execv("/bin/sleep", [mark, "1000"])
    time.sleep(1000)
    os._exit(0)


def fork_until(end):
    """Always a few children, none for long."""
    while time.monotonic() < end:
        for _ in range(3):
            if os.fork() == 0:
                time.sleep(0.02)
                os._exit(0)
        for _ in range(3):
            os.wait()


def nest(mark, seconds, folder):
    """The same again, in the slot that is held already."""
    inner = mark + "n"
    status = subprocess.run(
        ["apm2", "run", "--quiet", "--name", inner,
         "--json-result", f"{folder}/{inner}.json", "--",
         sys.executable, "-ISs", __file__, inner, "tree", str(seconds), "5", folder],
        check=False).returncode
    write(f"{folder}/{inner}.status", str(status))


def main(mark, kind, seconds, status, folder, *wishes):
    end = time.monotonic() + float(seconds)
    take(folder, mark, wishes)
    write(f"{folder}/{mark}.job", f"{os.environ['APM2_JOB_ID']} {os.getpid()}")
    if kind == "tree":
        for _ in range(3):
            daemonize(mark)
    if kind == "deaf":
        go_deaf()
        daemonize(mark)
    if kind == "forks":
        fork_until(end)
    if kind == "nested":
        nest(mark, seconds, folder)
    if kind != "nested":
        time.sleep(max(0, end - time.monotonic()))
    write(f"{folder}/{mark}.done", status)
    if int(status) < 0:
        signal.signal(-int(status), signal.SIG_DFL)
        os.kill(os.getpid(), -int(status))
    os._exit(int(status))


main(*sys.argv[1:])
