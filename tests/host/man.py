#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Types the examples of the manual pages that take a service manager, as alice.

Usage: man.py PAGE...

What begins with sudo is typed by root. For each command a line of TAP without its
number: 'ok - ...', or 'not ok - ...' and what was seen.
"""

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lint"))
import examples  # noqa: E402

HOME = Path("/home/alice")
# What goes on until it is interrupted.
ENDLESS = re.compile(r"apm2 fac worker|apm2 fac services monitor|journalctl .*-f\b")


def shell(command, user="alice"):
    words = ["runuser", "-l", user, "-c", command]
    return subprocess.run(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False, timeout=180,
    )


def type_step(step):
    command = step.command
    if ENDLESS.search(command):
        command = f"timeout --preserve-status --signal INT 3 {command}"
    if command.startswith("sudo "):
        return shell(command.removeprefix("sudo "), "root")
    return shell(f"cd ~/project && {command}")


def write(step):
    path = HOME / "project" / step.file.replace("~", str(HOME))
    made = shell(f"mkdir -p {path.parent} && cat >{path} <<'END'\n{step.command}END\n")
    if made.returncode != 0:
        raise RuntimeError(made.stdout)


def complain(step, result):
    """Returns what is wrong with @result, or None."""
    if result.returncode != 0:
        return f"exit status {result.returncode}"
    missing = examples.find_missing(step.shown, result.stdout)
    return f"not in the output: {missing}" if missing else None


def as_owner(script):
    """Runs @script as alice, who is to own what root has written for her."""
    shell(f"chown -R alice: {HOME}/project", "root")
    return shell(script)


def check_page(page):
    if not any(example.needs_host for example in examples.read_examples(page)):
        return
    shell("rm -rf ~/project")
    examples.make_project(as_owner, HOME / "project", page.name)
    for example in examples.read_examples(page):
        for step in example.steps:
            if step.file:
                write(step)
            elif example.needs_host:
                result = type_step(step)
                wrong = complain(step, result)
                first = step.command.splitlines()[0]
                print(f"{'not ok' if wrong else 'ok'} - {page.name}: {first}")
                if wrong:
                    print("\n".join(f"#   {line}" for line in [wrong, *result.stdout.splitlines()]))


for argument in sys.argv[1:]:
    check_page(Path(argument))
