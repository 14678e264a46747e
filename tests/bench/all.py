#!/usr/bin/python3

# Copyright (C) the moderate authors

"""One table of all that was measured; "make bench" calls it.

    all.py --out FILE [--since SECONDS] PART.json ...

Puts what the benchmarks of the engine and the others have written into one
JSON document, and prints every figure that something is asked of: what was
measured, what is asked, and whether that is reached.  A file that is older
than --since, a time, is of another run, and is said to be missing.  Exits with
1 when a figure is missed, or missing.
"""

import argparse
import json
import os
import sys


def engine(part):
    """Of tests/bench/bench.c."""

    for figure in part["figures"]:
        yield ("%s, %s" % (figure["shape"], figure["what"]), figure["value"],
               "<= %g" % figure["limit"], figure["ok"])


def proxy(part):
    for figure in part["figures"]:
        if figure["asked"]:
            yield (figure["name"], figure["value"], figure["asked"],
                   figure["reached"])


def swaps(part):
    for figure in part["figures"]:
        yield (figure["name"], figure["value"], figure["asked"],
               figure["reached"])


KINDS = {"proxy": proxy, "queue": swaps, "swaps": swaps}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--since", type=float, default=0)
    parser.add_argument("parts", nargs="+")
    args = parser.parse_args()

    parts = []
    missed = 0

    print("\n%-66s %10s  %s" % ("all figures of this run", "measured",
                                "asked"))

    for name in args.parts:
        if not os.path.exists(name) or os.path.getmtime(name) < args.since:
            print("%-66s %10s" % (name, "MISSING"))
            missed += 1
            continue

        with open(name, encoding="utf-8") as f:
            part = json.load(f)

        parts.append(part)
        print(part["bench"])

        for what, value, asked, reached in KINDS.get(part["bench"],
                                                     engine)(part):
            print("  %-64s %10.2f  %-10s%s" % (what[:64], value, asked,
                                               "" if reached else " MISSED"))
            missed += not reached

    with open(args.out, "w", encoding="utf-8") as out:
        json.dump(parts, out, indent=1)

    print("\nall of it: %s; missed: %d" % (args.out, missed))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
