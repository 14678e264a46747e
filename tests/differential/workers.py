# Copyright (C) the moderate authors

"""The engine and the backends' parsers, each a process that is asked for
many messages one after the other."""

import base64
import json
import os
import pathlib
import socket
import struct
import subprocess
import tempfile
import threading
import time
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

HERE = pathlib.Path(__file__).resolve().parent

WAIT = 60       # seconds for one answer


class Message(NamedTuple):
    """One request as a reader gets it; kind None: no Content-Type."""
    kind: Optional[bytes]
    body: bytes
    coding: bytes = b''
    kinds: int = 1          # how many Content-Type headers
    origin: str = ''

    def frame(self) -> bytes:
        kind = self.kind or b''
        kinds = 0 if self.kind is None else self.kinds
        return struct.pack('>IIII', kinds, len(kind), len(self.coding),
                           len(self.body)) + kind + self.coding + self.body


class Read(NamedTuple):
    """What the engine made of a message."""
    unreadable: str
    values: List[bytes]     # of fields: what rules are compared with
    files: List[bytes]
    pairs: List[Tuple[bytes, bytes]]    # all, with their names
    jansson: Optional[List[bytes]]


Seen = Dict[str, Optional[List[bytes]]]


def decoded(values: Optional[List[str]]) -> Optional[List[bytes]]:
    return values and [base64.b64decode(value) for value in values]


class Worker:
    """A process that answers a message with a line."""

    def __init__(self, command: List[str], quiet: bool = False, **env: str):
        self.name = pathlib.Path(command[-1]).name
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if quiet else None,
            env={**os.environ, **env})

    def write(self, data: bytes) -> None:
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except OSError:
            pass            # its end is seen where its answers are read

    def lines(self, messages: List[Message]) -> Iterator[dict]:
        data = b''.join(message.frame() for message in messages)
        writer = threading.Thread(target=self.write, args=(data,))
        writer.start()

        for message in messages:
            timer = threading.Timer(WAIT, self.process.kill)
            timer.start()
            line = self.process.stdout.readline()
            timer.cancel()

            if not line.endswith(b'\n'):
                raise RuntimeError(f'{self.name} died of {message!r}')

            yield json.loads(line)

        writer.join()

    def close(self) -> None:
        self.process.kill()
        self.process.wait(WAIT)


class Engine(Worker):
    def read(self, messages: List[Message]) -> List[Read]:
        return [self.one(line) for line in self.lines(messages)]

    @staticmethod
    def one(line: dict) -> Read:
        fields = [(base64.b64decode(name), base64.b64decode(value), file)
                  for name, value, file in line['fields']]
        return Read(line['unreadable'],
                    [value for _, value, file in fields if not file],
                    [value for _, value, file in fields if file],
                    [(name, value) for name, value, _ in fields],
                    decoded(line['jansson']))


class Readers(Worker):
    def read(self, messages: List[Message]) -> List[Seen]:
        return [{name: decoded(values) for name, values in line.items()}
                for line in self.lines(messages)]


class Php:
    """php-cgi, asked as nginx asks it: FastCGI, one connection."""

    PARAMS = {'GATEWAY_INTERFACE': 'CGI/1.1', 'REQUEST_METHOD': 'POST',
              'QUERY_STRING': '', 'REQUEST_URI': '/', 'SCRIPT_NAME': '/',
              'SERVER_PROTOCOL': 'HTTP/1.1', 'REDIRECT_STATUS': '200',
              'SCRIPT_FILENAME': str(HERE / 'readers' / 'reader.php')}

    INI = {'display_errors': '0', 'display_startup_errors': '0',
           'html_errors': '0', 'log_errors': '0',
           'error_log': '/dev/null', 'date.timezone': 'UTC'}

    def __init__(self, command: str):
        self.folder = tempfile.TemporaryDirectory(prefix='php')
        self.path = self.folder.name + '/s'
        self.socket: Optional[socket.socket] = None

        ini = {**self.INI, 'upload_tmp_dir': self.folder.name}
        options = [option for pair in ini.items()
                   for option in ('-d', '='.join(pair))]

        self.process = subprocess.Popen(
            [command, '-n', *options, '-b', self.path],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={'PHP_FCGI_MAX_REQUESTS': '1000000000',
                 'PHP_FCGI_CHILDREN': '0', 'PATH': os.environ['PATH']})
        self.connect()

    def connect(self) -> None:
        for _ in range(100):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(WAIT)
            try:
                self.socket.connect(self.path)
                return
            except OSError:
                time.sleep(0.05)

        raise RuntimeError('php-cgi does not answer')

    def read(self, messages: List[Message]) -> List[Seen]:
        return [self.one(message) for message in messages]

    def one(self, message: Message) -> Seen:
        params = {**self.PARAMS, 'CONTENT_LENGTH': str(len(message.body))}
        data = b''.join(self.pair(name.encode(), value.encode())
                        for name, value in params.items())

        if message.kind is not None:
            data += self.pair(b'CONTENT_TYPE', message.kind)

        self.socket.sendall(
            self.record(1, struct.pack('>HB5x', 1, 1))
            + self.record(4, data) + self.record(4, b'')
            + b''.join(self.record(5, message.body[i:i + 65528])
                       for i in range(0, len(message.body), 65528))
            + self.record(5, b''))

        output = self.answer()
        _, _, page = output.partition(b'\r\n\r\n')

        try:
            seen = json.loads(page)
        except ValueError:
            raise RuntimeError(f'php-cgi: {output!r} for {message!r}')

        return {name: decoded(values) for name, values in seen.items()}

    @staticmethod
    def record(kind: int, data: bytes) -> bytes:
        return struct.pack('>BBHHBx', 1, kind, 1, len(data), 0) + data

    @staticmethod
    def pair(name: bytes, value: bytes) -> bytes:
        return struct.pack('>II', 1 << 31 | len(name),
                           1 << 31 | len(value)) + name + value

    def exactly(self, size: int) -> bytes:
        data = b''
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise RuntimeError('php-cgi closed the connection')
            data += more
        return data

    def answer(self) -> bytes:
        output = b''

        while True:
            _, kind, _, size, padding = struct.unpack('>BBHHBx',
                                                      self.exactly(8))
            data = self.exactly(size + padding)[:size]

            if kind == 6:
                output += data
            elif kind == 3:
                return output

    def close(self) -> None:
        self.socket.close()
        self.process.terminate()
        self.process.wait(WAIT)
        self.folder.cleanup()
