# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads receipts as the command line prints them, for lane-jobs.sh.

field NAME   of a receipt; 'step' and 'usage' tell of each of its steps
tally ID     how often which end, of the jobs whose id begins with ID and a dash:
             verdict/reason/exit status/signal; the receipts come one a line. A unit
             that was killed as a whole has the reason unit-killed
"""
import collections
import json
import sys


def field(receipt, name):
    if name == "step":
        return " ".join(
            ",".join([s["name"], s["result"], str(s.get("exit_status", ""))])
            for s in receipt.get("steps", [])
        )
    if name == "usage":
        used = [s.get("usage", {}) for s in receipt.get("steps", [])]
        return " ".join(sorted({key for u in used for key in u}))
    return receipt.get(name, "")


def end_of(receipt):
    last = receipt["steps"][-1]
    reason = receipt.get("reason", "none")
    if "its unit was killed by signal" in receipt.get("message", ""):
        reason = "unit-killed"
    return "/".join(
        [
            receipt.get("verdict", "none"),
            reason,
            str(last.get("exit_status", "-")),
            str(last.get("term_signal", "-")),
        ]
    )


def tally(receipts, prefix):
    found = collections.Counter(
        end_of(r) for r in receipts if r["job_id"].startswith(prefix + "-")
    )
    return " ".join(f"{n}x{end}" for end, n in sorted(found.items()))


if sys.argv[1] == "tally":
    print(tally(map(json.loads, sys.stdin), sys.argv[2]))
else:
    print(field(json.load(sys.stdin), sys.argv[2]))
