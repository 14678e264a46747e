#!/usr/bin/python3

# Copyright (C) the moderate authors

"""The rules of CONTRIBUTING.md that can be read off the source text.

    lint-source.py FILE ...

Prints each problem as file:line: problem and exits with 1 if there is any.
"""

import os
import re
import sys

COLUMNS = 80
FUNCTION = 100      # lines; more is a problem
FUNCTION_NORM = 60  # lines; more is counted
FILE = 900

# what an engine file may include besides its own headers

ENGINE_LIBRARIES = {"pcre2.h", "yaml.h", "jansson.h", "hs.h"}

BANNED = ("atoi", "atol", "atof", "sprintf", "vsprintf", "strcpy", "strcat",
          "strncpy", "strncat", "strtok", "gets", "scanf", "sscanf", "alloca",
          "setjmp", "longjmp", "printf", "exit", "abort", "system")

KEY_PREFIX = re.compile(r'"m:\{|"m:"')

# the first line of a rule, as the shipped files are written

RULE = re.compile(r"\s*- id: ")

VAGUE = re.compile(r"(^|[_/-])(util|utils|common|helper|helpers|misc)[_.-]")

problems = []
long_functions = []


def problem(name, line, text):
    problems.append("%s:%d: %s" % (name, line, text))


def is_generated(name):
    return name.endswith("_tables.h")


def without_comments(text):
    """C with comments and the insides of literals blanked, lines kept.

    Returns the text and the lines that have "//" comments.
    """
    token = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"'
                       r"|'(?:\\.|[^'\\\n])*'", re.S)
    slashes = []

    def blank(match):
        s = match.group(0)
        if s.startswith("//"):
            slashes.append(text.count("\n", 0, match.start()) + 1)
        if s[0] in "\"'":
            return s[0] + s[0]
        return re.sub(r"[^\n]", " ", s)

    return token.sub(blank, text), slashes


def check_text(name, text):
    lines = text.split("\n")
    makefile = name == "Makefile"

    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS and not name.endswith((".md", ".yaml")):
            problem(name, number, "longer than %d columns" % COLUMNS)
        if line.endswith((" ", "\t", "\r")):
            problem(name, number, "space at the end")
        if "\t" in line and not makefile:
            problem(name, number, "tab")

    if text and not text.endswith("\n"):
        problem(name, len(lines), "no line end at the end")

    if text.endswith("\n\n"):
        problem(name, len(lines), "empty lines at the end")

    if len(lines) - 1 > FILE and name.endswith((".c", ".h", ".pm", ".py")):
        problem(name, FILE, "longer than %d lines" % FILE)


def check_functions(name, code):
    start = None
    previous = ""

    for number, line in enumerate(code.split("\n"), 1):
        if line.startswith("{") and previous.rstrip().endswith(")"):
            start = number
        elif line.startswith("}") and start is not None:
            length = number - start + 1
            if length > FUNCTION:
                problem(name, start, "function of %d lines" % length)
            elif length > FUNCTION_NORM:
                long_functions.append("%s:%d (%d)" % (name, start, length))
            start = None
        if line.strip():
            previous = line


def check_includes(name, text):
    folder, base = os.path.split(name)

    for match in re.finditer(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', text,
                             re.M):
        header = match.group(1)
        number = text.count("\n", 0, match.start(1)) + 1

        if "hiredis" in header and not (
                folder == "ngx_module"
                and re.search(r"_(redis|store)\.[ch]$", base)):
            problem(name, number, "hiredis is for *_redis and *_store only")

        if (header.startswith("ngx_")
                and folder not in ("ngx_module", "tests/bench/empty")):
            problem(name, number, "nginx is for ngx_module/ only")

        if folder == "engine" and header not in ENGINE_LIBRARIES:
            own = header.startswith("vet")
            libc = re.fullmatch(r"[a-z0-9]+\.h|sys/[a-z]+\.h", header)
            openssl = header.startswith("openssl/")
            if not (own or libc or openssl):
                problem(name, number, "the engine may not include " + header)


def check_engine(name, code):
    for match in re.finditer(r"\b(%s)\s*\(" % "|".join(BANNED), code):
        problem(name, code.count("\n", 0, match.start()) + 1,
                "%s() is banned in the engine" % match.group(1))


def check_c(name, text, key_files):
    code, slashes = without_comments(text)

    for number in slashes:
        problem(name, number, "// comment")

    check_functions(name, code)
    check_includes(name, text)

    if name.startswith("engine/"):
        check_engine(name, code)

    if KEY_PREFIX.search(text) and not name.startswith("tests/"):
        key_files.append(name)


def check_rules(name, text):
    """Why a rule exists is said in a comment right above it."""
    previous = ""

    for number, line in enumerate(text.split("\n"), 1):
        if RULE.match(line) and not previous.lstrip().startswith("# "):
            problem(name, number, "no comment above says why it exists")
        previous = line


def main():
    key_files = []

    for name in sys.argv[1:]:
        if VAGUE.search(name):
            problem(name, 1, "a name that says nothing")

        if is_generated(name) or not os.path.isfile(name):
            continue

        with open(name, encoding="utf-8", newline="") as f:
            text = f.read()

        check_text(name, text)

        if name.endswith((".c", ".h")):
            check_c(name, text, key_files)

        if name.startswith("lua-free-rules/") and name.endswith(".yaml"):
            check_rules(name, text)

    for name in key_files[1:]:
        problem(name, 1, "Redis keys are spelled in %s already"
                % key_files[0])

    print("\n".join(problems))
    print("functions of more than %d lines: %d%s" % (
        FUNCTION_NORM, len(long_functions),
        "".join("\n    " + f for f in long_functions)))

    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
