#!/usr/bin/env python3
# Copyright (C) the moderate authors
"""Writes engine/vet_unicode_tables.h to standard output.

    python3 tools/gen-unicode.py > engine/vet_unicode_tables.h

The tables come from Python's own unicodedata, so one Unicode version must be
pinned: the one of Debian 12's Python 3.11.  With another version the script
stops, as the header would silently change what rules match.
"""

import sys
import unicodedata

UNICODE = "14.0.0"
BLOCK = 128             # code points of one leaf of the trie
LONGEST = 4             # longer compatibility mappings are left alone

REMOVE, DROP, SECOND, BREAK, WORD, MARK = 1, 2, 4, 8, 16, 32

# White_Space, and three blank glyphs that are used as a space.
SPACES = set([*range(0x09, 0x0e), 0x20, 0x85, 0xa0, 0x1680,
              *range(0x2000, 0x200b), 0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
              0x2800, 0x3164, 0xffa0])

# Default_Ignorable_Code_Point, the interlinear annotation marks, and ASCII
# control characters except NUL: all are shown as nothing.
INVISIBLE = set([*range(0x01, 0x09), *range(0x0e, 0x20), 0x7f, 0xad, 0x34f,
                 0x61c, 0x115f, 0x1160, 0x17b4, 0x17b5,
                 *range(0x180b, 0x1810), *range(0x200b, 0x2010),
                 *range(0x202a, 0x202f), *range(0x2060, 0x2070),
                 *range(0xfe00, 0xfe10), 0xfeff, *range(0xfff0, 0xfffc),
                 *range(0x1bca0, 0x1bca4), *range(0x1d173, 0x1d17b),
                 *range(0xe0000, 0xe1000)])

# Eth and African D look like D with stroke when they are capitals, and old
# Vietnamese converters write them for it.
LOOKALIKE = {0xf0: 0x111, 0x256: 0x111}

# Letters without a decomposition whose base their names do not tell.
BASES = {0xe6: "ae", 0x153: "oe", 0x131: "i", 0x237: "j", 0x17f: "s"}


def hangul(cp):
    return 0xac00 <= cp <= 0xd7a3


def compatible(char):
    """The compatibility decomposition, where it keeps what is read."""
    full = unicodedata.normalize("NFKD", char)
    if " " in full or len(full) > LONGEST:
        return unicodedata.normalize("NFD", char)
    return full


def fold(char):
    # U+0345 would become a letter, and its place depend on mark order.
    folded = char if char == "\u0345" else char.casefold()
    return chr(LOOKALIKE.get(ord(folded), ord(folded))) \
        if len(folded) == 1 else folded


def text(cp):
    """What the text view makes of a code point, decomposed."""
    if cp in SPACES:
        return " "
    if cp in INVISIBLE:
        return ""
    if hangul(cp) or 0xd800 <= cp <= 0xdfff:
        return chr(cp)
    now, last = chr(cp), None
    while now != last:
        last = now
        now = "".join(fold(c) for d in now for c in compatible(d))
    if any(ord(c) in INVISIBLE or ord(c) in SPACES for c in now) \
            and len(now) > 1:
        return chr(cp)
    return now


def accent(char):
    """Marks the folded view drops: all that are put on a letter, except
    nukta, kana voicing and virama, without which it is another letter."""
    ccc = unicodedata.combining(char)
    return (ccc != 0 and ccc not in (7, 8, 9)) \
        or unicodedata.category(char) == "Me"


def base(char):
    cp = ord(char)
    if cp in BASES:
        return BASES[cp]
    name = unicodedata.name(char, "")
    words = name.split(" ")
    if name.startswith("LATIN SMALL LETTER ") and len(words) > 5 \
            and len(words[3]) == 1 and words[4] == "WITH" \
            and not unicodedata.decomposition(char):
        return words[3].lower()
    return char


def folded(mapping):
    return "".join(base(c) for c in mapping if not accent(c))


def compositions():
    pairs = {}
    for cp in range(0x110000):
        if hangul(cp) or 0xd800 <= cp <= 0xdfff:
            continue
        parts = unicodedata.decomposition(chr(cp)).split()
        if len(parts) != 2 or parts[0].startswith("<"):
            continue
        first, second = (int(p, 16) for p in parts)
        if unicodedata.normalize("NFC", chr(first) + chr(second)) == chr(cp):
            pairs[first, second] = cp
    return pairs


def is_second(cp, seconds):
    return cp in seconds or 0x1161 <= cp <= 0x1175 or 0x11a8 <= cp <= 0x11c2


def is_break(mapping, seconds):
    return mapping != "" and unicodedata.combining(mapping[0]) == 0 \
        and not is_second(ord(mapping[0]), seconds)


class Mappings:
    """Code point sequences, stored once each."""

    def __init__(self):
        self.pool, self.places = [0], {}

    def put(self, string):
        if string not in self.places:
            self.places[string] = len(self.pool)
            self.pool.extend(map(ord, string))
        return self.places[string]


def record(cp, seconds, maps):
    char = chr(cp)
    mapping = text(cp)
    bare = folded(mapping)
    composed = unicodedata.normalize("NFC", mapping)
    flags = 0
    flags |= REMOVE if mapping == "" else 0
    flags |= DROP if bare == "" else 0
    flags |= SECOND if is_second(cp, seconds) else 0
    if is_break(mapping, seconds) and is_break(bare, seconds):
        flags |= BREAK
    flags |= WORD if unicodedata.category(char)[0] in "LMN" else 0
    flags |= MARK if unicodedata.category(char)[0] == "M" else 0
    ident = mapping in ("", char)
    quick = len(mapping) > 1 and len(composed) == 1
    return (0 if ident else maps.put(mapping),
            maps.put(composed) if quick else 0,
            0 if bare in ("", mapping) else maps.put(bare),
            0 if ident else len(mapping),
            0 if bare in ("", mapping) else len(bare),
            unicodedata.combining(char), flags)


def trie(seconds, maps):
    records, leaves, index, data = {}, {}, [], []
    for start in range(0, 0x110000, BLOCK):
        leaf = tuple(records.setdefault(r, len(records))
                     for r in (record(cp, seconds, maps)
                               for cp in range(start, start + BLOCK)))
        if leaf not in leaves:
            leaves[leaf] = len(leaves)
            data.extend(leaf)
        index.append(leaves[leaf])
    return list(records), index, data


def array(ctype, name, items):
    print(f"\n\nstatic const {ctype}  {name}[] = {{")
    line = "   "
    for item in items:
        if len(line) + len(item) + 2 > 79:
            print(line)
            line = "   "
        line += f" {item},"
    print(line)
    print("};")


def main():
    if unicodedata.unidata_version != UNICODE:
        sys.exit(f"gen-unicode.py: Unicode {UNICODE} is needed, this Python "
                 f"has {unicodedata.unidata_version}")
    pairs = compositions()
    maps = Mappings()
    records, index, data = trie({s for _, s in pairs}, maps)
    assert len(records) < 65536 and len(maps.pool) < 65536
    assert max(index) < 256

    print(f"""
/*
 * Copyright (C) the moderate authors
 *
 * Unicode {UNICODE}.  Made by tools/gen-unicode.py; do not edit.
 */


#ifndef VET_UNICODE_TABLES_H_INCLUDED
#define VET_UNICODE_TABLES_H_INCLUDED


#include <stdint.h>""")
    array("uint8_t", "vet_uni_index", map(str, index))
    array("uint16_t", "vet_uni_leaf", map(str, data))
    array("vet_uni_t", "vet_uni_records",
          ("{" + ",".join(map(str, r)) + "}" for r in records))
    array("uint32_t", "vet_uni_pool", map(hex, maps.pool))
    array("vet_uni_pair_t", "vet_uni_pairs",
          (f"{{{f:#x},{s:#x},{c:#x}}}"
           for (f, s), c in sorted(pairs.items())))
    print("\n\n#endif /* VET_UNICODE_TABLES_H_INCLUDED */")


if __name__ == "__main__":
    main()
