#!/usr/bin/python3

# Copyright (C) the moderate authors

"""What swapping rules costs; "make bench-swaps" calls it.

    swaps.py --module FILE --empty FILE [--swaps 1000] [--clients 4]
             [--idle SECONDS] [--rules PATH] [--nginx FILE] [--json FILE]

Submissions come without a pause, first for a while with nothing else going
on, then while the shipped rules, or others, and one more are swapped so often.

Of each worker a timer of a millisecond tells how long its event loop was held
up at a time: on the clock, where other programs of the machine count too, and
in CPU time, where they do not.  Versions hit one of
two words in turn: an answer that names a version has to have been hit by what
this version looks for.

Swaps take longer than the time without, and the longest of more looks is
longer by itself: so the longest in as much time is compared as well.

Prints all of it and the memory of each worker, and exits with 1 when one
failed, or was judged by a mixed set, when memory grew by more than 1 % or the
loop was held up for 2 ms more.
"""

import argparse
import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
TIMEOUT = 30        # seconds for a start, a swap or an answer

CONF = """\
load_module {module};
load_module {empty};
{user}
daemon off;
worker_processes 2;
pid {dir}/nginx.pid;
error_log {dir}/error.log notice;

thread_pool default threads=2;

events {{
}}

http {{
    access_log off;
    client_body_temp_path {dir}/body;
    proxy_temp_path {dir}/proxy;

    moderate_redis unix:{dir}/redis.sock;
    moderate_field text comment;

    server {{
        listen 127.0.0.1:{port} reuseport;

        add_header X-Set "$moderate_ruleset $moderate_rules" always;

        location = /stall {{
            bench_stall;
        }}

        location / {{
            moderate on;
            moderate_rules {rules} {dir}/rules.yaml;
            proxy_pass http://unix:{dir}/portal.sock;
        }}

        location = /status {{
            moderate_status;
        }}
    }}

    server {{
        listen unix:{dir}/portal.sock;
        return 200 "thank you";
    }}
}}
"""

RULE = """\
version: 1
# {n}
rules:
  - id: bench.swap
    category: advertising
    words: [{word}]
    score: 20
    examples: {{ hit: [{word}], miss: [nothing] }}

  - id: bench.other
    category: advertising
    words: [nobody{n}]
    score: 1
    examples: {{ hit: [nobody{n}], miss: [nothing] }}
"""

# an even version rejects the one word, an odd one the other

WORDS = ("kumquat", "rambutan")

TEXTS = (
    "comment=Đèn đường trước trường học hỏng đã hai tuần",
    "comment=The new timetable of bus 12 is hard to read. " + "Please. " * 20,
    "comment=" + "Toàn văn kiến nghị của tổ dân phố. " * 100,
    "comment=" + WORDS[0] + " one",
    "comment=" + WORDS[1] + " two",
)


class Client(threading.Thread):
    """One who submits again and again; times are in seconds."""

    def __init__(self, port, number):
        super().__init__(daemon=True)
        self.port = port
        self.number = number
        self.ended = False
        self.forget()

    def forget(self):
        self.times = []
        self.failed = []
        self.seen = []          # ("version rule,rule", word)

    def run(self):
        n = self.number
        link = None

        while not self.ended:
            n += 1
            began = time.monotonic()

            try:
                if link is None:
                    link = http.client.HTTPConnection("127.0.0.1", self.port,
                                                      timeout=TIMEOUT)

                link.request("POST", "/", TEXTS[n % len(TEXTS)].encode(), {
                    "Content-Type": "application/x-www-form-urlencoded"})
                answer = link.getresponse()
                answer.read()

                if answer.status not in (200, 202, 403):
                    self.failed.append(str(answer.status))

                if n % len(TEXTS) >= len(TEXTS) - 2:
                    self.seen.append((answer.getheader("X-Set") or "",
                                      n % len(TEXTS) - len(TEXTS) + 2))

            except (OSError, http.client.HTTPException) as error:
                self.failed.append(repr(error))
                link = None

            self.times.append(time.monotonic() - began)


def until(what, name):
    end = time.monotonic() + TIMEOUT

    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(0.02)

    sys.exit("swaps.py: waited too long for " + name)


def write(folder, n):
    with open(folder + "/rules.new", "w", encoding="utf-8") as out:
        out.write(RULE.format(n=n, word=WORDS[n % 2]))

    os.rename(folder + "/rules.new", folder + "/rules.yaml")


def rulesets(port):
    """Version by worker; None while nginx does not answer."""

    try:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        link.request("GET", "/status")
        status = json.loads(link.getresponse().read())
        link.close()

    except (OSError, http.client.HTTPException):
        return None

    return {worker["pid"]: worker["rulesets"][0]["version"]
            for worker in status["workers"]}


def stalls(port, reset):
    """What each of the two workers says of its event loop, by process id."""

    found = {}

    def ask():
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        link.request("GET", "/stall" + ("?reset" if reset else ""))
        said = json.loads(link.getresponse().read())
        link.close()

        if said["pid"] not in found:
            found[said["pid"]] = said

        return len(found) == 2

    until(ask, "both workers")

    return {"longest": max(s["longest"] for s in found.values()) / 1000,
            "longest_cpu": max(s["longest_cpu"]
                               for s in found.values()) / 1000,
            "late": sum(s["late"] for s in found.values()),
            "looks": sum(s["looks"] for s in found.values())}


def total(windows):
    """What windows of about a second tell together: the longest of all, and
    the median and 99th percentile of what was the longest in each."""

    most = {name: sorted(w[name] for w in windows)[len(windows) * 99 // 100]
            for name in ("longest", "longest_cpu")}

    return {"most": most["longest"],
            "most_cpu": most["longest_cpu"],
            "longest": max(w["longest"] for w in windows),
            "longest_cpu": max(w["longest_cpu"] for w in windows),
            "usual": statistics.median(w["longest"] for w in windows),
            "usual_cpu": statistics.median(w["longest_cpu"]
                                           for w in windows),
            "late": sum(w["late"] for w in windows),
            "looks": sum(w["looks"] for w in windows),
            "windows": windows}


def within(windows, seconds, name):
    """The longest in so much time: the median of as many parts as there are
    of that length, one behind the other."""

    parts = []
    most = took = 0

    for window in windows:
        most = max(most, window[name])
        took += window["seconds"]

        if took >= seconds:
            parts.append(most)
            most = took = 0

    return statistics.median(parts or [most])


def mixed(clients, numbers):
    """Verdicts that are not what the version says that they name."""

    wrong = 0

    for seen, word in (seen for client in clients for seen in client.seen):
        version, _, rules = seen.partition(" ")

        if version not in numbers or (numbers[version] % 2 == word) != (
                "bench.swap" in rules.split(",")):
            wrong += 1

    return wrong


def swapped(port, old):
    now = set((rulesets(port) or {0: old}).values())

    return now.pop() if len(now) == 1 and old not in now else None


def memory(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status
                    if line.startswith("VmRSS"))


def tell(name, clients):
    """Prints a line about what clients saw; returns how many failed."""

    times = sorted(t for client in clients for t in client.times)
    failed = [why for client in clients for why in client.failed]

    print("%-14s %8d submissions, %d failed; ms: median %.1f, 99 %% %.1f, "
          "longest %.1f" % (name, len(times), len(failed),
                            1000 * times[len(times) // 2],
                            1000 * times[len(times) * 99 // 100],
                            1000 * times[-1]), flush=True)

    for why in failed[:5]:
        print("    " + why)

    for client in clients:
        client.forget()

    return len(failed)


def swap(port, folder, n, numbers, version):
    """Version n is live in all workers; returns its name."""

    write(folder, n)
    version = until(lambda: swapped(port, version), "a swap")
    numbers[version] = n

    return version


def told(name, stall):
    print("%-14s event loop held up for at most %.1f ms, %.1f ms of CPU; in a "
          "usual second %.1f and %.1f, in 99 of 100 seconds %.1f and %.1f; by "
          "2 ms and more %d times in %d"
          % (name, stall["longest"], stall["longest_cpu"], stall["usual"],
             stall["usual_cpu"], stall["most"], stall["most_cpu"],
             stall["late"], stall["looks"]), flush=True)


def measure(port, folder, options):
    clients = [Client(port, n) for n in range(options.clients)]
    version = next(iter(until(lambda: rulesets(port), "nginx").values()))
    numbers = {version: 0}
    result = {}

    for client in clients:
        client.start()

    # until what is made at need is there

    for n in range(1, 21):
        version = swap(port, folder, n, numbers, version)

    for client in clients:
        client.forget()

    stalls(port, True)
    windows = []

    for _ in range(options.idle):
        time.sleep(1)
        windows.append(dict(stalls(port, True), seconds=1))

    result["idle"] = total(windows)

    failed = tell("without swaps", clients)
    told("", result["idle"])

    sizes = {pid: [] for pid in rulesets(port)}
    began = time.monotonic()
    windows = []

    for n in range(21, 21 + options.swaps):
        looked = time.monotonic()
        version = swap(port, folder, n, numbers, version)
        windows.append(dict(stalls(port, True),
                            seconds=time.monotonic() - looked))

        for pid, seen in sizes.items():
            seen.append(memory(pid))

    took = time.monotonic() - began
    result["swaps"] = total(windows)

    for name in ("longest", "longest_cpu"):
        result["swaps"]["within_" + name] = within(windows, options.idle, name)

    wrong = mixed(clients, numbers)
    failed += tell("%d swaps" % options.swaps, clients)
    told("", result["swaps"])

    for client in clients:
        client.ended = True
        client.join(TIMEOUT)

    # what a worker has varies with what it does at the moment

    tenth = max(options.swaps // 10, 1)
    before = {pid: statistics.median(seen[:tenth])
              for pid, seen in sizes.items()}
    after = {pid: statistics.median(seen[-tenth:])
             for pid, seen in sizes.items()}

    for pid, seen in sizes.items():
        print("worker %d: %d KiB in the first tenth, %d KiB in the last, from "
              "%d to %d" % (pid, before[pid], after[pid], min(seen),
                            max(seen)))

    print("a swap was live after %.2f s" % (took / options.swaps))

    idle, swaps = result["idle"], result["swaps"]
    result.update(failed=failed, mixed=wrong, live=took / options.swaps,
                  memory=[before, after])

    asked = (
        ("submissions failed", failed, 0),
        ("verdicts of a mixed set", wrong, 0),
        ("memory, percent more", max(100 * (after[pid] / was - 1)
                                     for pid, was in before.items()), 1),
        ("held up, ms more than idle", swaps["longest"] - idle["longest"], 2),
        ("ms of CPU more than idle",
         swaps["longest_cpu"] - idle["longest_cpu"], 2),
        ("in as much time, ms more",
         swaps["within_longest"] - idle["longest"], 2),
        ("ms of CPU more",
         swaps["within_longest_cpu"] - idle["longest_cpu"], 2),
        ("in 99 of 100 seconds", swaps["most"] - idle["most"], 2),
        ("ms of CPU more", swaps["most_cpu"] - idle["most_cpu"], 2),
        ("in a usual second, ms more", swaps["usual"] - idle["usual"], 2),
        ("ms of CPU more", swaps["usual_cpu"] - idle["usual_cpu"], 2))

    for name, value, most in asked:
        print("%-28s %8.2f  <= %g  %s" % (name, value, most,
                                          "" if value <= most else "MISSED"))

    result["bench"] = "swaps"
    result["figures"] = [{"name": name, "value": value, "asked": "<= %g" % most,
                          "reached": value <= most}
                         for name, value, most in asked]

    if options.json:
        with open(options.json, "w", encoding="utf-8") as out:
            json.dump(result, out, indent=1)

    return any(value > most for _, value, most in asked)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", required=True)
    parser.add_argument("--empty", required=True)
    parser.add_argument("--json")
    parser.add_argument("--nginx", default=shutil.which("nginx")
                        or "/usr/sbin/nginx")
    parser.add_argument("--rules", default=ROOT + "/lua-free-rules")
    parser.add_argument("--swaps", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--idle", type=int, default=120)
    options = parser.parse_args()

    folder = tempfile.mkdtemp(prefix="moderate-swaps-")
    os.chmod(folder, 0o755)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    with open(folder + "/nginx.conf", "w", encoding="utf-8") as out:
        out.write(CONF.format(dir=folder, port=port,
                              rules=os.path.abspath(options.rules),
                              module=os.path.abspath(options.module),
                              empty=os.path.abspath(options.empty),
                              user="" if os.geteuid() else "user root root;"))

    write(folder, 0)

    running = [subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", folder + "/redis.sock",
         "--dir", folder, "--save", ""], stdout=subprocess.DEVNULL)]

    try:
        until(lambda: os.path.exists(folder + "/redis.sock"), "Redis")
        running.append(subprocess.Popen(
            [options.nginx, "-p", folder, "-c", folder + "/nginx.conf",
             "-e", folder + "/error.log"]))

        return 1 if measure(port, folder, options) else 0

    finally:
        for process in reversed(running):
            process.terminate()
            process.wait(TIMEOUT)

        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
