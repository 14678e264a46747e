#!/usr/bin/python3

# Copyright (C) the moderate authors

"""docs/openapi.yaml, and what the API does.

    openapi.py answers FILE   prints what is wrong with recorded answers, JSON
                              Lines with method, path below the location,
                              status and body
    openapi.py calls          prints each call as JSON: method, path, role
    openapi.py routes FILE    compares the calls with the routing table of
                              ngx_http_moderate_api.c

Exits with 1 when something is wrong.
"""

import json
import os
import re
import sys

import jsonschema
import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SPEC = os.path.join(ROOT, "docs", "openapi.yaml")
MOST = 20       # problems that are printed

# a document is found again by its references

with open(SPEC, encoding="utf-8") as spec_file:
    DOCUMENT = yaml.load(spec_file, getattr(yaml, "CSafeLoader",
                                            yaml.SafeLoader))


def resolve(part):
    while "$ref" in part:
        found = DOCUMENT
        for name in part["$ref"][2:].split("/"):
            found = found[name]
        part = found

    return part


def calls():
    for path, item in DOCUMENT["paths"].items():
        for method, call in item.items():
            if method != "parameters":
                yield method.upper(), path, call


def pattern(path):
    parts = re.split(r"\{(\w+)\}", path)
    kinds = {"id": "[0-9a-f]{32}", "name": "[^/]+"}

    return re.compile("".join(re.escape(p) if i % 2 == 0 else kinds[p]
                              for i, p in enumerate(parts)))


class Answers:
    """Compares answers; a validator for each schema is made once."""

    def __init__(self):
        self.calls = [(method, pattern(path), call)
                      for method, path, call in calls()]
        self.validators = {}

    def schema(self, method, path, status):
        """The schema of an answer; a string says what is wrong instead."""

        responses = None

        for known, regex, call in self.calls:
            if known == method and regex.fullmatch(path):
                responses = call["responses"]

        if responses is None:
            if status < 400:
                return "is no call"
            response = {"$ref": "#/components/responses/Error"}

        else:
            response = responses.get(str(status), responses["default"])

            if status < 400 and str(status) not in responses:
                return "has no such status"

        return resolve(response)["content"]["application/json"]["schema"]

    def problems(self, record):
        method = "GET" if record["method"] == "HEAD" else record["method"]
        path = "/" + record["path"]
        schema = self.schema(method, path, record["status"])

        if isinstance(schema, str):
            return [schema]

        if record["method"] == "HEAD":
            return []

        try:
            body = json.loads(record["body"])
        except ValueError as error:
            return ["is no JSON: %s" % error]

        return ["%s: %s" % (e.json_path, e.message[:200])
                for e in self.validator(schema).iter_errors(body)]

    def validator(self, schema):
        key = id(schema)

        if key not in self.validators:
            self.validators[key] = jsonschema.Draft202012Validator(
                schema, resolver=jsonschema.RefResolver("", DOCUMENT))

        return self.validators[key]


def check_answers(name):
    answers = Answers()
    wrong = 0

    with open(name, encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            record = json.loads(line)

            for problem in answers.problems(record):
                wrong += 1
                if wrong <= MOST:
                    print("%s /%s %d: %s" % (record["method"], record["path"],
                                             record["status"], problem))

    return wrong


def check_routes(name):
    """Names of actions, as the table has them, behind an id or alone."""

    with open(name, encoding="utf-8") as source:
        table = re.search(r"ngx_http_moderate_routes\[\] = \{(.*?)\n\};",
                          source.read(), re.S).group(1)

    routes = set()

    for text, method, has_id, role in re.findall(
            r"\{ (ngx_null_string|ngx_string\(\"[^\"]*\"\)), "
            r"NGX_HTTP_(\w+), (\d),\s+NGX_HTTP_MODERATE_(\w+),", table):
        action = re.sub(r'^ngx_string\("|"\)$|^ngx_null_string$', "", text)
        roles = {"READS": "viewer", "DECIDES": "moderator",
                 "WRITES": "moderator"}

        if has_id == "1":
            path = "/held/{id}" + ("/" + action if action else "")
        elif action.startswith("rulesets"):
            path = "/rulesets/{name}" + action[len("rulesets"):]
        else:
            path = "/" + (action or "held")

        routes.add((method, path, roles.get(role, "admin")))

    told = {(method, path, call["x-role"]) for method, path, call in calls()}

    for route in sorted(routes - told):
        print("not in docs/openapi.yaml: %s %s, for a %s" % route)
    for route in sorted(told - routes):
        print("not in the routing table: %s %s, for a %s" % route)

    return len(routes ^ told)


def check_schemas():
    wrong = 0

    for name, schema in DOCUMENT["components"]["schemas"].items():
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
        except jsonschema.SchemaError as error:
            wrong += 1
            print("docs/openapi.yaml: %s: %s" % (name, error.message))

    return wrong


def main():
    if sys.argv[1:] == ["calls"]:
        for method, path, call in calls():
            print(json.dumps({"method": method, "path": path,
                              "role": call["x-role"]}))
        return 0

    if len(sys.argv) == 3 and sys.argv[1] == "answers":
        return 1 if check_answers(sys.argv[2]) else 0

    if len(sys.argv) == 3 and sys.argv[1] == "routes":
        return 1 if check_routes(sys.argv[2]) + check_schemas() else 0

    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
