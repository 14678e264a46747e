#!/usr/bin/python3

# Copyright (C) the moderate authors

"""A backend that reads what it is sent, as portals do.

    backend.py --listen 127.0.0.1:PORT|unix:/path --log FILE

Each request becomes one line of JSON in FILE before it is answered: method,
uri, headers [[name, value], ...], body_b64, fields [[name, value], ...],
error (why a body could not be parsed) and client.

The path says what the answer is: /status/N, /redirect, /slow/SECONDS,
/large/BYTES, /close (no answer), /requests (the log as a JSON array); any
other is 200 with a short text.  So may the query: ?status=N&slow=SECONDS.
"""

import argparse
import base64
import http.server
import json
import os
import re
import socket
import socketserver
import threading
import time
import urllib.parse

try:
    from multipart.multipart import MultipartParser, parse_options_header
except ImportError:     # its later name
    from python_multipart.multipart import (MultipartParser,
                                            parse_options_header)

LOCK = threading.Lock()


def text(data):
    """Bytes as text that JSON can hold, without loss for valid UTF-8."""
    return data.decode("utf-8", "backslashreplace")


def parse_urlencoded(body, _):
    # latin-1 stands for bytes here, both ways
    return [[text(name.encode("latin-1")), text(value.encode("latin-1"))]
            for name, value in urllib.parse.parse_qsl(
                body.decode("latin-1"), keep_blank_values=True,
                encoding="latin-1", max_num_fields=100000)]


class Parts:
    """Collects what the multipart parser of python3-multipart reports."""

    def __init__(self):
        self.fields = []
        self.ended = False

    def on_part_begin(self):
        self.headers = {}
        self.name = self.value = self.data = b""

    def on_header_field(self, data, start, end):
        self.name += data[start:end]

    def on_header_value(self, data, start, end):
        self.value += data[start:end]

    def on_header_end(self):
        self.headers[self.name.lower()] = self.value
        self.name = self.value = b""

    def on_part_data(self, data, start, end):
        self.data += data[start:end]

    def on_part_end(self):
        _, params = parse_options_header(
            self.headers.get(b"content-disposition", b""))
        field = [text(params.get(b"name", b"")), text(self.data)]
        if b"filename" in params:
            field.append(text(params[b"filename"]))
        self.fields.append(field)

    def on_end(self):
        self.ended = True


def parse_multipart(body, content_type):
    _, params = parse_options_header(content_type.encode("latin-1"))
    parts = Parts()
    parser = MultipartParser(params[b"boundary"], {
        name: getattr(parts, name) for name in dir(parts)
        if name.startswith("on_")})

    parser.write(body)
    parser.finalize()

    if not parts.ended:
        raise ValueError("multipart body without its last boundary")

    return parts.fields


def flatten(value, path, fields):
    """JSON as fields: paths "a.b[].c", scalars in their own spelling."""
    if isinstance(value, dict):
        for key, item in value.items():
            flatten(item, path + "." + key if path else key, fields)
    elif isinstance(value, list):
        for item in value:
            flatten(item, path + "[]", fields)
    elif isinstance(value, str):
        fields.append([path, text(value.encode("utf-8", "backslashreplace"))])
    else:
        fields.append([path, json.dumps(value)])


def parse_json(body, _):
    fields = []
    flatten(json.loads(body.decode("utf-8-sig")), "", fields)
    return fields


def parse_plain(body, _):
    if body.lstrip()[:1] in (b"{", b"["):
        try:
            return parse_json(body, _)
        except ValueError:
            pass

    return [["", text(body)]]


def parse(body, content_type):
    kind = content_type.split(";")[0].strip().lower()

    if not body:
        return []
    if kind == "application/x-www-form-urlencoded":
        return parse_urlencoded(body, content_type)
    if kind == "multipart/form-data":
        return parse_multipart(body, content_type)
    if kind == "application/json" or kind.endswith("+json"):
        return parse_json(body, content_type)
    if kind == "text/plain":
        return parse_plain(body, content_type)

    raise ValueError("unknown content type")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "backend"

    def read_body(self):
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            body = b""
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                body += self.rfile.read(size)
                self.rfile.readline()
                if size == 0:
                    return body

        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)

        if len(body) != length:
            raise ConnectionError("body ended early")

        return body

    def record(self, body):
        entry = {
            "method": self.command,
            "uri": self.path,
            "headers": list(map(list, self.headers.items())),
            "body_b64": base64.b64encode(body).decode("ascii"),
            "fields": [],
            "client": self.client_address[0] if self.client_address else "",
        }

        try:
            entry["fields"] = parse(body,
                                    self.headers.get("Content-Type", ""))
        except (ValueError, RecursionError, LookupError) as e:
            entry["error"] = str(e)

        with LOCK, open(self.server.log, "a", encoding="utf-8") as f:
            f.write(json.dumps(entry) + "\n")

    def answer(self, status, body, kind="text/plain; charset=utf-8", **more):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in more.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_any(self):
        body = self.read_body()
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))

        if url.path == "/requests":
            with LOCK:
                self.answer(200, b"[" + b",".join(self.server.lines()) + b"]",
                            "application/json")
            return

        self.record(body)

        match = re.fullmatch(r"/(status|slow|large)/([0-9.]+)", url.path)
        if match:
            query[match[1]] = match[2]

        time.sleep(float(query.get("slow", 0)))

        if url.path == "/close":
            self.close_connection = True
            return

        if url.path == "/redirect":
            self.answer(302, b"", Location="/thanks")
            return

        status = int(query.get("status", 200))
        size = int(query.get("large", 0))

        self.answer(status, b"x" * size if size else b"backend\n")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = handle_any
    do_DELETE = do_OPTIONS = do_PROPFIND = handle_any

    def log_message(self, *args):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, listen, log):
        self.log = log

        if listen.startswith("unix:"):
            self.address_family = socket.AF_UNIX
            address = listen[5:]
        else:
            host, port = listen.rsplit(":", 1)
            address = (host, int(port))

        super().__init__(address, Handler)

    def server_bind(self):
        if self.address_family == socket.AF_UNIX:
            if os.path.exists(self.server_address):
                os.unlink(self.server_address)
            socketserver.TCPServer.server_bind(self)
        else:
            super().server_bind()

    def handle_error(self, request, client_address):
        pass    # clients that go away are part of the tests

    def lines(self):
        if not os.path.exists(self.log):
            return []
        with open(self.log, "rb") as f:
            return f.read().splitlines()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--listen", required=True)
    parser.add_argument("--log", required=True)
    args = parser.parse_args()

    Server(args.listen, args.log).serve_forever()


if __name__ == "__main__":
    main()
