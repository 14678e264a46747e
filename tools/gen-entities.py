#!/usr/bin/env python3
# Copyright (C) the moderate authors
"""Writes engine/vet_entities_tables.h to standard output.

    python3 tools/gen-entities.py > engine/vet_entities_tables.h
    python3 tools/gen-entities.py --check

The names come from Python's own copy of the table of the HTML standard, which
is frozen: with another number of names the script stops.
"""

import html
import html.entities
import os
import sys

NAMES = 2231
HEADER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "..", "engine", "vet_entities_tables.h")


def rows(items):
    lines, line = [], "   "
    for item in items:
        if len(line) + len(item) + 1 > 79:
            lines.append(line)
            line = "   "
        line += " " + item
    return "\n".join(lines + [line])


def pool(names):
    """The names, one behind the other, as lines of a string literal."""
    lines, line = [], ""
    for name in names:
        if len(line) + len(name) > 72:
            lines.append(line)
            line = ""
        line += name
    return "\n".join(f'    "{part}"' for part in lines + [line])


def references():
    """What numbers 128 to 159 stand for: windows-1252, where it has it."""
    return [ord(html.unescape(f"&#{n};")) for n in range(0x80, 0xa0)]


def index(names):
    """Where the names with each first letter begin, from "A" to "z"."""
    return [sum(1 for n in names if ord(n[0]) < c)
            for c in range(ord("A"), ord("z") + 2)]


def header():
    table = sorted(html.entities.html5.items(), key=lambda e: e[0].encode())
    if len(table) != NAMES:
        sys.exit(f"gen-entities.py: {NAMES} names are needed, this Python "
                 f"has {len(table)}")

    offset, entries = 0, []
    for name, chars in table:
        assert name.rstrip(";").isalnum() and name.isascii()
        assert 1 <= len(chars) <= 2
        second = ord(chars[1]) if len(chars) == 2 else 0
        assert second < 0x10000 and offset < 0x10000
        entries.append(f"{{{ord(chars[0]):#x},{second:#x},{offset}}},")
        offset += len(name)
    entries.append(f"{{0,0,{offset}}}")

    return f"""
/*
 * Copyright (C) the moderate authors
 *
 * Character references of the HTML standard, {NAMES} names in the order of
 * their bytes.  Made by tools/gen-entities.py; do not edit.
 */


#ifndef VET_ENTITIES_TABLES_H_INCLUDED
#define VET_ENTITIES_TABLES_H_INCLUDED


#include <stdint.h>


#define VET_ENTITIES_N      {NAMES}
#define VET_ENTITY_LEN      {max(len(n) for n, _ in table)}
#define VET_ENTITY_SHORT    {max(len(n) for n, _ in table if n[-1] != ";")}


static const char  vet_entity_names[] =
{pool(n for n, _ in table)};


/* code points, the second 0 for none; where the name begins */

static const vet_entity_t  vet_entities[VET_ENTITIES_N + 1] = {{
{rows(entries)}
}};


/* the first name with each letter from "A" to "z", and behind the last */

static const uint16_t  vet_entity_index[] = {{
{rows(f"{n}," for n in index([name for name, _ in table]))}
}};


/* what the numbers 128 to 159 are taken for */

static const uint16_t  vet_entity_numbers[32] = {{
{rows(f"{n:#06x}," for n in references())}
}};


#endif /* VET_ENTITIES_TABLES_H_INCLUDED */
"""


def main():
    if sys.argv[1:] == ["--check"]:
        with open(HEADER, encoding="utf-8") as f:
            if f.read() != header():
                sys.exit("engine/vet_entities_tables.h is not what "
                         "tools/gen-entities.py makes")
    else:
        sys.stdout.write(header())


if __name__ == "__main__":
    main()
