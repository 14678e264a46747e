#!/usr/bin/python3

# Copyright (C) the moderate authors

"""How well the rules judge: "make quality" runs it.

    quality.py [--corpora DIR] [--split dev|test] [--rules PATH] ...

Texts are tests/quality/*.jsonl and, when there is a folder of corpora, its
comments.jsonl.  A text without a split of ours has one by a hash of the text.
Figures are compared with tools/quality.json: exit 1 when one is missed, 3 when
something cannot be measured at all.
"""

import argparse
import glob
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import unicodedata

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

DEV = 60            # per cent of the texts without a split

LOOKALIKES = dict(zip("aceijopsxyABCEHIKMOPTXY",
                      "\u0430\u0441\u0435\u0456\u0458\u043e\u0440\u0455\u0445"
                      "\u0443\u0410\u0412\u0421\u0415\u041d\u0406\u041a\u041c"
                      "\u041e\u0420\u0422\u0425\u0423"))
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"

WORD = re.compile(r"[^\W\d_]{2,}")
LINK = re.compile(r"\S+://\S+|www\.\S+|\S+@\S+|\S+\.[a-z]{2,}(?:/\S*)?", re.I)


class Trouble(Exception):
    pass


def per_cent(part, whole):
    return 100.0 * part / whole if whole else None


def split_of(record):
    digest = hashlib.sha256(record["text"].encode()).digest()
    return "dev" if int.from_bytes(digest[:4], "big") % 100 < DEV else "test"


def read_lines(name):
    records = []
    try:
        with open(name, encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                if line.strip():
                    record = json.loads(line)
                    record.setdefault("text", "")
                    records.append(record)
    except (OSError, ValueError) as e:
        raise Trouble("%s: %s" % (name, e)) from e
    return records


def read_own(folder):
    """The project's own texts: their split is theirs, if they say one."""
    records = []
    for name in sorted(glob.glob(os.path.join(folder, "*.jsonl"))):
        base = os.path.basename(name)[:-len(".jsonl")]
        for record in read_lines(name):
            if record.get("split") not in ("dev", "test"):
                record["split"] = split_of(record)
            record.setdefault("source", base)
            if "tone" in record:
                record.setdefault("label", record["tone"])
            if not record.get("label"):
                raise Trouble("%s: %s: no label" % (name, record.get("id")))
            record["file"] = base
            records.append(record)
    return records


def read_comments(folder):
    """comments.jsonl of the corpora; its own "split" means something else."""
    records = read_lines(os.path.join(folder, "comments.jsonl"))
    for record in records:
        record["split"] = split_of(record)
    return records


class Judge:
    def __init__(self, program, rules, data):
        self.command = [program, "rules", "corpus", "-", *rules, "--each",
                        "--hits"]
        self.benign = set(data["benign"])

    def __call__(self, records):
        """Judges texts; the verdicts, in their order."""
        lines = "".join(json.dumps({k: v for k, v in r.items()
                                    if k in ("text", "title", "author")}) +
                        "\n" for r in records)
        run = subprocess.run(self.command, input=lines.encode(),
                             stdout=subprocess.PIPE, check=False)
        if run.returncode != 0:
            raise Trouble("moderatectl exits with %d" % run.returncode)
        verdicts = [json.loads(line) for line in run.stdout.splitlines()]
        if len(verdicts) != len(records):
            raise Trouble("%d texts, %d verdicts" % (len(records),
                                                     len(verdicts)))
        return verdicts

    def is_benign(self, record):
        return record["label"] in self.benign


def caught(verdict):
    return verdict["verdict"] != "pass"


def judge_groups(judged):
    """Verdicts by source, label and language."""
    groups = {}
    for record, verdict in judged:
        key = record["source"], record["label"], record.get("lang", "")
        row = groups.setdefault(key, {"source": key[0], "label": key[1],
                                      "lang": key[2], "n": 0, "pass": 0,
                                      "hold": 0, "reject": 0})
        row["n"] += 1
        row[verdict["verdict"]] += 1
    return [groups[key] for key in sorted(groups)]


def category_of(record):
    """The category of rules that should find a text: that of spam is stated,
    else it is the label.
    """
    if record["label"] in ("abuse", "personal-data"):
        return record["label"]
    return record.get("category")


def judge_categories(judge, judged):
    """Recall: of texts with this category, those caught.  Precision: of those
    caught with a hit of a rule of this category, those that are not benign.
    """
    rows = {}

    def row(name):
        return rows.setdefault(name, {"category": name, "n": 0, "caught": 0,
                                      "named": 0, "hits": 0, "right": 0})

    for record, verdict in judged:
        benign = judge.is_benign(record)
        hit = {h["category"] for h in verdict["hits"] if h["score"] > 0}
        category = category_of(record)

        if category and not benign:
            row(category)["n"] += 1
            row(category)["caught"] += caught(verdict)
            row(category)["named"] += caught(verdict) and category in hit

        for name in hit if caught(verdict) else ():
            row(name)["hits"] += 1
            row(name)["right"] += not benign

    for r in rows.values():
        r["recall"] = per_cent(r["caught"], r["n"])
        r["precision"] = per_cent(r["right"], r["hits"])

    return [rows[name] for name in sorted(rows)]


def judge_civil(judged):
    """Civil criticism beside civil praise, in pairs of one subject."""
    rows = {"criticism": [0, 0], "praise": [0, 0]}
    pairs = {}
    for record, verdict in judged:
        tone = record.get("tone")
        if tone in rows:
            rows[tone][0] += 1
            rows[tone][1] += not caught(verdict)
            pair = record.get("file"), record.get("pair")
            pairs.setdefault(pair, []).append(tone)
    odd = sum(sorted(tones) != ["criticism", "praise"]
              for tones in pairs.values())
    return {"pairs": len(pairs), "incomplete": odd,
            **{tone: {"n": n, "passed": passed}
               for tone, (n, passed) in rows.items()}}


def spans_of(record):
    """Runs of the characters that are marked in a text."""
    marked = record.get("spans") or "[]"
    if isinstance(marked, str):
        marked = json.loads(marked)
    runs = []
    for place in marked:
        if runs and runs[-1][1] == place:
            runs[-1][1] = place + 1
        else:
            runs.append([place, place + 1])
    return runs


def byte_places(verdict, text, wanted):
    """Places of hits in the text, as characters; wanted chooses hits."""
    raw = text.encode()
    places = []
    for hit in verdict["hits"]:
        if hit.get("field") == "text" and hit["score"] > 0 and wanted(hit):
            start = len(raw[:hit["start"]].decode(errors="ignore"))
            end = len(raw[:hit["end"]].decode(errors="ignore"))
            places.append((start, end))
    return places


def judge_profanity(judged, words):
    """Marked spans with a plain profane word: caught when the text is, and a
    rule of category abuse has a hit there.
    """
    n = found = 0
    words = set(words)
    for record, verdict in judged:
        if record["label"] != "insult-span":
            continue
        places = byte_places(verdict, record["text"],
                             lambda hit: hit["category"] == "abuse")
        for start, end in spans_of(record):
            span = unicodedata.normalize("NFC", record["text"][start:end])
            if words.isdisjoint(re.findall(r"\w+", span.lower())):
                continue
            n += 1
            found += caught(verdict) and any(a < end and start < b
                                             for a, b in places)
    return {"n": n, "caught": found, "rate": per_cent(found, n)}


# What is done to words that made hits.  Each takes a word and dice, and
# returns the word as somebody would write it who knows the rules.

def with_lookalikes(word, dice):
    places = [i for i, c in enumerate(word) if c in LOOKALIKES]
    for i in dice.sample(places, min(len(places), 2)):
        word = word[:i] + LOOKALIKES[word[i]] + word[i + 1:]
    return word


def with_invisible(word, dice):
    i = dice.randrange(1, len(word))
    return word[:i] + dice.choice(INVISIBLE) + word[i:]


def with_spaces(word, _dice):
    return " ".join(word)


def with_dots(word, dice):
    return dice.choice(".-_*").join(word)


def without_accents(word, _dice):
    word = word.replace("đ", "d").replace("Đ", "D")
    return "".join(c for c in unicodedata.normalize("NFD", word)
                   if not unicodedata.combining(c))


# between two words with spaces in them there are more, or nobody could tell
# where the second one begins

WIDE = "  "

# every word of a hit, or one; spaces in all words would end all words

EVASIONS = {"confusables": (with_lookalikes, True),
            "zero width": (with_invisible, True),
            "spaces": (with_spaces, False),
            "dots": (with_dots, False),
            "no accents": (without_accents, True)}


def rewritten(record, verdict, kind, seed):
    """The text with the words of its hits rewritten; addresses stay, for one
    that is rewritten leads nowhere.  None: there is nothing to rewrite.
    """
    rewrite, every = EVASIONS[kind]
    text = unicodedata.normalize("NFC", record["text"])
    if text != record["text"]:
        return None

    dice = random.Random("%s %s %s" % (seed, kind, record["text"]))
    links = [m.span() for m in LINK.finditer(text)]
    chosen = set()

    for start, end in byte_places(verdict, text, lambda hit: True):
        words = [m.span() for m in WORD.finditer(text)
                 if m.start() < end and start < m.end()
                 and not any(a < m.end() and m.start() < b for a, b in links)]
        if words and not every:
            longest = max(b - a for a, b in words)
            words = [dice.choice([w for w in words
                                  if w[1] - w[0] >= min(3, longest)])]
        chosen.update(words)

    out, behind = text, None
    for start, end in sorted(chosen, reverse=True):
        gap = out[end:behind] if behind is not None else ""
        wide = kind == "spaces" and gap == " "
        out = (out[:start] + rewrite(out[start:end], dice)
               + (WIDE if wide else "") + out[end:])
        behind = start

    return None if out == text else out


def judge_evasion(judge, judged, seed):
    """What is lost of the texts that are caught, when they are rewritten."""
    rows = []
    bad = [(r, v) for r, v in judged if caught(v)
           and not judge.is_benign(r) and r["label"] != "personal-data"]

    for kind in EVASIONS:
        texts = []
        for record, verdict in bad:
            text = rewritten(record, verdict, kind, seed)
            if text is not None:
                texts.append(dict(record, text=text))
        verdicts = judge(texts) if texts else []
        kept = sum(map(caught, verdicts))
        lost = [t["text"] for t, v in zip(texts, verdicts) if not caught(v)]
        rows.append({"kind": kind, "n": len(texts), "kept": kept,
                     "loss": per_cent(len(texts) - kept, len(texts)),
                     "lost": lost})
    return rows


def rate_of(judged, wanted, counts):
    chosen = [v for r, v in judged if wanted(r)]
    return per_cent(sum(map(counts, chosen)), len(chosen))


def figures_of(judge, judged, result):
    """The figures that are required; None: there is nothing to measure."""
    bad = [(r, v) for r, v in judged if not judge.is_benign(r)]
    civil = result["civil"]
    losses = [row["loss"] for row in result["evasion"] if row["n"]]
    return {
        "benign held": rate_of(judged, judge.is_benign,
                               lambda v: v["verdict"] == "hold"),
        "benign rejected": rate_of(judged, judge.is_benign,
                                   lambda v: v["verdict"] == "reject"),
        "English spam": rate_of(
            bad, lambda r: r.get("lang") == "en" and
            (r["label"] == "spam" or
             r.get("category") in ("advertising", "scam")), caught),
        "Vietnamese advertising and scam": rate_of(
            bad, lambda r: r.get("lang") == "vi" and
            r.get("category") in ("advertising", "scam"), caught),
        "plain profanity": result["profanity"]["rate"],
        "civil criticism passed": per_cent(civil["criticism"]["passed"],
                                           civil["criticism"]["n"]),
        "civil praise passed": per_cent(civil["praise"]["passed"],
                                        civil["praise"]["n"]),
        "evasion loss": max(losses, default=None),
    }


def compare(figures, required):
    """Rows of what is measured beside what is required."""
    rows = []
    for name, value in figures.items():
        limit = required[name]
        missed = value is not None and (value > limit.get("most", 100) or
                                        value < limit.get("least", 0))
        rows.append({"figure": name, "value": value, **limit,
                     "missed": missed})
    return rows


def missed_figures(result):
    missed = [row["figure"] for row in result["figures"] if row["missed"]]
    civil = result["civil"]
    if civil["criticism"]["passed"] != civil["praise"]["passed"] or \
            civil["incomplete"]:
        missed.append("civil criticism passes as often as civil praise")
    return missed


def shown(value):
    return "-" if value is None else "%.2f" % value


def print_tables(result):
    print("%-14s %-14s %-4s %6s  %8s %8s %8s" % (
        "source", "label", "lang", "n", "pass %", "hold %", "reject %"))
    for g in result["groups"]:
        print("%-14s %-14s %-4s %6d  %8s %8s %8s" % (
            g["source"], g["label"], g["lang"], g["n"],
            *(shown(per_cent(g[v], g["n"]))
              for v in ("pass", "hold", "reject"))))

    print("\n%-20s %6s %9s %9s %9s  %6s %11s" % (
        "category", "n", "caught", "named", "recall %", "hits",
        "precision %"))
    for r in result["categories"]:
        print("%-20s %6d %9d %9d %9s  %6d %11s" % (
            r["category"], r["n"], r["caught"], r["named"],
            shown(r["recall"]), r["hits"], shown(r["precision"])))

    print("\ncivil pairs: %d, incomplete %d" % (
        result["civil"]["pairs"], result["civil"]["incomplete"]))
    for tone in ("criticism", "praise"):
        print("  %-12s %5d of %5d pass" % (tone,
                                           result["civil"][tone]["passed"],
                                           result["civil"][tone]["n"]))

    print("\n%-20s %6s %6s %13s" % ("evasion", "n", "kept", "loss, points"))
    for r in result["evasion"]:
        print("%-20s %6d %6d %13s" % (r["kind"], r["n"], r["kept"],
                                      shown(r["loss"])))

    print("\nplain profanity: %d of %d marked spans that have a word of "
          "tools/quality.json" % (result["profanity"]["caught"],
                                  result["profanity"]["n"]))

    print("\n%-34s %9s  %s" % ("figure", "per cent", "required"))
    for r in result["figures"]:
        bound = "at least %g" % r["least"] if "least" in r else \
            "at most %g" % r["most"]
        print("%-34s %9s  %-14s %s" % (
            r["figure"], shown(r["value"]), bound,
            "not measured" if r["value"] is None
            else "MISSED" if r["missed"] else "ok"))


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    build = os.path.join(ROOT, "build")
    parser.add_argument("--moderatectl",
                        default=os.path.join(build, "moderatectl"))
    parser.add_argument("--rules", action="append",
                        help="default: lua-free-rules")
    parser.add_argument("--sets",
                        default=os.path.join(ROOT, "tests", "quality"))
    parser.add_argument("--corpora", help="folder with comments.jsonl")
    parser.add_argument("--split", choices=("dev", "test"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", default=os.path.join(build, "quality.json"))
    parser.add_argument("--lost", action="store_true",
                        help="print the rewritten texts that pass")
    return parser.parse_args()


def measure(arguments, data):
    judge = Judge(arguments.moderatectl,
                  arguments.rules or [os.path.join(ROOT, "lua-free-rules")],
                  data)
    records = read_own(arguments.sets)
    if arguments.corpora:
        records += read_comments(arguments.corpora)
    if arguments.split:
        records = [r for r in records if r["split"] == arguments.split]
    if not records:
        raise Trouble("no texts to measure with")

    judged = list(zip(records, judge(records)))
    result = {"split": arguments.split or "all", "seed": arguments.seed,
              "texts": len(records), "groups": judge_groups(judged),
              "categories": judge_categories(judge, judged),
              "civil": judge_civil(judged),
              "profanity": judge_profanity(judged, data["profanity"]),
              "evasion": judge_evasion(judge, judged, arguments.seed)}
    result["figures"] = compare(figures_of(judge, judged, result),
                                data["figures"])
    result["missed"] = missed_figures(result)
    return result


def main():
    arguments = read_arguments()

    with open(os.path.join(ROOT, "tools", "quality.json"),
              encoding="utf-8") as f:
        data = json.load(f)

    try:
        result = measure(arguments, data)
    except Trouble as e:
        print("quality: %s" % e, file=sys.stderr)
        return 3

    print("%d texts, split %s; a text without a split is dev in %d of 100 "
          "cases, by the SHA-256 of it\n" % (result["texts"], result["split"],
                                             DEV))
    print_tables(result)

    if arguments.lost:
        for row in result["evasion"]:
            for text in row["lost"]:
                print("%s: %s" % (row["kind"], json.dumps(text)))

    with open(arguments.out, "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1)
        f.write("\n")

    for name in result["missed"]:
        print("quality: missed: %s" % name, file=sys.stderr)

    return 1 if result["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
