#!/usr/bin/python3

# Copyright (C) the moderate authors

"""Runs fuzz targets, several at once; "make fuzz" calls it.

    run.py --jobs N --dir build/fuzz (--seconds N | --runs N) TARGET ...

A target begins with tests/fuzz/corpus/TARGET, the cases in
tests/fuzz/crashes/TARGET, what the unit tests gave (DIR/seeds/TARGET) and
what earlier runs found (DIR/corpus/TARGET, where new inputs are kept).
Prints a line for each and exits with 1 if one found something.
"""

import argparse
import concurrent.futures
import glob
import os
import re
import shlex
import subprocess
import sys

HERE = os.path.relpath(os.path.dirname(os.path.abspath(__file__)))

BODIES = ("multipart", "json", "urlencoded")

OPTIONS = ["-max_len=4096", "-timeout=20", "-rss_limit_mb=2048",
           "-detect_leaks=1", "-print_final_stats=1"]


def dictionary(target, folder):
    """The target's own one; those of all kinds of bodies where it has none."""

    own = os.path.join(HERE, "dict", target + ".dict")
    if os.path.exists(own):
        return own

    name = os.path.join(folder, target + ".dict")
    with open(name, "w", encoding="utf-8") as out:
        for body in BODIES:
            path = os.path.join(HERE, "dict", body + ".dict")
            with open(path, encoding="utf-8") as part:
                out.write(part.read())
    return name


def command(target, args):
    corpus = os.path.join(args.dir, "corpus", target)
    os.makedirs(corpus, exist_ok=True)

    seeds = [os.path.join(HERE, "corpus", target),
             os.path.join(HERE, "crashes", target),
             os.path.join(args.dir, "seeds", target)]

    return ([os.path.join(args.dir, "fuzz_" + target)] + OPTIONS
            + ["-max_total_time=%d" % args.seconds if args.runs is None
               else "-runs=%d" % args.runs,
               "-dict=" + dictionary(target, args.dir),
               "-artifact_prefix=%s/findings/%s/" % (args.dir, target),
               corpus] + [seed for seed in seeds if os.path.isdir(seed)])


def run(target, args):
    findings = os.path.join(args.dir, "findings", target)
    os.makedirs(findings, exist_ok=True)
    log = os.path.join(args.dir, target + ".log")
    before = set(os.listdir(findings))

    with open(log, "wb") as out:
        code = subprocess.call(command(target, args), stdout=out,
                               stderr=subprocess.STDOUT)

    with open(log, encoding="utf-8", errors="replace") as text:
        text = text.read()

    found = sorted(set(os.listdir(findings)) - before)
    report(target, text, code, found, log)

    if code != 0:
        explain(target, text, [os.path.join(findings, f) for f in found], log,
                args)

    return code == 0


def number(pattern, text, which):
    values = re.findall(pattern, text)
    return int(values[which]) if values else 0


def report(target, text, code, found, log):
    runs = number(r"(?m)^#(\d+)\s", text, -1)
    runs = number(r"stat::number_of_executed_units:\s*(\d+)", text, -1) or runs
    speed = number(r"stat::average_exec_per_sec:\s*(\d+)", text, -1)
    first = number(r"INITED.* cov: (\d+)", text, 0)
    last = number(r" cov: (\d+)", text, -1)

    print("%-13s %9d runs %7d/s   coverage %5d, %d new   %s"
          % (target, runs, speed, last, max(0, last - first),
             "no finding" if code == 0
             else "FOUND: " + " ".join(found) if found
             else "FAILED, see " + log), flush=True)


def explain(target, text, found, log, args):
    for line in text.split("\n"):
        if re.search(r"does not hold|SUMMARY|^ERROR|==ERROR", line):
            print("    " + line[:200])

    print("    all of it: " + log)

    for path in found:
        print("    to see it again, and to make it smaller:\n"
              "        %s/fuzz_%s %s\n"
              "        %s/fuzz_%s -minimize_crash=1 -runs=10000 %s\n"
              "    to keep it as a case, named by what it shows, that "
              "\"make unit\" runs:\n"
              "        mkdir -p %s/crashes/%s\n"
              "        cp %s %s/crashes/%s/what-it-shows"
              % (args.dir, target, shlex.quote(path),
                 args.dir, target, shlex.quote(path), HERE, target,
                 shlex.quote(path), HERE, target))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--dir", required=True)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--runs", type=int)
    parser.add_argument("targets", nargs="+")
    args = parser.parse_args()

    known = {os.path.basename(name)[len("fuzz_"):-len(".c")]
             for name in glob.glob(os.path.join(HERE, "fuzz_*.c"))}
    unknown = sorted(set(args.targets) - known)

    if unknown:
        sys.exit("no such target: %s; there are: %s"
                 % (" ".join(unknown), " ".join(sorted(known))))

    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        results = list(pool.map(lambda target: run(target, args),
                                args.targets))

    if not all(results):
        sys.exit(1)


if __name__ == "__main__":
    main()
