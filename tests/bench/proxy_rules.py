# Copyright (C) the moderate authors

"""Rules and bodies for tests/bench/proxy.py, from a fixed seed.

Each rule is made twice: as one of ours, and as a pattern that finds the same,
for those who have patterns only.  The mixture, and the words and sentences,
are those of bench_match.c: 55 % phrases, 18 % alternations, 9 % words near
each other, 9 % phone numbers and links, 9 % however they are spaced.  Bodies
have ordinary sentences of the same words, so that rules find something in
them now and then.
"""

import os
import random
import re
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = 20240229
BODIES = 16
BODY = 1024             # bytes of each, urlencoded


def arrays():
    """The lists of strings in bench_match.c by name."""

    with open(HERE + "/bench_match.c", encoding="utf-8") as source:
        text = source.read()

    return {name: re.findall(r'"([^"]*)"', values) for name, values in
            re.findall(r"static const char \*const  (\w+)\[\] = \{(.*?)\};",
                       text, re.S)}


class Rule:
    """One rule: keys for a rule file, a pattern, and literals if that is all
    the pattern is."""

    def __init__(self, keys, pattern, literals=None):
        self.keys = keys
        self.pattern = pattern
        self.literals = literals


class Rules:
    """A list of rules; the first 100 of 1,000 are the 100."""

    def __init__(self):
        self.random = random.Random(SEED)
        words = arrays()
        self.vietnamese = words["vietnamese"]
        self.english = words["english"]

    def phrase(self, words):
        choice = self.random.choice
        some = self.vietnamese if self.random.random() < 0.65 else self.english
        return " ".join(choice(some) for _ in range(words))

    def make(self, n):
        kinds = ((55, self.words), (73, self.alternatives), (82, self.near),
                 (91, self.contact), (100, self.spaced))
        rules = []

        for _ in range(n):
            kind = self.random.randrange(100)
            rules.append(next(make for limit, make in kinds
                              if kind < limit)())

        return rules

    def words(self):
        phrases = [self.phrase(self.random.randint(2, 4))
                   for _ in range(self.random.randint(1, 6))]

        return Rule("words: [%s]\n    examples: { hit: [\"%s\"], miss: [x] }"
                    % (", ".join('"%s"' % p for p in phrases), phrases[0]),
                    r"\b(?:%s)\b" % "|".join(phrases), phrases)

    def match(self, pattern, example, literals=None):
        return Rule("match: '%s'\n    examples: { hit: [\"%s\"], miss: [x] }"
                    % (pattern, example), pattern, literals)

    def alternatives(self):
        one, two, three = (self.phrase(self.random.randint(1, 2)),
                           self.phrase(2), self.phrase(2))
        return self.match(r"\b(?:%s|%s) %s\b" % (one, two, three),
                          one + " " + three,
                          [one + " " + three, two + " " + three])

    def near(self):
        one, two, three = self.phrase(1), self.phrase(2), self.phrase(2)
        return self.match(r"\b(?:%s|%s)\b.{0,40}\b%s\b" % (one, two, three),
                          one + ", " + three)

    def contact(self):
        n = self.random.randrange(10000000)

        if self.random.randrange(2):
            digits = "%02d" % (n % 100), "%03d" % (n // 100 % 1000), \
                "%03d" % (n % 997)
            return self.match(r"(?<!\d)09%s[ .-]?%s[ .-]?%s(?!\d)" % digits,
                              "09%s %s %s" % digits)

        host = "".join(self.random.choice(self.english)
                       for _ in range(2)) + str(n % 1000)
        return self.match(r"https?://(?:www\.)?%s\.(?:com|net|vn)/\w+" % host,
                          "http://%s.com/a" % host)

    def spaced(self):
        words = [self.random.choice(self.english) for _ in range(2)]
        squeezed = [re.sub(r"(.)\1", r"\1", word) for word in words]

        return Rule("view: squeezed\n    match: '\\b%s\\b'\n"
                    "    examples: { hit: [\"%s\"], miss: [x] }"
                    % (" ?".join(squeezed), " ".join(words)),
                    r"[\W_]*".join("".join(words)))


def rule_file(rules):
    """Ours, with limits that ask Redis and never hit."""

    text = "version: 1\n\nrules:\n"

    for n, rule in enumerate(rules):
        text += ("  - id: bench.rule-%d\n    title: Bench\n"
                 "    category: advertising\n    score: 1\n    %s\n"
                 % (n, rule.keys))

    return text + """
thresholds: { hold: 900, reject: 1000 }

limits:
  - { id: rate.client, key: client, over: 900000000, per: 10m, score: 5 }
  - { id: dup.text, key: fingerprint, over: 900000000, per: 1h, score: 4 }
"""


def bodies():
    """Forms of four fields, of 1,024 bytes, with a comment of sentences."""

    chosen = random.Random(SEED)
    sentences = arrays()["sentences"]
    made = []

    for n in range(BODIES):
        head = urllib.parse.urlencode({
            "name": "Nguyễn Văn A", "email": "a%d@example.vn" % n,
            "csrf": "%032x" % chosen.getrandbits(128)}) + "&comment="
        comment = ""

        while True:
            more = comment + (" " if comment else "") + chosen.choice(sentences)
            if len(head + urllib.parse.quote_plus(more)) > BODY:
                break
            comment = more

        body = head + urllib.parse.quote_plus(comment)
        made.append(body + "." * (BODY - len(body)))

    return made
