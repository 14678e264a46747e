#!/usr/bin/env python3
# Copyright (C) the moderate authors
"""Checks the quality sets beside this file.

    python3 tests/quality/check.py

Prints each problem as file:line: problem and exits with 1 if there is any.
"""

import collections
import json
import os
import re
import sys
import unicodedata

HERE = os.path.dirname(os.path.abspath(__file__))

# what each file must hold: the least number of texts of each label

FILES = {
    "civil-vi": {"benign": 640},
    "civil-en": {"benign": 220},
    "benign-vi": {"benign": 400},
    "benign-en": {"benign": 200},
    "spam-vi": {"spam": 400},
    "spam-en": {"spam": 200},
    "abuse-vi": {"abuse": 150, "benign": 100},
    "abuse-en": {"abuse": 60, "benign": 40},
    "personal": {"personal-data": 80, "benign": 80},
    "spam-vi-second": {"spam": 300},
    "spam-en-second": {"spam": 100},
    "benign-vi-second": {"benign": 400},
    "benign-en-second": {"benign": 120},
}

KEYS = ["id", "source", "lang", "label", "category", "split", "text"]
MORE = {"civil": ["pair", "tone"]}
TONES = ["criticism", "praise"]

# the halves of a label may differ by this many texts, or this part of them

UNEVEN = 4
UNEVEN_PART = 0.04

# two texts that share more than this part of their word triples are one

ALIKE = 0.6

# characters of a text: a comment, not a page

LONGEST = 1200


def rows(name, complain):
    path = os.path.join(HERE, name + ".jsonl")
    try:
        with open(path, encoding="utf-8", newline="\n") as f:
            lines = f.read().split("\n")
    except (OSError, UnicodeDecodeError) as e:
        complain(name, 0, str(e))
        return
    if lines.pop() != "":
        complain(name, len(lines) + 1, "no line feed at the end")
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
        except ValueError as e:
            complain(name, number, "not JSON: %s" % e)
            continue
        if not isinstance(row, dict):
            complain(name, number, "not an object")
            continue
        yield number, row


def digits_pass_luhn(text):
    for found in re.findall(r"\d(?:[ -]?\d){12,18}", text):
        digits = [int(c) for c in found if c.isdigit()]
        total = 0
        for place, digit in enumerate(reversed(digits)):
            double = digit * 2 - (9 if digit > 4 else 0)
            total += double if place % 2 else digit
        if total % 10 == 0:
            return True
    return False


def wrong_span(row):
    span, text = row["span"], row["text"]
    if (not isinstance(span, list) or len(span) != 2
            or not all(type(at) is int for at in span)):
        return "span must be [start, end]"
    if not 0 <= span[0] < span[1] <= len(text):
        return "span %s is not inside the text" % span
    part = text[span[0]:span[1]]
    if part != part.strip():
        return "span %s begins or ends with space" % span
    return None


def problems_of_row(name, row):
    kind = name.split("-")[0]
    want = KEYS + MORE.get(kind, [])
    if row.get("label") == "abuse":
        want = want + ["span"]
    if list(row) != want:
        yield "keys are %s, expected %s" % (list(row), want)
        return

    for key in KEYS:
        if not isinstance(row[key], str) or row[key] == "":
            yield "%s must be a string that is not empty" % key
            return

    if row["label"] not in FILES[name]:
        yield "label \"%s\" is not one of this file" % row["label"]
    if row["lang"] not in ("vi", "en"):
        yield "lang must be vi or en"
    elif "-" in name and name.split("-")[1] != row["lang"]:
        yield "lang is not the one of this file"
    if row["split"] not in ("dev", "test"):
        yield "split must be dev or test"
    if kind == "spam" and row["category"] not in (
            "advertising", "scam", "impersonation"):
        yield "category \"%s\" is unknown" % row["category"]

    text = row["text"]
    if text != text.strip() or len(text) > LONGEST:
        yield "text begins or ends with space, or is too long"
    if text != unicodedata.normalize("NFC", text):
        yield "text is not NFC"
    if re.search(r"\[\[|\]\]|[{}]|\\n", text):
        yield "text has marks of its making left"

    if "span" in row and wrong_span(row) is not None:
        yield wrong_span(row)
    if kind == "personal":
        if row["category"] == "bank-card":
            if not digits_pass_luhn(text):
                yield "no number that could be of a bank card"
        elif row["label"] == "benign" and digits_pass_luhn(text):
            yield "a number that could be of a bank card"


def check_pairs(name, numbered, complain):
    pairs = collections.defaultdict(dict)
    for number, row in numbered:
        if type(row["pair"]) is not int or row["tone"] not in TONES:
            complain(name, number, "pair must be a number, tone one of %s"
                     % ", ".join(TONES))
        elif row["tone"] in pairs[row["pair"]]:
            complain(name, number, "second %s of pair %d"
                     % (row["tone"], row["pair"]))
        else:
            pairs[row["pair"]][row["tone"]] = (number, row)

    for pair, tones in pairs.items():
        if len(tones) != 2:
            for number, _ in tones.values():
                complain(name, number, "pair %d lacks its twin" % pair)
            continue
        number, criticism = tones["criticism"]
        praise = tones["praise"][1]
        for key in ("split", "category", "lang"):
            if criticism[key] != praise[key]:
                complain(name, number, "pair %d differs in %s" % (pair, key))


def check_amounts(name, numbered, complain):
    halves = collections.Counter((row["label"], row["split"])
                                 for _, row in numbered)
    for label, least in FILES[name].items():
        dev, test = halves[label, "dev"], halves[label, "test"]
        if dev + test < least:
            complain(name, 0, "%d of label \"%s\", expected %d at least"
                     % (dev + test, label, least))
        if abs(dev - test) > max(UNEVEN, UNEVEN_PART * (dev + test)):
            complain(name, 0, "label \"%s\" has %d dev and %d test texts"
                     % (label, dev, test))


def words_of(text):
    text = unicodedata.normalize("NFC", text).casefold()
    return re.findall(r"\w+", text)


def check_alike(everything, complain):
    """No text twice, nor nearly: the halves would measure the same."""
    seen, triples = {}, []
    holders = collections.defaultdict(list)

    for at, (name, number, row) in enumerate(everything):
        words = words_of(row["text"])
        key = " ".join(words) or row["text"]
        if key in seen:
            complain(name, number, "the text of %s again" % seen[key])
        seen.setdefault(key, row["id"])
        mine = set(zip(words, words[1:], words[2:]))
        triples.append(mine)
        shared = collections.Counter(other for triple in mine
                                     for other in holders[triple])
        for other, both in shared.items():
            twin = everything[other][2]
            pair = name.startswith("civil") and (
                row["pair"] == twin.get("pair"))
            if not pair and both > ALIKE * len(mine | triples[other]):
                complain(name, number, "nearly the text of %s" % twin["id"])
        for triple in mine:
            holders[triple].append(at)


def main():
    problems, ids, everything = [], {}, []

    def complain(name, number, what):
        problems.append("%s.jsonl:%d: %s" % (name, number, what))

    for name in FILES:
        good = []
        for number, row in rows(name, complain):
            found = list(problems_of_row(name, row))
            for what in found:
                complain(name, number, what)
            if found:
                continue
            if row["id"] in ids:
                complain(name, number, "id \"%s\" is at %s already"
                         % (row["id"], ids[row["id"]]))
            ids[row["id"]] = "%s.jsonl:%d" % (name, number)
            good.append((number, row))
        if name.startswith("civil"):
            check_pairs(name, good, complain)
        check_amounts(name, good, complain)
        everything += [(name, number, row) for number, row in good]

    for name in sorted(os.listdir(HERE)):
        if name.endswith(".jsonl") and name[:-6] not in FILES:
            complain(name[:-6], 0, "is not known to check.py")

    check_alike(everything, complain)
    for line in problems:
        print(line)
    if problems:
        return 1
    print("%d texts in %d files" % (len(everything), len(FILES)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
