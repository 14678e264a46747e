#!/usr/bin/python3

# Copyright (C) the moderate authors

"""Submissions through nginx, beside its peers; "make bench-proxy" calls it.

    proxy.py --module FILE --empty FILE [--json FILE] [--rounds 5]
             [--seconds 2] [--clients 32] [--only NAME,...] [--perf NAME]

Each variant is an nginx of its own with one worker on the first processor;
the load generator (wrk), the portal and Redis are on the second.  All run at
the same time, and are loaded in turn, round after round, so that whatever else
the machine does meets all of them.  A worker's CPU time is what the kernel
says of the process, all of it.

Prints medians with the least and the most, then what is asked; exits with 1
when a figure is missed.
"""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import proxy_rules

TIMEOUT = 30            # seconds for a start or an end
MODULES = "/usr/lib/nginx/modules/"
BARE = 18.5             # us of CPU that figures are scaled to

CONF = """\
{load}
{user}
daemon off;
worker_processes 1;
worker_rlimit_nofile 4096;
pid {dir}/{name}.pid;
error_log {dir}/{name}.log error;
pcre_jit on;
{main}

events {{
    worker_connections 1024;
}}

http {{
    client_body_temp_path {dir}/{name}-body;
    proxy_temp_path {dir}/{name}-proxy;
    fastcgi_temp_path {dir}/{name}-fastcgi;
    uwsgi_temp_path {dir}/{name}-uwsgi;
    scgi_temp_path {dir}/{name}-scgi;

    log_format seen '$remote_addr "$request" $status $body_bytes_sent{seen}';
    access_log {dir}/{name}-access.log seen buffer=64k;

    keepalive_requests 1000000;
    {http}

    upstream portal {{
        server 127.0.0.1:{portal};
        keepalive 64;
        keepalive_requests 1000000;
    }}

    server {{
        listen 127.0.0.1:{port};

        location / {{
            {location}
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_pass http://portal;
        }}
    }}
}}
"""

PORTAL = """\
{user}
daemon off;
worker_processes 1;
pid {dir}/portal.pid;
error_log {dir}/portal.log error;

events {{
    worker_connections 4096;
}}

http {{
    access_log off;
    client_body_temp_path {dir}/portal-body;
    proxy_temp_path {dir}/portal-proxy;
    fastcgi_temp_path {dir}/portal-fastcgi;
    uwsgi_temp_path {dir}/portal-uwsgi;
    scgi_temp_path {dir}/portal-scgi;
    keepalive_requests 1000000;

    server {{
        listen 127.0.0.1:{portal};

        location / {{
            return 200 "thank you\\n";
        }}
    }}
}}
"""

WRK = """\
local bodies = {{ {bodies} }}
local n = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
request = function()
    n = n % #bodies + 1
    return wrk.format(nil, "/comments", nil, bodies[n])
end
"""


class Variant:
    """One nginx: how it is called and what is special in its configuration."""

    def __init__(self, name, title, **conf):
        self.name = name
        self.title = title
        self.conf = {"load": "", "main": "", "http": "", "location": "",
                     "seen": ""}
        self.conf.update(conf)
        self.runs = []          # of dictionaries
        self.memory = 0


def ours(folder, module, rules, n):
    path = "%s/rules-%d.yaml" % (folder, n)

    with open(path, "w", encoding="utf-8") as out:
        out.write(proxy_rules.rule_file(rules[:n]))

    return Variant(
        "ours-%d" % n, "moderate, %d rules, Redis" % n,
        load="load_module %s;" % os.path.abspath(module),
        main="thread_pool default threads=2;",
        seen=" $moderate_verdict $moderate_score $moderate_rules $moderate_id"
             " $moderate_ruleset $moderate_time",
        http="moderate_redis unix:%s/redis.sock;" % folder,
        location="moderate on; moderate_field text comment;"
                 " moderate_field author name; moderate_field email email;"
                 " moderate_field ignore csrf; moderate_rules %s;" % path)


def security(folder, name, title, lines):
    path = "%s/%s.rules" % (folder, name)

    with open(path, "w", encoding="utf-8") as out:
        out.write("SecRuleEngine On\nSecRequestBodyAccess On\n"
                  "SecResponseBodyAccess Off\nSecAuditEngine Off\n")
        out.write("\n".join(lines) + "\n")

    return Variant(
        name, title,
        load="load_module %sngx_http_modsecurity_module.so;" % MODULES,
        location="modsecurity on; modsecurity_rules_file %s;" % path)


def security_naive(folder, rules, n):
    return security(
        folder, "modsec-naive-%d" % n, "ModSecurity, %d naive" % n,
        ['SecRule ARGS "@rx %s" "id:%d,phase:2,t:lowercase,pass,nolog"'
         % (rule.pattern, 1000 + i) for i, rule in enumerate(rules[:n])])


def security_rule(i, rule):
    return ('SecRule ARGS:comment "@rx (?i)%s" '
            '"id:%d,phase:2,t:none,pass,nolog"' % (rule.pattern, 1000 + i))


def security_fair(folder, rules, n):
    return security(
        folder, "modsec-fair-%d" % n, "ModSecurity, %d fair" % n,
        [security_rule(i, rule) for i, rule in enumerate(rules[:n])])


def security_tuned(folder, rules, n):
    path = "%s/phrases-%d.txt" % (folder, n)

    with open(path, "w", encoding="utf-8") as out:
        for rule in rules[:n]:
            for literal in rule.literals or ():
                out.write(literal + "\n")

    lines = ['SecRule ARGS:comment "@pmFromFile %s" '
             '"id:1,phase:2,t:none,pass,nolog"' % path]
    lines += [security_rule(i, rule) for i, rule in enumerate(rules[:n])
              if not rule.literals]

    return security(folder, "modsec-tuned-%d" % n,
                    "ModSecurity, %d tuned" % n, lines)


def lua_loop(folder, rules, n):
    path = "%s/patterns-%d.lua" % (folder, n)

    with open(path, "w", encoding="utf-8") as out:
        out.write("return {\n%s}\n" % "".join(
            "  [==[%s]==],\n" % rule.pattern for rule in rules[:n]))

    return Variant(
        "lua-%d" % n, "Lua loop, %d rules" % n,
        load="load_module %sndk_http_module.so;\n"
             "load_module %sngx_http_lua_module.so;" % (MODULES, MODULES),
        http='lua_regex_cache_max_entries 20000;\n'
             '    init_by_lua_block { patterns = dofile("%s") }' % path,
        location="""access_by_lua_block {
                ngx.req.read_body()
                local args = ngx.req.get_post_args()
                local text = string.lower(args.comment or "")
                local find, hits = ngx.re.find, 0
                for i = 1, #patterns do
                    if find(text, patterns[i], "jo") then
                        hits = hits + 1
                    end
                end
            }""")


def variants(folder, options):
    rules = proxy_rules.Rules().make(10000)

    all_of_them = [
        Variant("bare", "bare proxy"),
        Variant("empty", "empty module that reads",
                load="load_module %s;" % os.path.abspath(options.empty),
                location="bench_empty on;"),
        ours(folder, options.module, rules, 100),
        ours(folder, options.module, rules, 1000),
        ours(folder, options.module, rules, 10000),
        security_naive(folder, rules, 100),
        security_fair(folder, rules, 100),
        security_tuned(folder, rules, 100),
        security_naive(folder, rules, 1000),
        security_fair(folder, rules, 1000),
        security_tuned(folder, rules, 1000),
        lua_loop(folder, rules, 100),
        lua_loop(folder, rules, 1000),
    ]

    names = options.only.split(",") if options.only else None

    return [v for v in all_of_them if names is None or v.name in names]


class Bench:
    """A folder, and all that runs there."""

    def __init__(self, options):
        self.options = options
        self.running = []
        self.folder = tempfile.mkdtemp(prefix="moderate-proxy-")
        os.chmod(self.folder, 0o755)
        self.cpus = sorted(os.sched_getaffinity(0))
        self.user = "" if os.geteuid() else "user root root;"
        self.portal = self.port()

        with open(self.folder + "/load.lua", "w", encoding="utf-8") as out:
            out.write(WRK.format(bodies=", ".join(
                '"%s"' % body for body in proxy_rules.bodies())))

    @staticmethod
    def port():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def spawn(self, cpu, *command):
        process = subprocess.Popen(
            ("taskset", "-c", str(self.cpus[cpu % len(self.cpus)]))
            + command, stdout=subprocess.DEVNULL)
        self.running.append(process)
        return process

    def serve(self, cpu, name, text):
        path = "%s/%s.conf" % (self.folder, name)

        with open(path, "w", encoding="utf-8") as out:
            out.write(text)

        return self.spawn(cpu, self.options.nginx, "-p", self.folder, "-c",
                          path, "-e", "%s/%s.log" % (self.folder, name))

    def start(self, chosen):
        self.spawn(1, "redis-server", "--port", "0", "--unixsocket",
                   self.folder + "/redis.sock", "--dir", self.folder,
                   "--save", "", "--appendonly", "no")
        self.wait(lambda: os.path.exists(self.folder + "/redis.sock"),
                  "Redis")
        self.serve(1, "portal", PORTAL.format(dir=self.folder, user=self.user,
                                              portal=self.portal))

        for variant in chosen:
            variant.port = self.port()
            variant.process = self.serve(0, variant.name, CONF.format(
                dir=self.folder, user=self.user, name=variant.name,
                port=variant.port, portal=self.portal, **variant.conf))

            self.wait(lambda v=variant: self.answers(v), variant.name)
            variant.worker = self.worker(variant.process.pid)

    def answers(self, variant):
        if variant.process.poll() is not None:
            with open("%s/%s.log" % (self.folder, variant.name),
                      encoding="utf-8", errors="replace") as log:
                sys.exit("proxy.py: %s does not start\n%s"
                         % (variant.name, log.read()[-2000:]))

        try:
            socket.create_connection(("127.0.0.1", variant.port), 1).close()
            return self.worker(variant.process.pid)
        except OSError:
            return None

    @staticmethod
    def worker(master):
        with open("/proc/%d/task/%d/children" % (master, master),
                  encoding="ascii") as children:
            pids = children.read().split()
            return int(pids[0]) if pids else None

    @staticmethod
    def wait(what, name):
        end = time.monotonic() + TIMEOUT

        while time.monotonic() < end:
            if what():
                return
            time.sleep(0.02)

        sys.exit("proxy.py: waited too long for " + name)

    def stop(self):
        for process in reversed(self.running):
            process.send_signal(signal.SIGTERM)

        for process in self.running:
            try:
                process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()

        if os.environ.get("BENCH_LEAVE"):
            print("left: " + self.folder)
        else:
            shutil.rmtree(self.folder)

    def load(self, variant, seconds):
        """Loads a variant; returns what came of it."""

        before = cpu_time(variant.worker)

        said = subprocess.run(
            ["taskset", "-c", str(self.cpus[1 % len(self.cpus)]), "wrk",
             "-t1", "-c%d" % self.options.clients, "-d%ds" % seconds,
             "--timeout", "20s", "--latency", "-s",
             self.folder + "/load.lua",
             "http://127.0.0.1:%d/" % variant.port],
            stdout=subprocess.PIPE, check=True, text=True,
            timeout=seconds + TIMEOUT).stdout

        used = cpu_time(variant.worker) - before
        requests = int(re.search(r"(\d+) requests in", said).group(1))
        bad = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
        broken = re.search(r"Socket errors: (.*)", said)

        return {"rps": float(re.search(r"Requests/sec:\s+([\d.]+)",
                                       said).group(1)),
                "cpu": used / 1000 / max(requests, 1),
                "p50": milliseconds(said, "50%"),
                "p99": milliseconds(said, "99%"),
                "requests": requests,
                "failed": (int(bad.group(1)) if bad else 0)
                          + (sum(map(int, re.findall(r"\d+",
                                                     broken.group(1))))
                             if broken else 0)}


def cpu_time(pid):
    """Nanoseconds on a processor of all threads of a process."""

    return sum(int(open("/proc/%d/task/%s/schedstat" % (pid, task),
                        encoding="ascii").read().split()[0])
               for task in os.listdir("/proc/%d/task" % pid))


def milliseconds(said, percentile):
    value, unit = re.search(r"\s%s\s+([\d.]+)(us|ms|s|m)\b" % percentile,
                            said).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[unit]


def memory(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status
                    if line.startswith("VmRSS")) / 1024


def spread(variant, what):
    values = [run[what] for run in variant.runs]
    return statistics.median(values), min(values), max(values)


def table(chosen):
    print("\n%-28s %22s %27s %8s %8s %7s %6s" % (
        "median (least-most)", "requests/s", "CPU us a request", "p50 ms",
        "p99 ms", "MiB", "failed"))

    for variant in chosen:
        print("%-28s %8.0f (%5.0f-%5.0f) %9.1f (%7.1f-%7.1f) %8.2f %8.2f "
              "%7.1f %6d" % ((variant.title,) + spread(variant, "rps")
                             + spread(variant, "cpu")
                             + (spread(variant, "p50")[0],
                                spread(variant, "p99")[0], variant.memory,
                                sum(r["failed"] for r in variant.runs))))


def paired(one, two, what):
    """The median of what two variants had in the same round, as a ratio."""

    return statistics.median(a[what] / b[what]
                             for a, b in zip(one.runs, two.runs))


def added(variant, bare):
    """CPU above the bare proxy, as if that took 18.5 us."""

    return statistics.median((a["cpu"] - b["cpu"]) * BARE / b["cpu"]
                             for a, b in zip(variant.runs, bare.runs))


def figures(by):
    """(name, value, asked, whether it is reached)"""

    found = []

    def least(name, value, asked):
        found.append((name, value, ">= %g" % asked, value >= asked))

    def most(name, value, asked):
        found.append((name, value, "<= %g" % asked, value <= asked))

    bare, mine = by.get("bare"), by.get("ours-1000")

    if bare and mine:
        least("throughput, 1000 rules with Redis, of the bare proxy's",
              paired(mine, bare, "rps"), 0.70)
        most("CPU us above it, at %.1f us" % BARE, added(mine, bare), 12)

    if bare and "ours-10000" in by:
        most("MiB above it, 10000 rules",
             by["ours-10000"].memory - bare.memory, 24)

    for name, title, asked in (
            ("modsec-fair-1000", "ModSecurity, 1000 fair", 100),
            ("modsec-tuned-1000", "ModSecurity, 1000 tuned", 30),
            ("lua-1000", "the Lua loop, 1000", 40)):
        if mine and name in by:
            least("requests a CPU second, times " + title,
                  paired(by[name], mine, "cpu"), asked)

            if bare:
                found.append(("    by the CPU above the bare proxy",
                              added(by[name], bare) / added(mine, bare), "",
                              True))
                found.append(("    of a module that takes no time at all",
                              paired(by[name], bare, "cpu"), "", True))

    for variant in by.values():
        failed = sum(run["failed"] for run in variant.runs)

        if failed:
            most("failed, " + variant.title, failed, 0)

    return found


def measure(bench, chosen, options):
    for variant in chosen:
        bench.load(variant, 1)

    for n in range(options.rounds):
        for variant in chosen:
            variant.runs.append(bench.load(variant, options.seconds))

        print("round %d of %d" % (n + 1, options.rounds), flush=True)

    for variant in chosen:
        variant.memory = memory(variant.worker)


def profile(bench, chosen, options):
    """Loads one variant under perf, and leaves perf.data there."""

    variant = next(v for v in chosen if v.name == options.perf)
    bench.load(variant, 1)

    with subprocess.Popen(["perf", "record", "-q", "-F", "4000", "-g", "-o",
                           "build/proxy-perf.data", "-p",
                           str(variant.worker)]) as perf:
        print(bench.load(variant, options.seconds))
        perf.send_signal(signal.SIGINT)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", required=True)
    parser.add_argument("--empty", required=True)
    parser.add_argument("--json")
    parser.add_argument("--nginx", default=shutil.which("nginx")
                        or "/usr/sbin/nginx")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--only")
    parser.add_argument("--perf")
    options = parser.parse_args()

    bench = Bench(options)

    try:
        chosen = variants(bench.folder, options)
        bench.start(chosen)

        if options.perf:
            profile(bench, chosen, options)
            return 0

        measure(bench, chosen, options)

    finally:
        bench.stop()

    table(chosen)
    found = figures({variant.name: variant for variant in chosen})

    print()

    for name, value, asked, reached in found:
        print("%-58s %8.2f  %-8s %s" % (name, value, asked,
                                        "" if reached else "MISSED"))

    if options.json:
        with open(options.json, "w", encoding="utf-8") as out:
            json.dump({"bench": "proxy", "clients": options.clients,
                       "variants": [{"name": v.name, "title": v.title,
                                     "memory": v.memory, "runs": v.runs}
                                    for v in chosen],
                       "figures": [{"name": name.strip(), "value": value,
                                    "asked": asked, "reached": reached}
                                   for name, value, asked, reached in found]},
                      out, indent=1)

    return 0 if all(reached for *_, reached in found) else 1


if __name__ == "__main__":
    sys.exit(main())
