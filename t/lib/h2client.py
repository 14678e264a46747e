#!/usr/bin/python3

# Copyright (C) the moderate authors

"""One HTTP/2 request with prior knowledge, described by a JSON file.

Keys: port, method, path, headers [[name, value], ...], body (base64);
optional: length (false: no content-length), frame (bytes per DATA frame),
delay (seconds between frames), padding (bytes), trailers [[name, value], ...],
abort (reset the stream after that many bytes).

Prints the answer in the form of HTTP/1, or "ERROR: why".
"""

import base64
import json
import socket
import sys
import time

import h2.config
import h2.connection
import h2.events
import h2.exceptions

TIMEOUT = 10


class Client:
    def __init__(self, request):
        self.request = request
        self.sock = socket.create_connection(
            ("127.0.0.1", request["port"]), TIMEOUT)
        self.conn = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=True, header_encoding=None,
            validate_outbound_headers=False,
            normalize_outbound_headers=False))
        self.stream = 1
        self.head = b""
        self.body = b""
        self.done = False

    def flush(self):
        self.sock.sendall(self.conn.data_to_send())

    def receive(self):
        data = self.sock.recv(65536)

        if not data:
            raise ConnectionError("closed by the server")

        for event in self.conn.receive_data(data):
            if isinstance(event, h2.events.ResponseReceived):
                headers = dict(event.headers)
                self.head = b"HTTP/2 %s\r\n" % headers[b":status"]
                self.head += b"".join(
                    b"%s: %s\r\n" % (name, value)
                    for name, value in event.headers if name[:1] != b":")

            elif isinstance(event, h2.events.DataReceived):
                self.body += event.data
                self.conn.acknowledge_received_data(
                    event.flow_controlled_length, event.stream_id)

            elif isinstance(event, h2.events.StreamEnded):
                self.done = True

            elif isinstance(event, h2.events.StreamReset):
                # nginx resets a stream whose body it does not want
                self.done = True

            elif isinstance(event, h2.events.ConnectionTerminated):
                raise ConnectionError("GOAWAY %s" % event.error_code)

        self.flush()

    def send_body(self, body):
        frame = self.request.get("frame", 16384)
        padding = self.request.get("padding")
        sent = 0

        while sent < len(body) and not self.done:
            if "abort" in self.request and sent >= self.request["abort"]:
                self.conn.reset_stream(self.stream)
                self.flush()
                return False

            room = min(self.conn.local_flow_control_window(self.stream),
                       self.conn.max_outbound_frame_size)
            room -= padding + 1 if padding is not None else 0

            if room <= 0:
                self.receive()
                continue

            piece = body[sent:sent + min(frame, room)]
            self.conn.send_data(self.stream, piece, pad_length=padding)
            sent += len(piece)
            self.flush()

            time.sleep(self.request.get("delay", 0))

        return True

    def run(self):
        request = self.request
        body = base64.b64decode(request["body"])
        trailers = request.get("trailers")

        headers = [(":method", request["method"]), (":scheme", "http"),
                   (":authority", "localhost"), (":path", request["path"])]
        headers += [(name.lower(), value)
                    for name, value in request["headers"]]

        if body and request.get("length", True):
            headers.append(("content-length", str(len(body))))

        self.conn.initiate_connection()
        self.conn.send_headers(self.stream, headers, end_stream=not body)
        self.flush()

        if body:
            if not self.send_body(body):
                return

            if not self.done:
                if trailers:
                    self.conn.send_headers(self.stream, trailers,
                                           end_stream=True)
                else:
                    self.conn.end_stream(self.stream)
                self.flush()

        while not self.done:
            self.receive()


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        request = json.load(f)

    client = Client(request)

    try:
        client.run()
    except (OSError, h2.exceptions.H2Error) as e:
        if not client.head:
            sys.stdout.write("ERROR: %s\n" % e)
            return

    sys.stdout.buffer.write(client.head + b"\r\n" + client.body)


if __name__ == "__main__":
    main()
