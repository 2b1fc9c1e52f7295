#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints what a path such as services.0.name leads to in the JSON on stdin.

Strings come bare, everything else as JSON; nothing if there is nothing.
"""

import json
import sys

value = json.load(sys.stdin)
for key in sys.argv[1].split("."):
    try:
        value = value[int(key)] if isinstance(value, list) else value[key]
    except (KeyError, IndexError):
        sys.exit()
print(value if isinstance(value, str) else json.dumps(value))
