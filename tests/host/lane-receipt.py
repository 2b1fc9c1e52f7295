# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads receipts as the command line prints them, for lane-jobs.sh.

field NAME   of a receipt; 'step' and 'usage' tell of each of its steps
tally ID     how often which end, of the jobs whose id begins with ID and a dash
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


def tally(receipts, prefix):
    found = collections.Counter(
        r["verdict"] + "/" + (r["reason"] or "none")
        for r in receipts
        if r["job_id"].startswith(prefix + "-")
    )
    return " ".join(f"{n}x{end}" for end, n in sorted(found.items()))


data = json.load(sys.stdin)
if sys.argv[1] == "tally":
    print(tally(data["receipts"], sys.argv[2]))
else:
    print(field(data, sys.argv[2]))
