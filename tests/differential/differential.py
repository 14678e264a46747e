#!/usr/bin/env python3

# Copyright (C) the moderate authors

"""Compares the engine's reading of messages with that of real backends.

Every value that a backend sees must be the value of a field that the engine
inspects, byte for byte in the backend's own decoding, or the engine must call
the message unreadable; then it is held.  What a client sends without anything
odd in it must not be unreadable.

    differential.py --fields PROGRAM [--count N] [--seed S] [--corpora FOLDER]
        [--only INDEX] [--bytes] [--all]

Messages with odd structure are made from the seed, which is printed; --only
makes one of them again and shows what everybody sees.  --bytes tries all 256
bytes in every structural place of a part's headers.  --all asks the backends
for unreadable messages too, and tells how often they saw what the engine did
not: what the reasons rest on.
"""

import argparse
import collections
import concurrent.futures
import os
import random
import re
import shutil
import sys
import time
import unicodedata
import urllib.parse
from typing import Counter, Dict, Iterator, List, Optional, Set, Tuple

import corpora
import generate
import positions
from workers import Engine, HERE, Message, Php, Read, Readers, Seen

BATCH = 200
SHOWN = 5       # findings that are printed, of a reader
TRIES = 300     # of making a finding smaller

# Java takes part where all of it is installed

JARS = [f'/usr/share/java/{name}.jar'
        for name in ('commons-fileupload', 'commons-io', 'servlet-api')]

# to these a semicolon divides pairs too

DIVIDERS = {'cgi-pm', 'python-multipart'}


class Peers:
    """The engine and all backends."""

    def __init__(self, fields: str, node_path: str):
        self.engine = Engine([fields])
        self.readers = [
            Php('php-cgi'),
            Readers([sys.executable, str(HERE / 'readers' / 'reader.py')]),
            Readers(['node', str(HERE / 'readers' / 'reader.js')],
                    NODE_PATH=node_path),
            Readers(['perl', str(HERE / 'readers' / 'reader.pl')]),
        ]
        if shutil.which('java') and all(map(os.path.exists, JARS)):
            self.readers.append(Readers(
                ['java', '-XX:TieredStopAtLevel=1', '-cp', ':'.join(JARS),
                 str(HERE / 'readers' / 'Reader.java')], quiet=True))
        self.pool = concurrent.futures.ThreadPoolExecutor(len(self.readers))

    def seen(self, messages: List[Message],
             reads: List[Read]) -> List[Seen]:
        if not messages:
            return []

        answers = list(self.pool.map(lambda r: r.read(messages),
                                     self.readers))
        return [{'jansson': read.jansson,
                 **{name: values for seen in row
                    for name, values in seen.items()}}
                for read, row in zip(reads, zip(*answers))]

    def close(self) -> None:
        for peer in [self.engine, *self.readers]:
            peer.close()
        self.pool.shutdown()


# What is the same value

def known(reader: str, value: bytes, message: Message, read: Read,
          forms: Set[bytes]) -> bool:
    text = value.decode('utf-8', 'replace')

    if value in forms or comparable(text) in forms:
        return True

    # text that was taken as a whole is inspected in all its parts; that of
    # JSON is no field, but what is in it

    if message.body in read.values and value in message.body:
        return True

    if reader == 'cgi-pm' and value == message.body:
        return (message.kind or b'').startswith(b'text/plain')

    # a value ends at a semicolon for these; it is held where another begins

    if reader in DIVIDERS:
        return any(mine.startswith(value + b';') for mine in forms)

    # where one escape is wrong, qs leaves all of them as they are

    if reader == 'node-qs':
        return b'%' in value and urllib.parse.unquote_to_bytes(text) in forms

    # bytes that are not behind a "%" are Latin-1 to busboy

    if reader == 'busboy':
        return text.encode('latin-1', 'namereplace') in forms

    return False


def comparable(text: str) -> bytes:
    """Rules do not tell e and a dot from one letter with both, and decoders
    differ in how many U+FFFD they write for what is no UTF-8."""
    return re.sub('\ufffd+', '\ufffd',
                  unicodedata.normalize('NFC', text)).encode()


def unknown(message: Message, read: Read,
            seen: Seen) -> Iterator[Tuple[str, bytes]]:
    """The values that a reader saw and the engine did not inspect."""
    forms = {b''}

    for value in read.values:
        text = value.decode('utf-8', 'replace')
        forms |= {value, text.encode(), text.lstrip('\ufeff').encode(),
                  comparable(text)}

    for reader, values in seen.items():
        for value in values or []:
            if not known(reader, value, message, read, forms):
                yield reader, value


# Counting

class Tally:
    def __init__(self) -> None:
        self.messages = 0
        self.held: Counter[str] = collections.Counter()
        self.benign = 0
        self.benign_held: List[Tuple[Message, str]] = []
        self.read: Counter[str] = collections.Counter()
        self.values: Counter[str] = collections.Counter()
        self.findings: Counter[str] = collections.Counter()
        self.uninspected = 0
        self.evidence: Counter[Tuple[str, str]] = collections.Counter()

    def count(self, message: Message, read: Read) -> None:
        self.messages += 1

        if read.unreadable:
            self.held[read.unreadable] += 1

        if message.origin.startswith('benign'):
            self.benign += 1
            if read.unreadable:
                self.benign_held.append((message, read.unreadable))

    def compare(self, message: Message, read: Read,
                seen: Seen) -> List[Tuple[str, bytes]]:
        for reader, values in seen.items():
            if values is not None:
                self.read[reader] += 1
                self.values[reader] += len(values)

        found = list(unknown(message, read, seen))

        if read.unreadable:
            for reader in {reader for reader, _ in found}:
                self.evidence[read.unreadable, reader] += 1
            return []

        for reader, _ in found:
            self.findings[reader] += 1

        self.uninspected += len(found)
        return found


def shown(data: Optional[bytes]) -> str:
    return 'none' if data is None else repr(data)[1:]


def tell(message: Message, read: Read, seen: Seen) -> None:
    print(f'    Content-Type     {shown(message.kind)}'
          + (f' of {message.kinds}' if message.kinds > 1 else ''))
    if message.coding:
        print(f'    Content-Encoding {shown(message.coding)}')
    print(f'    body             {shown(message.body)}')
    print(f'    engine           {read.unreadable or "readable"} '
          + ' '.join(map(shown, read.values))
          + ''.join(f' file {shown(file)}' for file in read.files))

    for reader, values in sorted(seen.items()):
        if values is not None:
            print(f'    {reader:<16} ' + ' '.join(map(shown, values)))


def smaller(peers: Peers, message: Message, reader: str) -> Message:
    """The message with as much cut out as still shows the finding."""
    tries = 0
    size = max(1, len(message.body) // 2)

    while size >= 1 and tries < TRIES:
        start = 0

        while start < len(message.body) and tries < TRIES:
            body = message.body[:start] + message.body[start + size:]
            candidate = message._replace(body=body)
            tries += 1

            if finds(peers, candidate, reader):
                message = candidate
            else:
                start += size

        size //= 2

    return message


def finds(peers: Peers, message: Message, reader: str) -> bool:
    read = peers.engine.read([message])

    if read[0].unreadable:
        return False

    seen = peers.seen([message], read)
    return any(who == reader for who, _ in unknown(message, read[0], seen[0]))


def report_finding(peers: Peers, seed: str, message: Message,
                   found: List[Tuple[str, bytes]]) -> None:
    reader, value = found[0]
    print(f'not inspected: {shown(value)} as {reader} reads '
          f'{message.origin}, seed {seed}')
    message = smaller(peers, message, reader)
    read = peers.engine.read([message])
    tell(message, read[0], peers.seen([message], read)[0])


def run(peers: Peers, tally: Tally, seed: str, everything: bool,
        messages: Iterator[Message]) -> None:
    batch: List[Message] = []

    for message in messages:
        batch.append(message)
        if len(batch) == BATCH:
            run_batch(peers, tally, seed, everything, batch)
            batch = []

    run_batch(peers, tally, seed, everything, batch)


def run_batch(peers: Peers, tally: Tally, seed: str, everything: bool,
              batch: List[Message]) -> None:
    reads = peers.engine.read(batch)

    for message, read in zip(batch, reads):
        tally.count(message, read)

    asked = [(message, read) for message, read in zip(batch, reads)
             if everything or not read.unreadable]
    seen = peers.seen([message for message, _ in asked],
                      [read for _, read in asked])

    for (message, read), row in zip(asked, seen):
        found = tally.compare(message, read, row)

        if found and tally.findings[found[0][0]] <= SHOWN:
            report_finding(peers, seed, message, found)


def report(tally: Tally, seconds: float) -> bool:
    held = sum(tally.held.values())

    for message, why in tally.benign_held[:SHOWN]:
        print(f'held, and nothing is wrong with it: {why}, '
              f'{message.origin}\n    {shown(message.kind)}\n'
              f'    {shown(message.body)}')

    for why, n in tally.held.most_common():
        print(f'held     {n:8}  {why}')

    for (why, reader), n in sorted(tally.evidence.items()):
        print(f'saw else {n:8}  {why}: {reader}')

    for reader in sorted(tally.values):
        print(f'read     {tally.read[reader]:8}  {reader}: '
              f'{tally.values[reader]} values, '
              f'{tally.findings[reader]} uninspected')

    print(f'as clients send them: {tally.benign} messages, '
          f'{len(tally.benign_held)} held')
    print(f'{tally.messages} messages in {seconds:.0f} s, {held} held '
          f'({100 * held / max(1, tally.messages):.1f} %), '
          f'uninspected values = {tally.uninspected}')

    return not tally.uninspected and not tally.benign_held


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument('--fields', required=True)
    parser.add_argument('--count', type=int, default=100000)
    parser.add_argument('--seed', default='')
    parser.add_argument('--corpora', default='')
    parser.add_argument('--node-path', default='/usr/share/nodejs')
    parser.add_argument('--only', type=int)
    parser.add_argument('--bytes', action='store_true')
    parser.add_argument('--all', action='store_true')
    args = parser.parse_args()

    if not args.seed:
        args.seed = str(random.SystemRandom().randrange(10 ** 9))

    return args


def messages_of(args: argparse.Namespace,
                seeds: List[Message]) -> Iterator[Message]:
    if args.bytes:
        yield from positions.messages()
        return

    yield from seeds

    for index in range(args.count):
        yield generate.message(args.seed, index, seeds)


def show(peers: Peers, message: Message) -> bool:
    read = peers.engine.read([message])
    tell(message, read[0], peers.seen([message], read)[0])
    return True


def main() -> int:
    sys.stdout.reconfigure(line_buffering=True)
    args = arguments()
    seeds = corpora.messages(args.corpora)
    peers = Peers(args.fields, args.node_path)

    try:
        if args.only is not None:
            good = show(peers, generate.message(args.seed, args.only, seeds))
        else:
            good = compare(peers, args, seeds)
    except RuntimeError as error:
        print(error)
        good = False
    finally:
        peers.close()

    return 0 if good else 1


def compare(peers: Peers, args: argparse.Namespace,
            seeds: List[Message]) -> bool:
    tally = Tally()
    start = time.monotonic()

    print(f'seed {args.seed}')
    conform = corpora.conforms(peers.engine, args.corpora)
    run(peers, tally, args.seed, args.all, messages_of(args, seeds))

    return report(tally, time.monotonic() - start) and conform


if __name__ == '__main__':
    sys.exit(main())
