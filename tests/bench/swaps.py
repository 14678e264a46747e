#!/usr/bin/python3

# Copyright (C) the moderate authors

"""What swapping rules costs; "make bench-swaps" calls it.

    swaps.py --module FILE [--swaps 1000] [--clients 4] [--idle SECONDS]
             [--rules PATH] [--nginx FILE]

Submissions come without a pause, first for a while with nothing else going
on, then while the shipped rules, or others, and one more are swapped so often.
Prints what failed, how long submissions took and the memory of each worker,
and exits with 1 if one failed.
"""

import argparse
import http.client
import json
import os
import shutil
import socket
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
    words: [word{n}]
    score: 5
    examples: {{ hit: [word{n}], miss: [nothing] }}
"""

TEXTS = (
    "comment=Đèn đường trước trường học hỏng đã hai tuần",
    "comment=The new timetable of bus 12 is hard to read. " + "Please. " * 20,
    "comment=" + "Toàn văn kiến nghị của tổ dân phố. " * 100,
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
        out.write(RULE.format(n=n))

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


def measure(port, folder, options):
    clients = [Client(port, n) for n in range(options.clients)]
    version = next(iter(until(lambda: rulesets(port), "nginx").values()))

    for client in clients:
        client.start()

    # until what is made at need is there

    for n in range(1, 11):
        write(folder, n)
        version = until(lambda: swapped(port, version), "a swap")

    for client in clients:
        client.forget()

    time.sleep(options.idle)
    failed = tell("without swaps", clients)
    before = {pid: memory(pid) for pid in rulesets(port)}
    began = time.monotonic()

    for n in range(11, 11 + options.swaps):
        write(folder, n)
        version = until(lambda: swapped(port, version), "a swap")

    took = time.monotonic() - began
    failed += tell("%d swaps" % options.swaps, clients)

    for client in clients:
        client.ended = True
        client.join(TIMEOUT)

    for pid, was in before.items():
        print("worker %d: %d KiB before, %d KiB after" % (pid, was,
                                                          memory(pid)))

    print("a swap was live after %.2f s" % (took / options.swaps))

    return failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", required=True)
    parser.add_argument("--nginx", default=shutil.which("nginx")
                        or "/usr/sbin/nginx")
    parser.add_argument("--rules", default=ROOT + "/lua-free-rules")
    parser.add_argument("--swaps", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--idle", type=float, default=30)
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
