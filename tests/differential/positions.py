# Copyright (C) the moderate authors

"""All bytes 0 to 255 in every structural place of a part's headers."""

from typing import Iterator, List

from workers import Message

KIND = b'multipart/form-data; boundary=b'

# a place is between two of these

HEADERS: List[List[bytes]] = [
    [b'Content-Disposition', b':', b' ', b'form-data', b';', b' ', b'name',
     b'=', b'"', b'com', b'ment', b'"', b'\r\n', b'\r\n'],
    [b'Content-Disposition', b':', b' ', b'form-data', b';', b' ', b'name',
     b'=', b'com', b'ment', b'\r', b'\n', b'\r', b'\n'],
    [b'Content-Disposition', b':', b' ', b'form-data', b';', b' ', b'name',
     b'=', b'"', b'c', b'"', b';', b' ', b'filename', b'=', b'"', b'x',
     b'.txt', b'"', b'\r\n', b'Content-Type', b':', b' ', b'text', b'/',
     b'plain', b';', b' ', b'charset', b'=', b'utf-8', b'\r\n', b'\r\n'],
    [b'Content', b'-', b'Dispo', b'sition: form', b'-', b'da', b'ta; na',
     b'me="c"\r\n', b'X', b'-', b'Y', b': ', b'z', b'\r\n', b'\r\n'],
]

BEFORE = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\none\r\n'
AFTER = b'\r\n--b\r\nContent-Disposition: form-data; name="z"\r\n\r\nlast\r\n'


def body(headers: bytes) -> bytes:
    return b''.join([BEFORE, b'--b\r\n', headers, b'two', AFTER, b'--b--\r\n'])


def messages() -> Iterator[Message]:
    """The byte is put in between, and in place of what is there."""
    for h, pieces in enumerate(HEADERS):
        for i in range(len(pieces) + 1):
            for byte in range(256):
                one = bytes([byte])
                origin = f'byte {byte:#04x} in headers {h}, place {i}'

                yield Message(KIND, body(b''.join(
                    pieces[:i] + [one] + pieces[i:])), origin=origin)

                if i < len(pieces):
                    yield Message(KIND, body(b''.join(
                        pieces[:i] + [one] + pieces[i + 1:])),
                        origin=origin + ', instead')

    yield from delimiters()


def delimiters() -> Iterator[Message]:
    """The same in the lines between parts, and in the Content-Type."""
    good = body(b'Content-Disposition: form-data; name="c"\r\n\r\n')

    for where in range(len(BEFORE) - 4, len(BEFORE) + 8):
        for byte in range(256):
            yield Message(KIND, good[:where] + bytes([byte]) + good[where:],
                          origin=f'byte {byte:#04x} at {where}')

    for where in range(len(KIND) + 1):
        for byte in range(256):
            yield Message(KIND[:where] + bytes([byte]) + KIND[where:], good,
                          origin=f'byte {byte:#04x} in the type at {where}')
