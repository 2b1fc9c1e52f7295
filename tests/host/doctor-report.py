#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Asks a report of `apm2 fac doctor --json`, which is read from stdin.

Usage: doctor-report.py has ID RESULT REGEX    a check found that
       doctor-report.py well ID                a check found nothing wrong
       doctor-report.py fixes ID               prints its commands, one a line
       doctor-report.py did REGEX              --fix did such a command
       doctor-report.py show                   prints what is wrong
"""

import json
import re
import sys

WRONG = ("warning", "failed")


def has(report, ident, result, regex):
    return any(
        c["id"] == ident and c["result"] == result and re.search(regex, c["text"])
        for c in report["checks"]
    )


def well(report, ident):
    found = [c["result"] for c in report["checks"] if c["id"] == ident]
    return bool(found) and not any(result in WRONG for result in found)


def fixes(report, ident):
    for check in report["checks"]:
        if check["id"] == ident and check["result"] in WRONG:
            print(*check["fix"], sep="\n")
    return True


def did(report, regex):
    return any(
        r["outcome"] == "done" and re.search(regex, r["command"])
        for r in report.get("repairs", [])
    )


def show(report):
    for check in report["checks"]:
        if check["result"] in WRONG:
            print(check["result"], check["id"], check["text"], *check["fix"], sep="\n    ")
    for repair in report.get("repairs", []):
        print(repair["outcome"], repair["command"], repair["reason"])
    return True


ACTS = {"has": has, "well": well, "fixes": fixes, "did": did, "show": show}

if __name__ == "__main__":
    sys.exit(0 if ACTS[sys.argv[1]](json.load(sys.stdin), *sys.argv[2:]) else 1)
