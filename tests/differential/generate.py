# Copyright (C) the moderate authors

"""Messages as clients send them, and what becomes of them when their
structure is damaged on purpose.

A message is made as a list of tokens, each with its role in the grammar; a
mutation replaces, doubles, moves or drops tokens, or puts new ones in.  All
is drawn from random.Random(f"{seed}:{index}"), so that a message can be made
again by its number.
"""

import base64
import json
import quopri
import random
import urllib.parse
from typing import Callable, Dict, List, NamedTuple, Optional, Tuple

from workers import Message

FORM = b'application/x-www-form-urlencoded'
JSON = b'application/json'
TEXT = b'text/plain'
MULTIPART = b'multipart/form-data'


class Token(NamedTuple):
    role: str
    text: bytes


Tokens = List[Token]
Pair = Tuple[str, str]

NAMES = ['comment', 'content', 'name', 'email', 'url', 'author', 'title',
         'comment_body[0][value]', 'jform[contact_message]', 'tags[]',
         'dnn$ctr412$Feedback$txtBody', 'ctl00$m$g_1$TextField', 'a',
         '_com_liferay_INSTANCE_abcd_body', 'ghi chú', 'a.b', 'op']

WORDS = ['Tôi', 'đề', 'nghị', 'phường', 'sửa', 'đèn', 'đường', 'ngõ', '12',
         'cảm', 'ơn', '100%', 'a&b', 'x=y', '<b>', '"trích"', "it's", ';',
         '+84', '1+1', '\r\n', '\t', '😀', 'C:\\tệp', '{x}', '[1]', '--',
         'spam', 'http://a.example/?q=1&r=%41', 'e\u0302', '#', '\u200b']

BENIGN_TYPES = {
    'form': [FORM, FORM, FORM + b'; charset=UTF-8', FORM + b';charset=utf-8'],
    'json': [JSON, JSON, JSON + b'; charset=utf-8', JSON + b';charset=UTF-8',
             b'application/vnd.api+json',
             b'application/json;odata=verbose'],
    'text': [TEXT, TEXT + b';charset=UTF-8', TEXT + b'; charset=utf-8'],
}

BOUNDARIES = ['----WebKitFormBoundaryA1b2C3d4E5f6G7h8', 'b', 'x-y_z',
              '---------------------------9051914041544843365972754266',
              '------------------------acea4e', '3f2a-77', 'a1.b2']


def text(rng: random.Random, words: int = 8) -> str:
    return ' '.join(rng.choice(WORDS) for _ in range(rng.randint(0, words)))


def pairs(rng: random.Random) -> List[Pair]:
    return [(rng.choice(NAMES), text(rng))
            for _ in range(rng.randint(1, 5))]


def joined(tokens: Tokens) -> bytes:
    return b''.join(token.text for token in tokens)


# What clients send

def media(kind: bytes) -> Tokens:
    """The tokens of a Content-Type, of which kind is a benign one."""
    name, *params = kind.split(b';')
    top, _, sub = name.partition(b'/')
    tokens = [Token('type', top), Token('slash', b'/'), Token('subtype', sub)]

    for param in params:
        blanks = b' ' if param.startswith(b' ') else b''
        key, _, value = param.strip().partition(b'=')
        quote = b''

        if value.startswith(b'"') and value.endswith(b'"'):
            quote, value = b'"', value[1:-1]

        tokens += parameter(b';' + blanks, key, quote, value)

    return tokens


def parameter(semicolon: bytes, key: bytes, quote: bytes,
              value: bytes) -> Tokens:
    return [Token('semicolon', semicolon), Token('key', key),
            Token('equals', b'='), Token('quote', quote),
            Token('parameter', value), Token('quote', quote)]


def raw(string: str) -> str:
    """As "curl -d" leaves it where it does no harm."""
    return ''.join(urllib.parse.quote_plus(c) if c in '&=;%+{[" \0' else c
                   for c in string)


def form(rng: random.Random) -> Tuple[Tokens, Tokens]:
    tokens = []

    for name, value in pairs(rng):
        code: Callable[[str], str] = rng.choice([
            urllib.parse.quote_plus, urllib.parse.quote_plus,
            urllib.parse.quote_plus,
            lambda s: urllib.parse.quote(s, safe=''), raw,
            lambda s: urllib.parse.quote_plus(s).lower()])
        tokens += [Token('amp', b'&'), Token('name', code(name).encode()),
                   Token('eq', b'='), Token('value', code(value).encode())]

    return media(rng.choice(BENIGN_TYPES['form'])), tokens[1:]


def escaped(rng: random.Random, string: str) -> str:
    kind = rng.randint(0, 3)

    if kind == 0:
        return json.dumps(string)[1:-1]
    if kind == 1:
        return json.dumps(string, ensure_ascii=False)[1:-1]
    if kind == 2:
        return json.dumps(string, ensure_ascii=False)[1:-1].replace(
            '/', '\\/')

    return ''.join(f'\\u{ord(c):04x}' if ord(c) < 0x10000
                   and rng.random() < 0.2 else json.dumps(c)[1:-1]
                   for c in string)


def document(rng: random.Random, depth: int = 0) -> Tokens:
    """A JSON value."""
    choice = rng.random()
    blank = Token('blank', rng.choice([b'', b'', b' ', b'\n  ']))

    if depth < 3 and (depth == 0 or choice < 0.2):
        if choice < 0.03 or 0.1 < choice < 0.2:
            tokens = [Token('open', b'[')]
            for i in range(rng.randint(0, 3)):
                tokens += ([Token('comma', b',')] if i else []) + [blank]
                tokens += document(rng, depth + 1)
            return tokens + [Token('close', b']')]

        tokens = [Token('open', b'{')]
        keys = rng.sample(NAMES, rng.randint(1, 4))
        for i, key in enumerate(keys):
            tokens += ([Token('comma', b',')] if i else []) + [blank]
            tokens += string(rng, 'name', key)
            tokens += [Token('colon', b':'), blank]
            tokens += document(rng, depth + 1)
        return tokens + [Token('close', b'}')]

    if choice < 0.35:
        return [Token('scalar', rng.choice(
            [b'0', b'-1', b'12', b'3.25', b'1e3', b'true', b'false', b'null',
             b'9007199254740993', b'0912345678901234567890'[1:]]))]

    return string(rng, 'value', text(rng))


def string(rng: random.Random, role: str, value: str) -> Tokens:
    return [Token('string', b'"'), Token(role, escaped(rng, value).encode()),
            Token('string', b'"')]


def multipart(rng: random.Random) -> Tuple[Tokens, Tokens]:
    boundary = rng.choice(BOUNDARIES).encode()
    quote = rng.choice([b'', b'', b'"'])
    kind = media(MULTIPART + b'; boundary=' + quote + boundary + quote)
    tokens = []

    for name, value in pairs(rng):
        tokens += delimiter(boundary) + [Token('line', b'\r\n')]
        tokens += part(rng, name, value)

    return kind, tokens + delimiter(boundary) + [
        Token('last', b'--'), Token('line', rng.choice([b'\r\n', b'']))]


def delimiter(boundary: bytes) -> Tokens:
    return [Token('dashes', b'--'), Token('boundary', boundary)]


def header(name: bytes, value: Tokens) -> Tokens:
    return [Token('header', name), Token('hcolon', b':'),
            Token('hblank', b' '), *value, Token('line', b'\r\n')]


def part(rng: random.Random, name: str, value: str) -> Tokens:
    quoted = name.replace('"', '%22').encode()
    tokens = [Token('disposition', b'form-data'),
              *parameter(b'; ', b'name', b'"', quoted)]
    more = []

    if rng.random() < 0.2:
        file = rng.choice(['a.txt', 'ảnh 1.png', 'C:\\x\\y.pdf', ''])
        value = value if file else ''
        tokens += parameter(b'; ', b'filename', b'"', file.encode())
        more = header(b'Content-Type', media(rng.choice(
            [b'application/octet-stream', TEXT, b'image/png'])))
    elif rng.random() < 0.2:
        more = header(b'Content-Type', media(rng.choice(
            [TEXT, TEXT + b'; charset=UTF-8', TEXT + b';charset=utf-8'])))
    elif rng.random() < 0.1:
        more = header(b'Content-Length', [
            Token('token', str(len(value.encode())).encode())])

    return [*header(b'Content-Disposition', tokens), *more,
            Token('line', b'\r\n'), Token('value', value.encode()),
            Token('line', b'\r\n')]


def plain(rng: random.Random) -> Tuple[Tokens, Tokens]:
    kind = media(rng.choice(BENIGN_TYPES['text']))

    if rng.random() < 0.4:
        return kind, document(rng)

    value = text(rng, 12).lstrip('{["').strip()
    return kind, [Token('value', value.replace('\\', '/').encode())]


def benign(rng: random.Random) -> Tuple[Tokens, Tokens]:
    choice = rng.random()

    if choice < 0.3:
        return form(rng)
    if choice < 0.7:
        return multipart(rng)
    if choice < 0.9:
        return (media(rng.choice(BENIGN_TYPES['json'])), document(rng))

    return plain(rng)


# What is done to them

CONTROLS = [b'\0', b'\t', b'\n', b'\r', b'\x0b', b'\x0c', b'\x1b', b' ',
            b'\x7f', b'\x80', b'\xa0', b'\xff', b'\xc0\xaf', b'\xe2\x80\xa8',
            b'\xef\xbb\xbf', b'\xc2\x85', b'"', b"'", b'\\', b';', b',',
            b'=', b':', b'&', b'%', b'+', b'-', b'--', b'*', b'{', b'[']

LINES = [b'\n', b'\r', b'\r\r\n', b'\n\r', b'\r\n\r\n', b'', b'\r\n ',
         b'\r\n\t', b'\x0b', b'\x0c', b'\xc2\x85', b'\0\r\n', b' \r\n',
         b'\r\n\n', b'\n\r\n', b'\t\r\n', b'\r\0\n', b'\r \n']

CHARSETS = [b'utf-7', b'utf-16', b'utf-16le', b'iso-8859-1', b'us-ascii',
            b'windows-1258', b'utf-8', b'UTF8', b'shift_jis', b'ibm037',
            b'ascii', b'"utf-8"', b"'utf-8'", b'utf-8\0', b'']

VALUES = [b'', b'spam', b'--', b'c3BhbQ==', b'=73pam', b'%73pam', b'%u0073',
          b'%', b'%4', b'%zz', b'%00', b'%26x=1', b'a;b=c', b'{"a":"b"}',
          b'{"a":"sp\\u0061m"}', b'["sp\\u0061m"]', b'"sp\\u0061m"',
          b'a\0b', b'\0', b'd\xe9j\xe0', b'\xc4\x91', b'%c4%91', b'\xc4%91',
          b'%C0%AF', b'%ED%A0%80', b'%FF%FE', b'+', b'%2B', b' spam ',
          b'sp\r\n am', b'&#273;', b'&ocirc;', b'spam\r\n\r\nspam',
          b'_charset_', b'utf-16', b'+AGE-', b'\xff\xfes\0p\0', b'%26%23x73',
          b'x' * 300, b'\\', b'\\"', b'a\\u0062']

FORM_NAMES = [b'', b'a[b', b'a]b', b'a[]', b'a[b][]', b'a[b]=', b'a.b',
              b' a', b'a ', b'%20a', b'a%00b', b'a\0b', b'_charset_',
              b'isindex', b'__proto__', b'constructor', b'toString', b'a[0]',
              b'a[__proto__][x]', b'MAX_FILE_SIZE', b'[a]', b'a[b]c',
              b'hasOwnProperty', b'%5Ba%5D', b'a%5Bb', b'1', b'.', b'%', b'=']

PIECES: Dict[str, List[bytes]] = {
    'line': LINES,
    'amp': [b';', b'&&', b'&amp;', b'\n', b'\r\n', b'&;', b'|', b'\0', b'%26',
            b'?', b'& ', b' & ', b',', b'\x26\x26\x26'],
    'eq': [b'==', b'%3D', b'', b'= ', b' =', b':', b'=\0', b'=%', b'=&=',
           b'[]=', b'[=', b'%00=', b'=;'],
    'name': FORM_NAMES, 'value': VALUES, 'parameter': FORM_NAMES + CHARSETS,
    'key': [b'name', b'filename', b'filename*', b'name*', b'name*0', b'NAME',
            b'filename*0', b'filename*0*', b'charset', b'boundary',
            b'boundary*0', b'boundary*', b'Boundary', b' name', b'name ',
            b'xname', b'x', b'', b'name\0', b'"name"', b'name\t'],
    'equals': [b' =', b'= ', b' = ', b':', b'', b'==', b'*=', b'*0=',
               b'*0*=', b'*=UTF-8\'\'', b'=\0', b'\0=', b'\t=', b'=\r\n '],
    'quote': [b'"', b"'", b'', b'\\"', b'""', b'`', b'" ', b' "', b'"\0',
              b'\xe2\x80\x9c', b'%22', b'"\r\n '],
    'semicolon': [b';', b',', b' ; ', b';;', b' ', b'\t;', b';\r\n ', b'; \0',
                  b';\n', b'; ;', b'', b'; ,', b';\xa0', b'&', b'\r\n ;'],
    'type': [b'multipart', b'application', b'text', b'Multipart', b' text',
             b'multi\0part', b'', b'x'],
    'subtype': [b'form-data', b'x-www-form-urlencoded', b'json', b'plain',
                b'mixed', b'related', b'form-dataX', b'form-data,', b'*',
                b'form-data ', b'x-json', b'problem+json', b'html', b'csp'],
    'slash': [b'', b' / ', b'//', b'\\', b'/\0', b'/ '],
    'boundary': [b'', b'x', b'--'],
    'dashes': [b'-', b'---', b'', b'----', b' --', b'--\0', b'-- ', b'\0--'],
    'last': [b'-', b'', b'---', b' --', b'--x', b'-- ', b'--\0', b'-\0-',
             b'--\r\n\r\nx=spam', b'--\r\n--'],
    'disposition': [b'attachment', b'"form-data"', b'form-dataX', b'file',
                    b'form-data ', b'form-da\0ta', b'', b'FORM-DATA',
                    b'form_data', b'inline', b'name="x"', b'form-data\t'],
    'header': [b'content-disposition', b'Content-Disposition ', b'X',
               b'Content_Disposition', b' Content-Disposition',
               b'Content-Disposition\0', b'\0Content-Disposition',
               b'Content-Dispositio', b'Content-Type', b'Content-type',
               b'X\r\nContent-Disposition', b'Content-Disposition:X',
               b'Content-Transfer-Encoding', b'', b'Content-Length',
               b'Content-Disposition\x0b', b'\xef\xbb\xbfContent-Type'],
    'hcolon': [b'', b' :', b'::', b'=', b':\0', b':\r\n ', b';', b':\n '],
    'hblank': [b'', b'\t', b'  ', b'\0', b'\r\n ', b'\x0b', b'\xc2\xa0'],
    'open': [b'{', b'[', b'[[', b'{{', b'/*x*/{', b'\0{', b'\xef\xbb\xbf{',
             b'{"a":"x",', b'[' * 70, b'(', b'{,'],
    'close': [b']', b'}', b',]', b',}', b'}}', b']]', b'', b'}\0', b'};',
              b'} {"a":"spam"}', b'}x', b',"a":"sp\\u0061m"}', b'}//x'],
    'comma': [b';', b',,', b'', b' ,', b',\0', b',/*x*/', b'\n', b':'],
    'colon': [b'=', b'=>', b'::', b'', b' :', b':\0', b'\0:', b':/**/'],
    'string': [b"'", b'', b'""', b'\\"', b'\xe2\x80\x9c', b'"\0', b'`',
               b'u"', b'"""'],
    'scalar': [b'TRUE', b'True', b'NaN', b'Infinity', b'-Infinity', b'01',
               b'+1', b'.5', b'1.', b'0x1F', b'1e400', b'-0', b'1E+2', b'nul',
               b'123456789012345678901234567890', b'1e', b'undefined', b'-',
               b'"x"', b"'x'", b'1_000', b'truefalse', b'None', b'1.0000001'],
    'blank': [b'\0', b'\x0b', b'\x0c', b'\xa0', b'\xef\xbb\xbf', b'/*x*/',
              b'//x\n', b'#x\n', b'\xc2\xa0', b'\xe2\x80\xa8', b'\r', b'\t'],
    'token': [b'0', b'1', b'999', b'-1', b'x'],
}

ESCAPES = [b'\\u0061', b'\\u0000', b'\\ud800', b'\\udc00', b'\\ud83d\\ude00',
           b'\\u00', b'\\x61', b'\\a', b'\\\'', b'\\/', b'\\n', b'\\U0061',
           b'\n', b'\t', b'\x01', b'\x7f', b'\\\n', b'\\u006', b'\\ud800x',
           b'\\uD800\\u0061', b'\\', b'\\0', b'\\u+061', b'\\u 061']

PERCENTS = [b'%61', b'%', b'%4', b'%zz', b'%00', b'%u0061', b'%U0061', b'+',
            b'%c1%a1', b'%E1%BB', b'%ff', b'%u00e9', b'%2561', b'%0d%0a',
            b'\xe9', b'\xc4', b'%C4', b'%F0%9F%98', b'%u', b'%u006', b'%26',
            b'%3b', b';', b'%6', b'%+61', b'% 61', b'%x61', b'%6\0', b'%%61']

PARAMETERS = [b'; filename="x"', b'; name="other"', b"; filename*=UTF-8''x",
              b'; filename=""', b'; filename=x', b'; Filename="x"', b';',
              b'; filename*0="x"', b'; name*=UTF-8\'\'other', b'; x="y"',
              b'; x="; name=other"', b'; x=\\"; filename=y', b"; filename='x'",
              b'; filename="a\\"; name=\\"other"', b'; filename="\0"',
              b'; charset=utf-7', b'; charset=utf-16', b'; charset=latin1',
              b'; charset=us-ascii', b'; boundary=x', b'; boundary=b',
              b'; xboundary=x', b'; boundary*0=a; boundary*1=b', b'; filename',
              b'; name', b'; filename="x" ', b' filename="x"', b'; "x"',
              b'; _charset_=utf-16', b'; charset="utf-8"', b'; charset=ascii',
              b'; filename="/"', b'; filename="..\\"', b'; filename="x\r\n"',
              b'; filename=" "', b'; filename="a;b"', b'; filename=a b',
              b'; filename=\xff', b'; filename="&#0;"', b'; filename="%00"']

HEADERS = [b'Content-Type: text/plain; charset=utf-7',
           b'Content-Type: text/plain; charset=utf-16',
           b'Content-Type: text/plain; charset=iso-8859-1',
           b'Content-Type: text/plain; charset=us-ascii',
           b'Content-Type: text/plain;charset=utf-8', b'Content-Type:',
           b'Content-Type: application/octet-stream',
           b'Content-Type: application/json', b'Content-Type: message/rfc822',
           b'Content-Type: multipart/mixed; boundary=x',
           b'Content-Type: MULTIPART/alternative', b'Content-Type: text',
           b'Content-Type: text/plain; name="x"; filename="y"',
           b'Content-Type: image/png; name=y', b'X: ', b'X', b': x', b' x: y',
           b'Content-Type: text/html', b'Content-Type: message/partial',
           b'Content-Type: text/plain; format=flowed; delsp=yes',
           b'Content-Type: application/x-www-form-urlencoded',
           b'Content-Type: text/plain; charset=unicode-1-1-utf-7',
           b'Content-Transfer-Encoding: base64',
           b'Content-Transfer-Encoding: quoted-printable',
           b'Content-Transfer-Encoding: 7bit',
           b'Content-Transfer-Encoding: 8bit',
           b'Content-Transfer-Encoding: binary',
           b'Content-Transfer-Encoding: x-uuencode',
           b'Content-Transfer-Encoding: BASE64 ',
           b'Content-Encoding: gzip', b'Content-Encoding: identity',
           b'Content-Length: 1', b'Content-Length: 0', b'Content-Length: 99',
           b'Content-Disposition: form-data; name="other"',
           b'Content-Disposition: form-data; name="other"; filename="x"',
           b'Content-Disposition: attachment; filename="x"', b'Name: x',
           b'content-disposition: form-data; name=other', b'Content-Id: <x>',
           b'Transfer-Encoding: chunked', b'Content-Range: bytes 0-1/2',
           b'Content-Location: x', b'MIME-Version: 1.0', b'Subject: =?utf-8?b'
           b'?YQ==?=', b'Content-Disposition:', b'Charset: utf-16']


def replace(rng: random.Random, tokens: Tokens) -> None:
    places = [i for i, token in enumerate(tokens) if token.role in PIECES]

    if places:
        i = rng.choice(places)
        tokens[i] = Token(tokens[i].role,
                          rng.choice(PIECES[tokens[i].role]))


def drop(rng: random.Random, tokens: Tokens) -> None:
    if len(tokens) > 1:
        i = rng.randrange(len(tokens))
        del tokens[i:i + rng.choice([1, 1, 1, 2, 5])]


def double(rng: random.Random, tokens: Tokens) -> None:
    i = rng.randrange(len(tokens))
    j = min(len(tokens), i + rng.choice([1, 1, 2, 4, 8, 16]))
    k = rng.randrange(len(tokens) + 1)
    tokens[k:k] = tokens[i:j]


def swap(rng: random.Random, tokens: Tokens) -> None:
    i, j = (rng.randrange(len(tokens)) for _ in range(2))
    tokens[i], tokens[j] = tokens[j], tokens[i]


def insert(rng: random.Random, tokens: Tokens) -> None:
    tokens.insert(rng.randrange(len(tokens) + 1),
                  Token('', rng.choice(CONTROLS)))


def inside(rng: random.Random, tokens: Tokens) -> None:
    """A byte, or an escape, in the middle of a token."""
    places = [i for i, token in enumerate(tokens) if token.text]

    if not places:
        return

    i = rng.choice(places)
    role, data = tokens[i]
    at = rng.randrange(len(data) + 1)
    pieces = rng.choice([CONTROLS, PERCENTS, ESCAPES]
                        if role in ('name', 'value') else [CONTROLS])
    cut = rng.choice([0, 0, 1])

    tokens[i] = Token(role, data[:at] + rng.choice(pieces) + data[at + cut:])


def case(rng: random.Random, tokens: Tokens) -> None:
    i = rng.randrange(len(tokens))
    tokens[i] = Token(tokens[i].role, tokens[i].text.swapcase())


def add_parameter(rng: random.Random, tokens: Tokens) -> None:
    places = [i for i, token in enumerate(tokens)
              if token.role in ('quote', 'disposition', 'subtype')]

    if places:
        tokens.insert(rng.choice(places) + rng.choice([0, 1, 1, 1]),
                      Token('', rng.choice(PARAMETERS)))


def add_header(rng: random.Random, tokens: Tokens) -> None:
    places = [i for i, token in enumerate(tokens) if token.role == 'header']

    if places:
        end = rng.choice([b'\r\n'] * 4 + LINES)
        tokens.insert(rng.choice(places),
                      Token('', rng.choice(HEADERS) + end))


def add_field(rng: random.Random, tokens: Tokens) -> None:
    """A field more, as the grammar of the body has it, but odd."""
    bounds = [token.text for token in tokens if token.role == 'boundary']
    value = rng.choice(VALUES)

    if bounds:
        name = rng.choice(FORM_NAMES + [b'_charset_'])
        more = (b'--' + bounds[0] + b'\r\nContent-Disposition: form-data; '
                b'name="' + name + b'"\r\n\r\n' + value + b'\r\n')
        places = [i for i, t in enumerate(tokens) if t.role == 'dashes']
    elif any(token.role == 'open' for token in tokens):
        more = rng.choice([b'"comment":"%s",', b'"%s",', b'{"a":"%s"},'])
        more = more.replace(b'%s', rng.choice(ESCAPES + [value]))
        places = [i + 1 for i, t in enumerate(tokens) if t.role == 'open']
    else:
        more = (rng.choice([b'', b'&']) + rng.choice(FORM_NAMES) + b'='
                + value + rng.choice([b'&', b';', b'']))
        places = [i for i, t in enumerate(tokens)
                  if t.role in ('name', 'amp')]

    tokens.insert(rng.choice(places or [0]), Token('', more))


def frame(rng: random.Random, tokens: Tokens) -> None:
    """Delimiters that are almost one; preamble, epilogue, nesting."""
    bounds = [token.text for token in tokens if token.role == 'boundary']

    if not bounds:
        tokens.insert(rng.choice([0, len(tokens)]),
                      Token('', rng.choice(CONTROLS + LINES)))
        return

    b = bounds[0]
    tricks = [b'\r\n--' + b, b'\n--' + b + b'\r\n', b'\r\n--' + b + b'x\r\n',
              b'\r\n--' + b[:-1] + b'\r\n', b'\r--' + b, b'--' + b + b'--',
              b'\r\n--' + b + b' \r\n', b'\r\n--' + b + b'\n', b'\r\n-' + b,
              b'\r\n--' + b.swapcase() + b'\r\n', b'\r\n--' + b + b'--\r\n',
              b'\r\n ' + b'--' + b, b'\r\n--' + b + b'\r', b'\r\n\r\n',
              b'\r\n--' + b + b'-\r\n', b'--' + b + b'\t\r\n',
              b'\r\n--' + b + b'\0\r\n', b'\n--' + b + b'--\n',
              b'preamble\r\n', b'\r\n', b'\n', b'epilogue', b'\r\n--',
              b'--x\r\nContent-Disposition: form-data; name="z"\r\n\r\nspam'
              b'\r\n--x--\r\n']
    tokens.insert(rng.choice([0, len(tokens), rng.randrange(len(tokens))]),
                  Token('', rng.choice(tricks)))


def recode(rng: random.Random, tokens: Tokens) -> None:
    """One value in a coding that some backend may undo."""
    places = [i for i, token in enumerate(tokens)
              if token.role in ('value', 'name')]

    if not places:
        return

    i = rng.choice(places)
    role, data = tokens[i]
    plainly = urllib.parse.unquote_plus(data.decode('utf-8', 'replace'))
    codings: List[Callable[[], bytes]] = [
        lambda: base64.b64encode(data), lambda: quopri.encodestring(data),
        lambda: plainly.encode('utf-16'), lambda: plainly.encode('utf-7'),
        lambda: plainly.encode('latin-1', 'replace'),
        lambda: plainly.encode('cp1258', 'xmlcharrefreplace'),
        lambda: ''.join(f'%u{ord(c):04x}' for c in plainly).encode(),
        lambda: ''.join(f'%{b:02X}' for b in plainly.encode()).encode(),
        lambda: ''.join(f'\\u{ord(c):04x}' for c in plainly).encode(),
        lambda: data.replace(b'%', b'%25'), lambda: plainly.encode(),
        lambda: plainly.encode('utf-16le'), lambda: data.lower()]

    tokens[i] = Token(role, rng.choice(codings)())


MUTATIONS = [replace, replace, replace, replace, replace, inside, inside,
             inside, drop, double, swap, insert, case, add_parameter,
             add_header, add_header, add_field, add_field, frame, frame,
             recode, recode]


def mutated_type(rng: random.Random, kind: Tokens) -> Optional[bytes]:
    choice = rng.random()

    if choice < 0.06 or not kind:
        return None
    if choice < 0.35:
        return rng.choice([FORM, JSON, TEXT, MULTIPART, b'', b'text/json',
                           MULTIPART + b'; boundary=b', b'*/*', b'text/html',
                           b'application/octet-stream', b'text/xml',
                           FORM + b', ' + JSON, JSON + b', ' + FORM,
                           b'application/x-ndjson', b'application/csp-report',
                           b'application/graphql+json', b'application/xml'])
    if choice < 0.55:
        return joined(kind) + b'; charset=' + rng.choice(CHARSETS)

    for _ in range(rng.choice([1, 1, 2])):
        if kind:
            rng.choice([replace, replace, inside, drop, double, swap, insert,
                        case, add_parameter, add_parameter])(rng, kind)

    return joined(kind)


def whole(rng: random.Random, body: bytes) -> bytes:
    """Something done to all of the body."""
    characters = body.decode('utf-8', 'replace')
    done: List[Callable[[], bytes]] = [
        lambda: characters.encode('utf-16'),
        lambda: characters.encode('utf-16le'),
        lambda: characters.encode('utf-16be'),
        lambda: characters.encode('utf-32'),
        lambda: b'\xef\xbb\xbf' + body,
        lambda: characters.encode('utf-7'),
        lambda: characters.encode('latin-1', 'replace'),
        lambda: body[:rng.randrange(len(body) + 1)],
        lambda: body + body,
        lambda: body.replace(b'\r\n', b'\n'),
        lambda: body.replace(b'\n', b'\r\n'),
        lambda: rng.choice(LINES) + body,
        lambda: body + rng.choice(LINES + CONTROLS),
        lambda: urllib.parse.quote_from_bytes(body).encode(),
        lambda: base64.b64encode(body)]

    return rng.choice(done)()


def bytewise(rng: random.Random, body: bytes) -> bytes:
    data = bytearray(body)

    for _ in range(rng.choice([1, 1, 2, 3])):
        at = rng.randrange(len(data) + 1)
        what = rng.randrange(4)

        if what == 0 and at < len(data):
            data[at] = rng.randrange(256)
        elif what == 1:
            data[at:at] = rng.choice(CONTROLS)
        elif what == 2:
            del data[at:at + rng.choice([1, 1, 2, 8])]
        elif at < len(data):
            data[at] ^= 1 << rng.randrange(8)

    return bytes(data)


def message(seed: str, index: int, seeds: List[Message]) -> Message:
    """The message of that number; every 20th is as a client sends it."""
    rng = random.Random(f'{seed}:{index}')

    if seeds and index % 8 == 1:
        return damaged(rng, rng.choice(seeds), index)

    kind, tokens = benign(rng)

    if index % 20 == 0:
        return Message(joined(kind), joined(tokens), origin=f'benign {index}')

    header_value: Optional[bytes] = joined(kind)
    coding, kinds = b'', 1

    for _ in range(rng.choice([1, 1, 1, 1, 1, 2, 2, 3])):
        if tokens and rng.random() < 0.9:
            rng.choice(MUTATIONS)(rng, tokens)

    body = joined(tokens)

    if rng.random() < 0.15:
        header_value = mutated_type(rng, kind)
    if rng.random() < 0.05:
        body = whole(rng, body)
    if rng.random() < 0.1:
        body = bytewise(rng, body)
    if rng.random() < 0.01:
        coding = rng.choice([b'gzip', b'identity', b'br', b'deflate', b'x',
                             b'identity, gzip', b'IDENTITY', b'\0', b' '])
    if rng.random() < 0.01:
        kinds = 2

    return Message(header_value, body, coding, kinds, f'mutation {index}')


def damaged(rng: random.Random, seed: Message, index: int) -> Message:
    """A message of the corpora, with a little changed."""
    kind = seed.kind
    body = seed.body

    if kind is not None and rng.random() < 0.3:
        kind = mutated_type(rng, media(kind))
    if rng.random() < 0.1:
        body = whole(rng, body)
    if rng.random() < 0.9:
        body = bytewise(rng, body)

    return Message(kind, body, seed.coding, seed.kinds,
                   f'mutation {index} of {seed.origin}')
