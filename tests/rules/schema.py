#!/usr/bin/python3

# Copyright (C) the moderate authors

"""Rule files against lua-free-rules/schema.json.

    schema.py [MODERATECTL]

Every rule file that is shipped must be valid.  The cases below must be valid,
or not, as said; with a moderatectl, it must be of the same opinion.
"""

import copy
import glob
import json
import os
import subprocess
import sys
import tempfile

import jsonschema
import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
RULES = os.path.join(ROOT, "lua-free-rules")

RULE = {"id": "a.b", "category": "abuse", "score": 4}
WORDS = dict(RULE, words=["x"], examples={"hit": ["x"], "miss": ["y"]})
LIMIT = {"id": "l", "key": "client", "over": 1, "per": "1m", "score": 1}

# a rule's keys, or None for one to be left out; whether it is valid

RULES_CASES = [
    ({}, True),
    ({"examples": None}, False),
    ({"examples": {"hit": ["x"]}}, False),
    ({"score": 0.05}, False),
    ({"score": 1001}, False),
    ({"bare_score": 0}, True),
    ({"words": []}, False),
    ({"words": None}, False),
    ({"match": "x"}, False),
    ({"words": None, "match": "x", "view": "folded"}, True),
    ({"words": None, "match": "x", "view": "none"}, False),
    ({"words": None, "match": "x", "bare_score": 1}, False),
    ({"most": 3}, True),
    ({"most": 0}, False),
    ({"most": 17}, False),
    ({"words": None, "match": "x", "most": 2}, False),
    ({"words": ["x", "y"], "over": 1, "examples": {"hit": ["x y"],
                                                    "miss": ["x"]}}, True),
    ({"words": ["x"], "over": 16}, False),
    ({"words": None, "match": "x", "over": 1, "examples":
      {"hit": ["x x"], "miss": ["x"]}}, True),
    ({"words": None, "match": "x", "over": 16}, False),
    ({"words": {"file": "list.txt"}}, True),
    ({"words": ["z", {"file": "list.txt"}]}, True),
    ({"words": {"file": "a b"}}, False),
    ({"words": {"files": "list.txt"}}, False),
    ({"words": None, "hosts": ["x.vn"],
      "examples": {"hit": ["x.vn"], "miss": ["y.vn"]}}, True),
    ({"words": None, "hosts": "x.vn"}, False),
    ({"words": None, "personal": ["email"],
      "examples": {"hit": ["a@b.vn"], "miss": ["y"]}}, True),
    ({"words": None, "personal": ["mail"]}, False),
    ({"words": None, "measure": "length", "over": 0, "examples": None},
     False),
    ({"words": None, "measure": "length", "over": 0,
      "examples": {"hit": ["x"]}}, True),
    ({"words": None, "measure": "length", "under": 2,
      "examples": {"hit": ["x"]}}, True),
    ({"words": None, "measure": "length"}, False),
    ({"words": None, "measure": "lengths", "over": 0}, False),
    ({"words": None, "measure": "form-token-missing", "examples": None},
     True),
    ({"words": None, "measure": "age-of-form", "under": 3,
      "examples": None}, True),
    ({"forms": ["/a/", "=/b"], "sites": ["s"]}, True),
    ({"forms": ["a"]}, False),
    ({"forms": "/a/"}, False),
    ({"under": 3}, False),
    ({"in": ["text", "url"]}, True),
    ({"in": ["ignore"]}, False),
    ({"mode": "shadow"}, True),
    ({"mode": "off"}, False),
]

# what a file has besides one rule

FILES_CASES = [
    ({"except": [{"rule": "a.b", "when": {"form": "/a/", "site": "s",
                                          "field": "text", "text": "p"}}]},
     True),
    ({"except": [{"rule": "a.b", "when": {"site": ["s", "t"]}}]}, True),
    ({"except": [{"rule": "a.b", "when": {}}]}, False),
    ({"except": [{"rule": "a.b"}]}, False),
    ({"except": [{"when": {"site": "s"}}]}, False),
    ({"except": [{"rule": "a.b", "when": {"field": "texts"}}]}, False),
    ({"limits": [LIMIT]}, True),
    ({"limits": [dict(LIMIT, forms=["/a/"], sites=["s"])]}, True),
    ({"limits": [dict(LIMIT, per="1 m")]}, False),
    ({"limits": [dict(LIMIT, score=0)]}, False),
    ({"thresholds": {"hold": 1, "reject": 2}}, True),
    ({"thresholds": {"held": 1}}, False),
    ({"rules": [WORDS, dict(RULE, id="c", any=["a.b"], none=["d"],
                            examples={"hit": ["x"], "miss": ["y"]}),
                dict(RULE, id="d", score=0, words=["z"],
                     examples={"hit": ["z"], "miss": ["y"]})]}, True),
    ({"rules": [WORDS, dict(RULE, id="c", any=[],
                            examples={"hit": ["x"], "miss": ["y"]})]},
     False),
    ({"rules": [WORDS, dict(RULE, id="c", any=["a.b"], view="raw",
                            examples={"hit": ["x"], "miss": ["y"]})]},
     False),
    ({"extra": 1}, False),
]


def cases():
    for change, valid in RULES_CASES:
        rule = copy.deepcopy(WORDS)
        rule.update(change)
        rule = {key: rule[key] for key in rule if rule[key] is not None}
        yield {"version": 1, "rules": [rule]}, valid

    for change, valid in FILES_CASES:
        yield dict({"version": 1, "rules": [WORDS]}, **change), valid


def accepts(moderatectl, folder, data):
    name = os.path.join(folder, "case.yaml")

    with open(name, "w") as file:
        json.dump(data, file)       # JSON is YAML

    return subprocess.run([moderatectl, "rules", "check", name],
                          stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


def main():
    with open(os.path.join(RULES, "schema.json")) as file:
        schema = json.load(file)

    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    problems = []
    shipped = sorted(glob.glob(os.path.join(RULES, "**", "*.yaml"),
                               recursive=True))

    if not shipped:
        problems.append("no rule file is shipped")

    for name in shipped:
        with open(name) as file:
            data = yaml.safe_load(file)

        for error in validator.iter_errors(data):
            problems.append("%s: %s at %s" % (
                os.path.relpath(name, ROOT), error.message[:200],
                "/".join(str(step) for step in error.absolute_path)))

    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "list.txt"), "w") as file:
            file.write("x\n")

        for data, valid in cases():
            if validator.is_valid(data) != valid:
                problems.append("schema: %s is %svalid" % (
                    json.dumps(data), "not " if valid else ""))

            if len(sys.argv) > 1 \
                    and accepts(sys.argv[1], folder, data) != valid:
                problems.append("moderatectl: %s is %svalid" % (
                    json.dumps(data), "not " if valid else ""))

    for problem in problems:
        print(problem)

    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
