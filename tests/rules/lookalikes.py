#!/usr/bin/python3

# Copyright (C) the moderate authors

"""Letters that look like Latin ones, in phrases of the shipped rules.

    lookalikes.py MODERATECTL

Each character that the views take for a letter or digit is put into a shipped
phrase, alone, in place of what it looks like.  The phrase's rule must hit as
if nothing had been done.
"""

import importlib.util
import json
import os
import re
import subprocess
import sys
import unicodedata

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
RULES = os.path.join(ROOT, "lua-free-rules")

LEAST = 2300            # letters and digits; fewer: the table was not read
WORD = re.compile(r"\w+")


def tables():
    """tools/gen-unicode.py, which says what looks like what."""
    spec = importlib.util.spec_from_file_location(
        "gen_unicode", os.path.join(ROOT, "tools", "gen-unicode.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def lookalikes():
    """Characters that are one Latin letter or digit in the view "text"."""
    view = tables().text
    for cp in range(0x80, 0x110000):
        like = view(cp)
        if re.fullmatch("[a-z0-9\u0111]", like):
            yield chr(cp), like


def spelled(words):
    """The phrases of a rule, and of the lists that it names."""
    for word in words if isinstance(words, list) else [words]:
        if isinstance(word, str):
            yield word
            continue
        with open(os.path.join(RULES, word["file"]), encoding="utf-8") as file:
            for line in file:
                if line.strip() and not line.startswith("#"):
                    yield line.strip()


def phrases():
    """(rule, phrase) of the shipped rules, long ones first: there is nothing
    odd about them but the letter.
    """
    found = []
    for name in sorted(os.listdir(RULES)):
        if not name.endswith(".yaml"):
            continue
        with open(os.path.join(RULES, name), encoding="utf-8") as file:
            for rule in yaml.safe_load(file).get("rules", ()):
                found += [(rule["id"], phrase)
                          for phrase in spelled(rule.get("words", []))]
    return sorted(found, key=lambda pair: -len(pair[1]))


def place_of(like, word):
    """Where like is in the phrase, or None."""
    for match in WORD.finditer(word):
        at = match.group().find(like)
        if at >= 0 and (len(match.group()) > 1 or like.isdigit()):
            return match.start() + at
    return None


def cases():
    known = phrases()
    chosen = {}
    for char, like in lookalikes():
        if like not in chosen:
            chosen[like] = next(((rule, word, place_of(like, word))
                                 for rule, word in known
                                 if place_of(like, word) is not None), None)
        if chosen[like] is None:
            yield char, like, None, None
            continue
        rule, word, at = chosen[like]
        yield char, like, rule, word[:at] + char + word[at + len(like):]


def judge(moderatectl, texts):
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    run = subprocess.run([moderatectl, "rules", "corpus", "-", RULES, "--each",
                          "--hits"], input=lines.encode(),
                         stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def main():
    tried = list(cases())
    failed = 0

    for char, like, rule, _ in tried:
        if rule is None:
            print("lookalikes: U+%04X: no shipped phrase has \"%s\"" % (
                ord(char), like))
            failed += 1

    tried = [case for case in tried if case[2] is not None]
    verdicts = judge(sys.argv[1], [case[3] for case in tried])

    for (char, like, rule, text), verdict in zip(tried, verdicts):
        if not any(hit["rule"] == rule for hit in verdict["hits"]):
            print("lookalikes: U+%04X %s looks like \"%s\", but \"%s\" is not "
                  "hit by %s" % (ord(char), unicodedata.name(char, "?"), like,
                                 text, rule))
            failed += 1

    if len(tried) < LEAST:
        print("lookalikes: %d characters, expected at least %d" % (len(tried),
                                                                  LEAST))
        failed += 1

    return 1 if failed or len(verdicts) != len(tried) else 0


if __name__ == "__main__":
    sys.exit(main())
