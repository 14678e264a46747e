#!/usr/bin/python3

# Copyright (C) the moderate authors

"""What can become of a held submission: the table, proved and written down.

    steps.py            writes docs/states.md
    steps.py --check    the same, compared with what is there

Reads the table in ngx_module/ngx_http_moderate_steps.c and goes through all
that can happen, item states with and without an appeal.  Exits with 1 when
one of what must hold does not, or the page is not as the table is.
"""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TABLE = os.path.join(ROOT, "ngx_module", "ngx_http_moderate_steps.c")
NAMES = os.path.join(ROOT, "ngx_module", "ngx_http_moderate_keys.c")
PAGE = os.path.join(ROOT, "docs", "states.md")

WAITS = ("pending", "claimed", "appealed")
PEOPLE = ("moderator", "admin", "receipt")
GONE = "removed"

WHO = {"moderator": "a moderator", "admin": "an admin",
       "receipt": "who holds the receipt", "delivery": "the delivery",
       "nginx": "nginx"}

HEAD = """\
# What becomes of a held submission

Made by `tools/steps.py` from the table in
`ngx_module/ngx_http_moderate_steps.c`, which has all of it: nginx refuses a
move that is not there.  Each step is one SMOVE between two sets of Redis and
has one winner; [api.md](api.md) tells who may ask for it, and
[redis.md](redis.md) what is kept.

| step | by | from | to |
|---|---|---|---|
| hold | the verdict | | pending |
"""

HOLDS = """
"back" is `pending`, or `appealed` after an appeal.

`make lint` goes through all that can happen, and proves that

"""


def text(name):
    with open(name, encoding="utf-8") as f:
        return f.read()


def states():
    table = re.search(r"ngx_http_moderate_states\[\] = \{(.*?)\}",
                      text(NAMES), re.S).group(1)

    return re.findall(r'ngx_string\("(\w+)"\)', table)


def steps():
    """Tuples of action, by, the states it starts from, and where it leads."""

    def state(name):
        return {"HOME": "back", "REMOVING": GONE}.get(
            name, name.removesuffix("_STATE").lower())

    rows = re.findall(
        r'\{ ngx_string\("(\w+)"\), NGX_HTTP_MODERATE_BY_(\w+),\s+'
        r"((?:S\(\w+\)[|\s]*)+),\s+NGX_HTTP_MODERATE_(\w+) \}", text(TABLE))

    return [(action, by.lower(),
             [state(s) for s in re.findall(r"S\((\w+)\)", begins)], state(to))
            for action, by, begins, to in rows]


def moves(table):
    """All single moves: ((state, appealed), action, by, (state, appealed))."""

    found = set()

    for action, by, begins, to in table:
        for begin in begins:
            for appealed in (False, True):

                # an appeal is made once, and then it was made

                if (begin == "appealed" and not appealed
                        or begin == "pending" and appealed
                        or action == "appeal" and appealed):
                    continue

                now = appealed or action == "appeal"
                end = to if to != "back" else ("appealed" if now
                                               else "pending")
                found.add(((begin, appealed), action, by, (end, now)))

    return found


def reach(begin, edges):
    seen = {begin}
    todo = [begin]

    while todo:
        here = todo.pop()
        for start, _, _, end in edges:
            if start == here and end not in seen:
                seen.add(end)
                todo.append(end)

    return seen


def proofs(table):
    """Pairs of what must hold, and what contradicts it."""

    edges = moves(table)
    names = states()
    all_items = reach(("pending", False), edges)
    reached = {name for name, _ in all_items}
    people = {e for e in edges if e[2] in PEOPLE or e[2] == "delivery"}

    def out(name, by=None):
        return {e for e in edges if e[0][0] == name and (by is None
                                                         or e[2] in by)}

    yield ("every state can be reached, and no other",
           (set(names) | {GONE}) ^ reached)

    yield ("from everywhere a person can bring it to an end, but while it is "
           "being delivered",
           {i for i in all_items if i[0] not in (GONE, "replaying")
            and not any(e[0] == GONE for e in reach(i, people))})

    yield ("what is left by a crash is moved on without a person",
           {n for n in ("approved", "replaying") if not out(n, ("nginx",))})

    yield ("only a delivery, or its end by a crash, leaves `replaying`",
           {e for e in out("replaying") if e[2] not in ("delivery", "nginx")})

    yield ("a delivery begins from `approved` only, and there nothing gets "
           "but by the approve of a moderator: so nothing is sent twice "
           "unless a person says so twice",
           {e for e in edges
            if e[3][0] == "replaying" and e[0][0] != "approved"
            or e[3][0] == "approved" and (e[1], e[2]) != ("approve",
                                                          "moderator")})

    yield ("what was delivered stays so until it is removed",
           {e for e in out("delivered") if e[3][0] != GONE})

    yield ("what waits for a moderator is never removed, rejected or "
           "delivered but by a person",
           {e for e in edges if e[0][0] in WAITS and e[2] not in PEOPLE
            and e[3][0] not in WAITS})

    yield ("an appeal is heard by a moderator, and made once",
           {e for e in edges if e[1] == "appeal"
            and (e[0][1] or e[3] != ("appealed", True))}
           | {e for e in out("appealed") if e[2] not in PEOPLE})

    yield ("a state and an action have one outcome",
           {e for e in edges for o in edges
            if e[:2] == o[:2] and e[3] != o[3]})


def page(table, held):
    lines = [HEAD]

    for action, by, begins, to in table:
        lines.append("| %s | %s | %s | %s |\n"
                     % (action, WHO[by], ", ".join(begins), to))

    lines.append(HOLDS)
    lines += ["- %s;\n" % what for what in held[:-1]]
    lines.append("- %s.\n" % held[-1])

    return "".join(lines)


def main():
    table = steps()
    begun = text(TABLE).count('{ ngx_string("')
    failed = False
    held = []

    if len(table) != begun:
        print("%d of %d rows of the table can be read" % (len(table), begun))
        failed = True

    for what, against in proofs(table):
        held.append(what)

        if against:
            failed = True
            print("does not hold: %s: %s" % (what, sorted(map(str, against))))

    made = page(table, held)

    if sys.argv[1:] == ["--check"]:
        if not os.path.exists(PAGE) or text(PAGE) != made:
            failed = True
            print("docs/states.md is not as the table is: run tools/steps.py")
    else:
        with open(PAGE, "w", encoding="utf-8") as f:
            f.write(made)

    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
