#!/usr/bin/env python3

# Copyright (C) the moderate authors

"""What readers of Python see in a message, see ../fields.c.

Messages come on standard input; for each a line of JSON goes to standard
output, with the values that each reader saw, in base64, or null when it
refused the message.  Readers that are not installed are left out.
"""

import base64
import email
import email.policy
import io
import json
import logging
import os
import re
import struct
import sys
import urllib.parse
import warnings
from typing import BinaryIO, Callable, Dict, Iterator, List, Optional, Union

warnings.simplefilter('ignore')
logging.disable(logging.CRITICAL)

import multipart  # noqa: E402
import werkzeug  # noqa: E402

try:
    import cgi
except ImportError:
    cgi = None

try:
    from tornado import httputil
except ImportError:
    httputil = None

try:
    import django.conf
    from django.core.handlers.wsgi import WSGIRequest
    django.conf.settings.configure(DEBUG=False)
except ImportError:
    django = None

Values = List[str]
Reader = Callable[[Optional[bytes], bytes], Values]


def coded(value: Union[str, bytes]) -> str:
    if isinstance(value, str):
        value = re.sub('[\ud800-\udfff]', '\ufffd', value).encode()
    return base64.b64encode(value).decode()


def is_form(kind: Optional[bytes]) -> bool:
    return kind is not None and kind.strip().lower().startswith(
        b'application/x-www-form-urlencoded')


def is_multipart(kind: Optional[bytes]) -> bool:
    return kind is not None and kind.strip().lower().startswith(b'multipart/')


def environ(kind: Optional[bytes], body: bytes) -> dict:
    env = {'REQUEST_METHOD': 'POST', 'PATH_INFO': '/', 'SCRIPT_NAME': '',
           'QUERY_STRING': '', 'SERVER_NAME': 'localhost',
           'SERVER_PORT': '80', 'SERVER_PROTOCOL': 'HTTP/1.1',
           'wsgi.input': io.BytesIO(body), 'wsgi.url_scheme': 'http',
           'wsgi.errors': io.StringIO(), 'CONTENT_LENGTH': str(len(body))}

    if kind is not None:
        env['CONTENT_TYPE'] = kind.decode('latin-1')

    return env


def read_werkzeug(kind: Optional[bytes], body: bytes) -> Values:
    request = werkzeug.Request(environ(kind, body))
    return [value for _, value in request.form.items(multi=True)]


def read_django(kind: Optional[bytes], body: bytes) -> Values:
    form = WSGIRequest(environ(kind, body)).POST
    return [value for _, values in form.lists() for value in values]


class Parts:
    """The callbacks that Starlette and FastAPI give to python-multipart."""

    def __init__(self) -> None:
        self.values: List[bytes] = []

    def on_part_begin(self) -> None:
        self.headers: Dict[bytes, bytes] = {}
        self.field = self.header = self.value = b''

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self.field += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self.header += data[start:end]

    def on_header_end(self) -> None:
        self.headers[self.field.lower()] = self.header
        self.field = self.header = b''

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end]

    def on_part_end(self) -> None:
        _, options = multipart.multipart.parse_options_header(
            self.headers[b'content-disposition'])
        if b'name' in options and b'filename' not in options:
            self.values.append(self.value)


def read_multipart(kind: Optional[bytes], body: bytes) -> Values:
    if is_form(kind):
        return read_querystring(kind, body)

    name, options = multipart.multipart.parse_options_header(kind or b'')

    if name != b'multipart/form-data':
        raise ValueError

    parts = Parts()
    parser = multipart.MultipartParser(
        options[b'boundary'], {name: getattr(parts, name)
                               for name in dir(parts)
                               if name.startswith('on_')})
    parser.write(body)
    parser.finalize()
    return parts.values


def read_querystring(kind: Optional[bytes], body: bytes) -> Values:
    """python-multipart leaves the percent signs, Starlette undoes them."""
    found: List[bytes] = []
    parser = multipart.create_form_parser(
        {'Content-Type': kind},
        lambda field: found.append(field.value or b''), lambda file: None)
    parser.write(body)
    parser.finalize()
    return [urllib.parse.unquote_to_bytes(value.replace(b'+', b' '))
            for value in found]


def read_cgi(kind: Optional[bytes], body: bytes) -> Values:
    headers = {'content-length': str(len(body))}

    if kind is not None:
        headers['content-type'] = kind.decode('latin-1')

    form = cgi.FieldStorage(fp=io.BytesIO(body), headers=headers,
                            environ={'REQUEST_METHOD': 'POST'},
                            keep_blank_values=True)

    if form.list is None:
        return [form.value]

    return [item.value for item in form.list
            if not getattr(item, 'filename', None)]


def read_urllib(kind: Optional[bytes], body: bytes) -> Values:
    if not is_form(kind):
        raise ValueError
    return [value for _, value in urllib.parse.parse_qsl(
        body.decode('utf-8', 'replace'), keep_blank_values=True)]


def read_email(kind: Optional[bytes], body: bytes) -> Values:
    if not is_multipart(kind) or b'\r' in kind or b'\n' in kind:
        raise ValueError
    message = email.message_from_bytes(
        b'Content-Type: ' + kind + b'\r\n\r\n' + body,
        policy=email.policy.HTTP)
    return [part.get_payload(decode=True) or b'' for part in message.walk()
            if not part.is_multipart() and part is not message
            and part.get_filename() is None]


def read_tornado(kind: Optional[bytes], body: bytes) -> Values:
    if kind is None:
        raise ValueError
    arguments, files = {}, {}
    httputil.parse_body_arguments(kind.decode('latin-1'), body, arguments,
                                  files)
    return [value for values in arguments.values() for value in values]


def strings(value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def read_json(kind: Optional[bytes], body: bytes) -> Values:
    return list(strings(json.loads(body)))


READERS: List[tuple] = [
    ('werkzeug', werkzeug, read_werkzeug),
    ('django', django, read_django),
    ('python-multipart', multipart, read_multipart),
    ('python-cgi', cgi, read_cgi),
    ('python-urllib', urllib, read_urllib),
    ('python-email', email, read_email),
    ('tornado', httputil, read_tornado),
    ('python-json', json, read_json),
]


def read(reader: Reader, kind: Optional[bytes],
         body: bytes) -> Optional[Values]:
    try:
        return [coded(value) for value in reader(kind, body)]
    except Exception:  # whatever it is, the reader refused the message
        return None


def exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise EOFError
    return data


def main() -> None:
    source = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), 'w', encoding='ascii')
    sys.stdout = sys.stderr = open(os.devnull, 'w', encoding='ascii')

    while head := source.read(16):
        types, kind, coding, size = struct.unpack('>IIII', head)
        text = exactly(source, kind)
        exactly(source, coding)
        body = exactly(source, size)

        seen = {name: read(reader, text if types else None, body)
                for name, module, reader in READERS if module is not None}

        answers.write(json.dumps(seen) + '\n')
        answers.flush()


if __name__ == '__main__':
    main()
