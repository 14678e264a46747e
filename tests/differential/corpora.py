# Copyright (C) the moderate authors

"""Messages made by others, from the folder that CORPORA names."""

import base64
import json
import pathlib
from typing import Iterator, List, Tuple

from generate import FORM
from workers import Engine, Message


def lines(path: pathlib.Path) -> Iterator[dict]:
    with open(path, encoding='utf-8') as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def headers(entry: dict) -> List[tuple]:
    given = entry.get('headers', [])
    given = given.items() if isinstance(given, dict) else given
    return [(name.lower(), value) for name, value in given]


def with_headers(entry: dict, origin: str) -> Message:
    kinds = [value for name, value in headers(entry)
             if name == 'content-type']
    codings = [value for name, value in headers(entry)
               if name == 'content-encoding']

    return Message(kinds[0].encode('latin-1', 'replace') if kinds else None,
                   base64.b64decode(entry['body_b64'] or ''),
                   ', '.join(codings).encode('latin-1', 'replace'),
                   len(kinds), f'{origin} {entry["id"]}')


def with_type(entry: dict) -> Message:
    return Message(entry['content_type'].encode('latin-1', 'replace'),
                   base64.b64decode(entry['body_b64']), origin=entry['id'])


def urlencoded(path: pathlib.Path) -> Iterator[Message]:
    with open(path, encoding='utf-8') as file:
        for i, entry in enumerate(json.load(file)):
            if isinstance(entry, dict):
                yield Message(FORM, entry['input'].encode(),
                              origin=f'wpt {i}')


def messages(folder: str) -> List[Message]:
    """Empty bodies are left out: there is nothing in them to see."""
    if not folder:
        return []

    root = pathlib.Path(folder)
    found = [with_headers(entry, 'benign client')
             for entry in lines(root / 'real-clients.jsonl')]
    found += [with_headers(entry, 'crs')
              for entry in lines(root / 'crs-protocol-bodies.jsonl')]
    found += map(with_type, lines(root / 'multipart-busboy.jsonl'))
    found += map(with_type, lines(root / 'json-testsuite.jsonl'))
    found += urlencoded(root / 'urlencoded-wpt.json')

    return [message for message in found if message.body]


# What those who made them say must come of them

AMBIGUOUS = ['json-duplicate-key', 'nul-in-name']


def conforms(engine: Engine, folder: str) -> bool:
    """Compares, and prints a line for each corpus and each open case."""
    if not folder:
        return True

    root = pathlib.Path(folder)
    checks = [accepts(engine, root / 'json-testsuite.jsonl', 'accept'),
              accepts(engine, root / 'json-testsuite.jsonl', 'reject'),
              reads(engine, root / 'urlencoded-wpt.json'),
              takes(engine, root / 'multipart-busboy.jsonl')]
    leaves_open(engine, root / 'json-testsuite.jsonl')

    return all(checks)


def accepts(engine: Engine, path: pathlib.Path, expect: str) -> bool:
    """Good JSON may be held for a key that is there twice or has a NUL; a
    body without a byte in it is no JSON and nothing to hold."""
    entries = [e for e in lines(path) if e['expect'] == expect]
    found = engine.read([with_type(entry) for entry in entries])
    good = ['', *AMBIGUOUS]
    wrong = [entry['id'] for entry, read in zip(entries, found)
             if (read.unreadable in good) != (expect == 'accept')
             and base64.b64decode(entry['body_b64'])]
    held = sum(bool(read.unreadable) for read in found)

    print(f'json-testsuite {expect}: {len(entries) - len(wrong)} '
          f'of {len(entries)}, {held} held', *wrong)
    return not wrong


def leaves_open(engine: Engine, path: pathlib.Path) -> None:
    entries = [e for e in lines(path) if e['expect'] == 'either']
    found = engine.read([with_type(entry) for entry in entries])

    for entry, read in zip(entries, found):
        print(f'json-testsuite open: {entry["id"]} '
              f'{read.unreadable or "readable"}')


def text(string: bytes) -> str:
    return string.decode('utf-8', 'replace')


def reads(engine: Engine, path: pathlib.Path) -> bool:
    with open(path, encoding='utf-8') as file:
        entries = [e for e in json.load(file) if isinstance(e, dict)]

    found = engine.read([Message(FORM, entry['input'].encode())
                         for entry in entries])
    wrong = [entry['input'] for entry, read in zip(entries, found)
             if [[text(name), text(value)] for name, value in read.pairs]
             != entry['output']]
    held = sum(bool(read.unreadable) for read in found)

    print(f'urlencoded-wpt: {len(entries) - len(wrong)} of {len(entries)} as '
          f'expected, {held} of them held', *map(repr, wrong))
    return not wrong


def pairs(entry: dict) -> List[Tuple[bytes, bytes]]:
    return [(e['name'].encode(), base64.b64decode(e['value_b64'] or ''))
            for e in entry['expect'] if 'name' in e]


def takes(engine: Engine, path: pathlib.Path) -> bool:
    """A body that busboy takes only in part is to be held, or taken whole."""
    entries = list(lines(path))
    found = engine.read([with_type(entry) for entry in entries])
    same = [entry for entry, read in zip(entries, found)
            if not read.unreadable and pairs(entry) == read.pairs]
    wrong = [entry['id'] for entry, read in zip(entries, found)
             if not read.unreadable and not entry.get('limits')
             and not set(pairs(entry)) <= set(read.pairs)]

    for entry, read in zip(entries, found):
        if read.unreadable:
            print(f'busboy held: {entry["id"]} {read.unreadable} '
                  f'({entry["what"]})')

    held = sum(bool(read.unreadable) for read in found)
    print(f'busboy: {len(entries)} bodies, {len(same)} as expected, '
          f'{held} held, {len(wrong)} otherwise', *wrong)
    return not wrong
