#!/usr/bin/python3

# Copyright (C) the moderate authors

"""The whole thing on one machine: a portal, nginx with the module in front of
it and a Redis of its own, all on 127.0.0.1, all below one directory.

    demo.py --port PORT --dir DIR --module FILE [--check]

Stays in the foreground and stops what it started on Ctrl-C.  With --check it
plays the story once, in a directory that is made anew: a comment is published,
an advertisement is held, approved and published.
"""

import argparse
import ctypes
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TIMEOUT = 15        # seconds for a start, a stop or an answer
SOCKET_LEN = 100    # a longer path does not fit into a Unix address

NGINX_CONF = """\
load_module "{module}";

{user}
daemon off;
worker_processes 2;
pid "{dir}/nginx.pid";
error_log "{dir}/error.log" notice;

thread_pool default threads=2;

events {{
    worker_connections 512;
}}

http {{
    log_format demo '$time_iso8601 "$request" $status $moderate_verdict '
                    'score=$moderate_score rules=$moderate_rules '
                    'id=$moderate_id';
    access_log "{dir}/access.log" demo;

    types {{
        text/html html;
        text/css css;
        text/javascript js;
    }}

    client_body_temp_path "{dir}/tmp/body";
    proxy_temp_path "{dir}/tmp/proxy";
    fastcgi_temp_path "{dir}/tmp/fastcgi";
    uwsgi_temp_path "{dir}/tmp/uwsgi";
    scgi_temp_path "{dir}/tmp/scgi";

    upstream portal {{
        server "unix:{sockets}/portal.sock";
    }}

    moderate_redis "unix:{sockets}/redis.sock";
    moderate_site demo;
    moderate_rules "{root}/lua-free-rules";

    server {{
        listen 127.0.0.1:{port};

        location / {{
            moderate on;
            moderate_field text comment message;
            moderate_field title subject;
            moderate_field author name;
            moderate_field email email;

            proxy_pass http://portal;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
        }}

        location /moderation/ {{
            alias "{root}/console/";
            index index.html;

            auth_basic "moderation";
            auth_basic_user_file "{dir}/htpasswd";

            {headers}
        }}

        location /moderation/api/ {{
            auth_basic "moderation";
            auth_basic_user_file "{dir}/htpasswd";

            moderate_api role=moderator user=$remote_user;
        }}
    }}
}}
"""


class Failure(Exception):
    pass


def find(program):
    path = shutil.which(program) or shutil.which(
        program, path="/usr/sbin:/usr/local/sbin:/sbin")
    if path is None:
        raise Failure("%s is not installed; see \"make deps\"" % program)
    return path


def die_with_parent():
    """The child is terminated even when this process is killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Demo:
    def __init__(self, args):
        self.port = args.port
        self.module = os.path.abspath(args.module)
        self.dir = os.path.abspath(args.dir)
        self.children = []      # (name, process, signal that ends it)
        self.sockets = None

        if args.check:
            self.dir = os.path.join(self.dir, "check")
            shutil.rmtree(self.dir, ignore_errors=True)

        self.url = "http://127.0.0.1:%d/" % self.port
        self.api = self.url + "moderation/api/"
        self.credentials = os.path.join(self.dir, "credentials")

    # preparation

    def prepare(self):
        if not os.path.exists(self.module):
            raise Failure("%s is not there; see \"make\"" % self.module)

        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", self.port))
            except OSError:
                raise Failure("port %d is taken; try \"make demo PORT=%d\""
                              % (self.port, self.port + 1)) from None

        for name in ("", "tmp", "redis"):
            os.makedirs(os.path.join(self.dir, name), exist_ok=True)

        os.chmod(self.dir, 0o700)      # what people wrote is in there

        self.sockets = self.dir
        if len(self.dir) > SOCKET_LEN - len("/portal.sock"):
            self.sockets = tempfile.mkdtemp(prefix="moderate-demo-")

        self.write_credentials()

        with open(os.path.join(self.dir, "nginx.conf"), "w",
                  encoding="utf-8") as f:
            f.write(NGINX_CONF.format(
                module=self.module, dir=self.dir, sockets=self.sockets,
                root=ROOT, port=self.port, headers=self.headers(),
                user="user root root;" if os.geteuid() == 0 else ""))

    @staticmethod
    def headers():
        """The headers of the console, as administrators are given them."""
        with open(ROOT + "/examples/console.conf", encoding="utf-8") as f:
            return "\n            ".join(
                line.strip() for line in f
                if line.strip().startswith("add_header"))

    def write_credentials(self):
        """A random password, kept for the next time."""
        if os.path.exists(self.credentials):
            with open(self.credentials, encoding="ascii") as f:
                user, password = f.read().strip().split(":", 1)
        else:
            user, password = "moderator", secrets.token_urlsafe(15)

        hashed = subprocess.run(
            [find("openssl"), "passwd", "-apr1", "-stdin"], text=True,
            input=password + "\n", stdout=subprocess.PIPE,
            check=True).stdout.strip()

        for name, secret in (("credentials", password), ("htpasswd", hashed)):
            path = os.path.join(self.dir, name)
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(fd, "w") as f:
                f.write("%s:%s\n" % (user, secret))

        self.login = user, password

    # processes

    def start(self, name, command, stop=signal.SIGTERM):
        # in a session of its own: Ctrl-C is for this process, which then
        # stops the others in order

        with open(os.path.join(self.dir, name + ".out"), "wb") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
                preexec_fn=die_with_parent)
        self.children.append((name, process, stop))

    def start_all(self):
        nginx = os.path.join(os.path.dirname(self.module), "nginx")
        if not os.path.exists(nginx):
            nginx = find("nginx")

        self.start("redis", [
            find("redis-server"), "--port", "0",
            "--unixsocket", self.sockets + "/redis.sock",
            "--unixsocketperm", "700",
            "--dir", self.dir + "/redis", "--save", "",
            "--appendonly", "yes", "--appendfsync", "always",
            "--maxmemory-policy", "noeviction"])

        self.start("portal", [
            sys.executable, ROOT + "/demo/portal.py",
            "--listen", "unix:" + self.sockets + "/portal.sock",
            "--database", self.dir + "/portal.db"])

        self.wait("redis", lambda: self.listens("redis.sock"))
        self.wait("portal", lambda: self.listens("portal.sock"))

        self.start("nginx", [
            nginx, "-p", self.dir, "-e", self.dir + "/error.log",
            "-c", self.dir + "/nginx.conf"], signal.SIGQUIT)

        self.wait("nginx", lambda: self.get("comments.json")[0] == 200)

    def listens(self, name):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(self.sockets + "/" + name)
        return True

    def wait(self, name, ready):
        until = time.monotonic() + TIMEOUT

        while time.monotonic() < until:
            self.check_children()
            try:
                if ready():
                    return
            except OSError:
                pass
            time.sleep(0.05)

        raise Failure("%s does not answer; see %s" % (name, self.dir))

    def check_children(self):
        for name, process, _ in self.children:
            if process.poll() is not None:
                with open("%s/%s.out" % (self.dir, name), "rb") as f:
                    said = f.read()[-2000:].decode("utf-8", "replace")
                raise Failure("%s ended unexpectedly\n%s" % (name, said))

    def stop_all(self):
        while self.children:
            name, process, stop = self.children.pop()
            if process.poll() is not None:
                continue
            process.send_signal(stop)
            try:
                process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                print("%s does not stop; killed" % name)
                process.kill()
                process.wait()

        if self.sockets not in (None, self.dir):
            shutil.rmtree(self.sockets, ignore_errors=True)

    # requests

    def get(self, path):
        return self.request(urllib.request.Request(self.url + path))

    def comment(self, text):
        """Posts as the portal's comment form does."""
        return self.request(urllib.request.Request(
            self.url + "comments", urllib.parse.urlencode({
                "name": "Nguyễn Văn An", "email": "an@example.org",
                "comment": text}).encode("ascii"),
            {"Accept": "application/json"}))

    @staticmethod
    def request(request):
        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_):
                return None

        opener = urllib.request.build_opener(
            Stay, urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=TIMEOUT) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as e:
            with e:
                return e.code, e.read()

    def published(self, text):
        return any(item["comment"] == text
                   for item in json.loads(self.get("comments.json")[1]))

    def moderatectl(self, *args):
        return subprocess.run(
            [os.path.join(os.path.dirname(os.path.dirname(self.module)),
                          "moderatectl"), "queue", *args,
             "--api", self.api, "--credentials", self.credentials],
            stdout=subprocess.PIPE, text=True, check=False,
            timeout=TIMEOUT * 4)

    # what it is for

    def say_where(self):
        print("""
  The portal            %s
  The console           %smoderation/
  The moderation API    %sheld
  User and password     %s
  State and logs        %s

  What is held, and how it is published or not:

    export MODERATE_API=%s
    export MODERATE_CREDENTIALS=%s
    build/moderatectl queue list
    build/moderatectl queue approve ID
    build/moderatectl queue reject ID --reason CODE

  Ctrl-C stops everything.
""" % (self.url, self.url, self.api, self.credentials, self.dir, self.api,
       self.credentials), flush=True)

    def stay(self):
        while True:
            self.check_children()
            time.sleep(0.5)

    def story(self):
        good = "Thư viện mở buổi tối là rất tiện, cảm ơn thị xã."
        spam = ("Vay tiền nhanh, không thế chấp, giải ngân trong ngày. "
                "Zalo 0900 000 000")

        self.step("a comment is accepted by the portal",
                  self.comment(good), lambda r: r[0] == 303)
        self.step("it is published", good, self.published)

        status, body = self.comment(spam)
        self.step("an advertisement is held", (status, body),
                  lambda r: r[0] == 202)
        self.step("it is not published", spam,
                  lambda text: not self.published(text))

        listed = self.moderatectl("list", "--state", "pending", "--json")
        self.step("the moderator sees it", listed,
                  lambda r: r.returncode == 0 and len(json.loads(r.stdout)))

        self.step("the console is there", self.get("moderation/"),
                  lambda r: r[0] == 401)

        item = json.loads(listed.stdout)[0]["id"]
        self.step("and approves it", self.moderatectl("approve", item),
                  lambda r: r.returncode == 0)
        self.step("now it is published", spam, self.published)

    @staticmethod
    def step(name, result, condition):
        if not condition(result):
            raise Failure("FAILED: %s\n%s" % (name, result))
        print("  ok  %s" % name, flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--dir", required=True)
    parser.add_argument("--module", required=True)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()

    def interrupt(*_):
        raise KeyboardInterrupt

    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, interrupt)

    demo = Demo(args)

    try:
        demo.prepare()
        demo.start_all()

        if args.check:
            demo.story()
        else:
            demo.say_where()
            demo.stay()

    except KeyboardInterrupt:
        if not args.check:
            print("stopping")
            return 0
        return 1

    except Failure as e:
        print("demo: %s" % e, file=sys.stderr)
        return 1

    finally:
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sig, signal.SIG_IGN)
        demo.stop_all()

    return 0


if __name__ == "__main__":
    sys.exit(main())
