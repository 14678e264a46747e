#!/usr/bin/python3

# Copyright (C) the moderate authors

"""What swapping rules costs; "make bench-swaps" calls it.

    swaps.py --module FILE --empty FILE [--swaps 1000] [--clients 4]
             [--pause MS] [--rules PATH] [--nginx FILE] [--json FILE]

Each client submits again a moment after each answer, or at once with a pause
of 0, which leaves no processor time to anybody else.  All that is sent passes:
what is held stays in Redis, and a Redis that grows all the time stops machines
for longer than what is looked for here.

Meanwhile the shipped rules, or others, and one more are swapped so often: some
swaps, then as much time without, and again, as the longest of more looks is
longer by itself and machines have better and worse minutes.

Of each worker a timer of a millisecond tells how long its event loop was held
up at a time: on the clock, where other programs of the machine count too, and
in CPU time, where they do not.  Versions hit one of
two words in turn: an answer that names a version has to have been hit by what
this version looks for.

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
PARTS = 20          # of the swaps; behind each as much time without

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
    score: 1
    examples: {{ hit: [{word}], miss: [nothing] }}

  - id: bench.other
    category: advertising
    words: [nobody{n}]
    score: 1
    examples: {{ hit: [nobody{n}], miss: [nothing] }}
"""

# the shipped limits count, but nobody is too often

OFTEN = """\
version: 1
limits:
  - { id: rate.client, key: client, over: 1000000, per: 10m, score: 5 }
  - { id: dup.text, key: fingerprint, over: 1000000, per: 1h, score: 4 }
  - { id: dup.campaign, key: fingerprint, over: 1000000, per: 1d, score: 3 }
"""

# an even version has a hit for the one word, an odd one for the other

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

    def __init__(self, port, number, pause):
        super().__init__(daemon=True)
        self.port = port
        self.number = number
        self.pause = pause
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

                if answer.status != 200:
                    self.failed.append(str(answer.status))

                if n % len(TEXTS) >= len(TEXTS) - 2:
                    self.seen.append((answer.getheader("X-Set") or "",
                                      n % len(TEXTS) - len(TEXTS) + 2))

            except (OSError, http.client.HTTPException) as error:
                self.failed.append(repr(error))
                link = None

            self.times.append(time.monotonic() - began)

            if self.pause:
                time.sleep(self.pause)


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

    found = {"late": sum(w["late"] for w in windows),
             "looks": sum(w["looks"] for w in windows),
             "windows": windows}

    for name, suffix in (("longest", ""), ("longest_cpu", "_cpu")):
        all_of = sorted(w[name] for w in windows)
        found["longest" + suffix] = all_of[-1]
        found["most" + suffix] = all_of[len(all_of) * 99 // 100]
        found["usual" + suffix] = statistics.median(all_of)

    return found


def mixed(seen, numbers):
    """How many answers are not what the version says that they name."""

    wrong = 0

    for text, word in seen:
        version, _, rules = text.partition(" ")

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


class Phase:
    """The time with swaps, or that without."""

    def __init__(self, name):
        self.name = name
        self.times = []
        self.failed = []
        self.seen = []
        self.windows = []
        self.seconds = 0

    def add(self, clients):
        for client in clients:
            self.times += client.times
            self.failed += client.failed
            self.seen += client.seen
            client.forget()

    def look(self, port, began):
        seconds = time.monotonic() - began
        self.windows.append(dict(stalls(port, True), seconds=seconds))
        self.seconds += seconds

    def tell(self):
        times = sorted(self.times)
        stall = total(self.windows)

        print("%-14s %8d submissions, %d failed; ms: median %.1f, 99 %% %.1f, "
              "longest %.1f" % (self.name, len(times), len(self.failed),
                                1000 * times[len(times) // 2],
                                1000 * times[len(times) * 99 // 100],
                                1000 * times[-1]))

        for why in self.failed[:5]:
            print("    " + why)

        print("%-14s event loop held up for at most %.1f ms, %.1f ms of CPU; "
              "in a usual second %.1f and %.1f, in 99 of 100 seconds %.1f and "
              "%.1f; by 2 ms and more %d times in %d"
              % ("", stall["longest"], stall["longest_cpu"], stall["usual"],
                 stall["usual_cpu"], stall["most"], stall["most_cpu"],
                 stall["late"], stall["looks"]), flush=True)

        return stall


def swap(port, folder, n, numbers, version):
    """Version n is live in all workers; returns its name."""

    write(folder, n)
    version = until(lambda: swapped(port, version), "a swap")
    numbers[version] = n

    return version


def measure(port, folder, options):
    clients = [Client(port, n, options.pause / 1000)
               for n in range(options.clients)]
    version = next(iter(until(lambda: rulesets(port), "nginx").values()))
    numbers = {version: 0}
    idle, swaps = Phase("without swaps"), Phase("%d swaps" % options.swaps)

    for client in clients:
        client.start()

    # until what is made at need is there

    for n in range(1, 21):
        version = swap(port, folder, n, numbers, version)

    Phase("").add(clients)

    sizes = {pid: [] for pid in rulesets(port)}
    part = max(options.swaps // PARTS, 1)

    while len(swaps.windows) < options.swaps:
        stalls(port, True)

        for _ in range(min(part, options.swaps - len(swaps.windows))):
            n += 1
            began = time.monotonic()
            version = swap(port, folder, n, numbers, version)
            swaps.look(port, began)

            for pid, seen in sizes.items():
                seen.append(memory(pid))

        # the set before goes once nobody has it any more

        time.sleep(1)
        swaps.add(clients)
        stalls(port, True)

        while idle.seconds < swaps.seconds:
            began = time.monotonic()
            time.sleep(swaps.seconds / len(swaps.windows))
            idle.look(port, began)

        idle.add(clients)

    for client in clients:
        client.ended = True
        client.join(TIMEOUT)

    return report(idle, swaps, sizes, numbers, options)


def report(idle, swaps, sizes, numbers, options):
    without, during = idle.tell(), swaps.tell()

    # PCRE2 gives pages of machine code back when none is left in them, which
    # takes some ten swaps and then comes at once

    some = max(options.swaps // 10, min(options.swaps // 3, 30), 1)
    before = {pid: statistics.median(seen[:some])
              for pid, seen in sizes.items()}
    after = {pid: statistics.median(seen[-some:])
             for pid, seen in sizes.items()}

    for pid, seen in sizes.items():
        print("worker %d: %d KiB in the first %d swaps, %d KiB in the last, "
              "from %d to %d" % (pid, before[pid], some, after[pid], min(seen),
                                 max(seen)))

    live = swaps.seconds / len(swaps.windows)
    print("a swap was live after %.2f s" % live)

    asked = [
        ("submissions failed", len(idle.failed + swaps.failed), 0),
        ("verdicts of a mixed set", mixed(idle.seen + swaps.seen, numbers), 0),
        ("memory, percent more", max(100 * (after[pid] / was - 1)
                                     for pid, was in before.items()), 1)]

    for key, name in (("longest", "held up, ms more than idle"),
                      ("most", "in 99 of 100 seconds"),
                      ("usual", "in a usual second, ms more")):
        asked.append((name, during[key] - without[key], 2))
        asked.append(("ms of CPU more",
                      during[key + "_cpu"] - without[key + "_cpu"], 2))

    for name, value, most in asked:
        print("%-28s %8.2f  <= %g  %s" % (name, value, most,
                                          "" if value <= most else "MISSED"))

    if options.json:
        with open(options.json, "w", encoding="utf-8") as out:
            json.dump({"bench": "swaps", "idle": without, "swaps": during,
                       "pause": options.pause, "live": live,
                       "memory": sizes,
                       "figures": [{"name": name, "value": value,
                                    "asked": "<= %g" % most,
                                    "reached": value <= most}
                                   for name, value, most in asked]},
                      out, indent=1)

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
    parser.add_argument("--pause", type=float, default=4)
    options = parser.parse_args()

    folder = tempfile.mkdtemp(prefix="moderate-swaps-")
    os.chmod(folder, 0o755)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    with open(folder + "/nginx.conf", "w", encoding="utf-8") as out:
        out.write(CONF.format(dir=folder, port=port,
                              rules=folder + "/rules",
                              module=os.path.abspath(options.module),
                              empty=os.path.abspath(options.empty),
                              user="" if os.geteuid() else "user root root;"))

    shutil.copytree(options.rules, folder + "/rules")
    os.makedirs(folder + "/rules/override.d", exist_ok=True)

    with open(folder + "/rules/override.d/often.yaml", "w",
              encoding="utf-8") as out:
        out.write(OFTEN)

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
