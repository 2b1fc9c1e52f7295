#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The worker's side of a lane slot, for tests that have no worker.

Usage: lane-feed.py FIFO clean|keep
       lane-feed.py FIFO step [--OPTION=VALUE...] ARGV...

Writes what `apm2-step --lane` reads, to a FIFO that somebody else holds open.
"""

import argparse
import itertools
import struct
import sys


def text(value):
    data = value.encode()
    return struct.pack("<I", len(data)) + data + b"\0"


def texts(values):
    return struct.pack("<I", len(values)) + b"".join(map(text, values))


def message(args, argv):
    body = texts(argv) + texts(["PATH=/usr/local/bin:/usr/bin:/bin"] + args.env)
    body += text(args.directory) + text("") + text(args.progress) + text("")
    body += struct.pack(
        "<7Q",
        int(args.timeout * 1e6),
        int(args.grace * 1e6),
        args.log_bytes_max,
        0,
        0,
        0,
        0,
    )
    return b"apm2stp2" + struct.pack("<I", len(body)) + body + b"g"


def main():
    if len(sys.argv) == 3:
        data = b"apm2prp1" + sys.argv[2].encode().ljust(8, b"\0")
    else:
        rest = sys.argv[3:]
        options = list(itertools.takewhile(lambda word: word.startswith("--"), rest))
        parser = argparse.ArgumentParser()
        parser.add_argument("--env", action="append", default=[])
        parser.add_argument("--directory", default="/")
        parser.add_argument("--progress", default="")
        parser.add_argument("--timeout", type=float, default=0)
        parser.add_argument("--grace", type=float, default=5)
        parser.add_argument("--log-bytes-max", type=int, default=0)
        data = message(parser.parse_args(options), rest[len(options):])
    with open(sys.argv[1], "wb", buffering=0) as fifo:
        fifo.write(data)


if __name__ == "__main__":
    main()
