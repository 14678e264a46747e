#!/usr/bin/env python3
# Copyright (C) the moderate authors
"""Writes engine/vet_unicode_tables.h to standard output.

    python3 tools/gen-unicode.py > engine/vet_unicode_tables.h

The tables come from Python's own unicodedata, and what looks like a Latin
letter and what joiners join from ICU (python3-icu), so both versions must be
pinned: those of Debian 12.  With others the script stops, as the header would
silently change what rules match.
"""

import functools
import itertools
import re
import sys
import unicodedata

import icu

UNICODE = "14.0.0"
ICU = "72.1"
BLOCK = 128             # code points of one leaf of the trie
LONGEST = 4             # longer compatibility mappings are left alone

REMOVE, DROP, SECOND, BREAK, WORD, MARK, LATIN, ACCENT = (
    1, 2, 4, 8, 16, 32, 64, 128)

# What joiners are between; a bit for each Joining_Type that matters.
NEXT, LAST, CLEAR, PICTURE, TONE = 1, 2, 4, 8, 16
JOINING = {"D": NEXT | LAST, "L": NEXT, "R": LAST, "T": CLEAR}

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

# A letter of Vietnamese is what it is.
STROKED = "\u0110\u0111"

# Eth and African D look like D with stroke when they are capitals, and old
# Vietnamese converters write them for it.
STROKE = dict.fromkeys("\u00f0\u00d0\u0256\u0189", "\u0111")

# Scripts of which letters are taken for Latin ones, by the letters' names.
SCRIPTS = ("LATIN ", "CYRILLIC ", "GREEK ", "COPTIC ", "ARMENIAN ",
           "CHEROKEE ", "LISU ", "CANADIAN SYLLABICS ", "SCRIPT ",
           "BLACK-LETTER ", "DOUBLE-STRUCK ", "ROMAN NUMERAL ")

# What ICU sees as another letter than people who write so; capitals of
# Cyrillic must look like their small letters, or case would not be folded.
LOOKS = {
    "\u0430": "a", "\u0432": "b", "\u0433": "r", "\u0435": "e",
    "\u043a": "k", "\u043c": "m", "\u043d": "h", "\u043e": "o",
    "\u0440": "p", "\u0441": "c", "\u0442": "t", "\u0443": "y",
    "\u0445": "x", "\u044c": "b", "\u0456": "i", "\u0458": "j",
    "\u0455": "s", "\u04bb": "h", "\u04af": "y", "\u04b1": "y",
    "\u04cf": "i", "\u0501": "d", "\u051b": "q", "\u051d": "w",
    "\u0475": "v", "\u0454": "e", "\u050d": "g", "\u04ab": "c",
    "\u0391": "a", "\u0392": "b", "\u0395": "e", "\u0396": "z",
    "\u0397": "h", "\u0399": "i", "\u039a": "k", "\u039c": "m",
    "\u039d": "n", "\u039f": "o", "\u03a1": "p", "\u03a4": "t",
    "\u03a5": "y", "\u03a7": "x", "\u03f9": "c", "\u037f": "j",
    "\u03b1": "a", "\u03b2": "b", "\u03b3": "y", "\u03b5": "e",
    "\u03b7": "n", "\u03b9": "i", "\u03ba": "k", "\u03bd": "v",
    "\u03bf": "o", "\u03c1": "p", "\u03c3": "o", "\u03c2": "o",
    "\u03c4": "t", "\u03c5": "u", "\u03c7": "x", "\u03c9": "w",
    "\u03f2": "c", "\u03f3": "j",
    "\u0131": "i", "\u0237": "j", "\u0251": "a", "\u0252": "a",
    "\u0261": "g", "\u025b": "e", "\u0259": "e", "\u01dd": "e",
    "\u0269": "i", "\u0278": "", "\u028b": "v", "\u0138": "k",
    "\u0185": "b", "\u0184": "b", "\u0292": "", "\u01b7": "",
    "\u00e6": "", "\u00c6": "", "\u0153": "", "\u0152": "",
    "\u00df": "", "\u1e9e": "", "\u017f": "s", "\u00fe": "",
    "\u00de": "", "\u01bf": "", "\u01f7": "", "\u027e": "r",
    "\u2c7c": "j",
}

# Letters in a ring, a box or brackets, flags of countries, small capitals.
FRAMED = re.compile(r"(?:(?:NEGATIVE )?(?:CIRCLED|SQUARED) LATIN CAPITAL "
                    r"LETTER|PARENTHESIZED LATIN (?:SMALL|CAPITAL) LETTER|"
                    r"CROSSED NEGATIVE SQUARED LATIN CAPITAL LETTER|"
                    r"TORTOISE SHELL BRACKETED LATIN CAPITAL LETTER|"
                    r"(?:CIRCLED|SQUARED) LATIN SMALL LETTER|"
                    r"REGIONAL INDICATOR SYMBOL LETTER|"
                    r"LATIN LETTER SMALL CAPITAL) ([A-Z])$")

# Letters without a decomposition whose base their names do not tell.
BASES = {0xe6: "ae", 0x153: "oe"}

SPOOF = icu.SpoofChecker()


def hangul(cp):
    return 0xac00 <= cp <= 0xd7a3


def compatible(char):
    """The compatibility decomposition, where it keeps what is read."""
    full = unicodedata.normalize("NFKD", char)
    if " " in full or len(full) > LONGEST or FRAMED.match(
            unicodedata.name(char, "")):
        return unicodedata.normalize("NFD", char)
    return full


@functools.cache
def looks(char):
    """The Latin letter that a character looks like, or None.  Case is folded
    all the same, but for Greek eta, nu and upsilon, which are H, N and Y as
    capitals, and n, v and u."""
    if char < "\x80" or char in STROKED:
        return None
    if char in STROKE:
        return STROKE[char]
    if char in LOOKS:
        return LOOKS[char] or None
    name = unicodedata.name(char, "")
    framed = FRAMED.match(name)
    if framed:
        return framed[1].lower()
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.digit(char))
    small = char.lower()
    if name.startswith("CYRILLIC ") and small != char:
        return looks(small)
    if category[0] != "L" and category != "Nl" \
            or not name.startswith(SCRIPTS) \
            or unicodedata.normalize("NFKD", char) != char \
            or char.casefold() < "\x80":
        return None
    like = SPOOF.getSkeleton(0, char).replace("rn", "m")
    like = LOOKS.get(like) or like
    if like != char and FRAMED.match(unicodedata.name(like[0], "")):
        like = looks(like[0])
    if not re.fullmatch("[A-Za-z]", like):
        capital = char.upper()
        return looks(capital) if len(capital) == 1 and capital != char \
            and not name.startswith("CYRILLIC ") else None
    return "i" if like == "l" and category == "Lu" else like.lower()


def fold(char):
    # U+0345 would become a letter, and its place depend on mark order.
    return looks(char) or (char if char == "\u0345" else char.casefold())


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
        and unicodedata.category(mapping[0]) != "Me" \
        and not is_second(ord(mapping[0]), seconds)


def accents(pairs):
    """The marks that some orthography puts on a Latin letter."""
    return {s for (f, s) in pairs
            if unicodedata.name(chr(f), "").startswith("LATIN ")}


class Mappings:
    """Code point sequences, stored once each."""

    def __init__(self):
        self.pool, self.places = [0], {}

    def put(self, string):
        if string not in self.places:
            self.places[string] = len(self.pool)
            self.pool.extend(map(ord, string))
        return self.places[string]


def record(cp, seconds, accented, maps):
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
    flags |= LATIN if unicodedata.name(char, "").startswith("LATIN ") else 0
    flags |= ACCENT if cp in accented else 0
    ident = mapping in ("", char)
    quick = len(mapping) > 1 and len(composed) == 1
    return (0 if ident else maps.put(mapping),
            maps.put(composed) if quick else 0,
            0 if bare in ("", mapping) else maps.put(bare),
            0 if ident else len(mapping),
            0 if bare in ("", mapping) else len(bare),
            unicodedata.combining(char), flags)


def trie(seconds, accented, maps):
    records, leaves, index, data = {}, {}, [], []
    for start in range(0, 0x110000, BLOCK):
        leaf = tuple(records.setdefault(r, len(records))
                     for r in (record(cp, seconds, accented, maps)
                               for cp in range(start, start + BLOCK)))
        if leaf not in leaves:
            leaves[leaf] = len(leaves)
            data.extend(leaf)
        index.append(leaves[leaf])
    return list(records), index, data


def latin(view):
    """What a view has for the Latin letters of vet_uni_latin_read(), where
    that is one letter, as long in UTF-8 or shorter; else 0."""
    for cp in [*range(0x80, 0x280), *range(0x1e00, 0x1f00)]:
        out = unicodedata.normalize("NFC", view(cp))
        fits = len(out) == 1 and unicodedata.category(out)[0] == "L" \
            and unicodedata.category(chr(cp))[0] == "L" \
            and len(out.encode()) <= len(chr(cp).encode())
        yield hex(ord(out)) if fits else "0"


def joins(cp):
    prop = icu.UProperty
    kind = icu.Char.getPropertyValueName(
        prop.JOINING_TYPE,
        icu.Char.getIntPropertyValue(cp, prop.JOINING_TYPE),
        icu.UPropertyNameChoice.SHORT_PROPERTY_NAME)
    flags = JOINING.get(kind, 0)
    if icu.Char.hasBinaryProperty(cp, prop.EXTENDED_PICTOGRAPHIC):
        flags |= PICTURE
    if icu.Char.hasBinaryProperty(cp, prop.EMOJI_MODIFIER):
        flags |= TONE
    return flags


def ranges(view):
    """Code points that a view has something for, as first, last and that."""
    runs = itertools.groupby(((cp, view(cp)) for cp in range(0x110000)),
                             key=lambda item: item[1])
    for value, run in runs:
        run = [cp for cp, _ in run]
        if value:
            yield f"{{{run[0]:#x},{run[-1]:#x},{value}}}"


def array(ctype, name, items, scope="static "):
    print(f"\n\n{scope}const {ctype}  {name}[] = {{")
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
    if icu.ICU_VERSION != ICU:
        sys.exit(f"gen-unicode.py: ICU {ICU} is needed, this Python has "
                 f"{icu.ICU_VERSION}")
    pairs = compositions()
    maps = Mappings()
    records, index, data = trie({s for _, s in pairs}, accents(pairs), maps)
    assert len(records) < 65536 and len(maps.pool) < 65536
    assert max(index) < 256

    print(f"""
/*
 * Copyright (C) the moderate authors
 *
 * Unicode {UNICODE}, look-alikes and joining types of ICU {ICU}
 * (Unicode {icu.UNICODE_VERSION}).
 * Made by tools/gen-unicode.py; do not edit.
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
    array("uint16_t", "vet_uni_latin_text", latin(text), "")
    array("uint16_t", "vet_uni_latin_fold",
          latin(lambda cp: folded(text(cp))), "")
    array("vet_uni_range_t", "vet_uni_ranges", ranges(joins))
    print("\n\n#endif /* VET_UNICODE_TABLES_H_INCLUDED */")


if __name__ == "__main__":
    main()
