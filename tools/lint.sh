#!/bin/sh

# Copyright (C) the moderate authors
#
# Checks the rules of CONTRIBUTING.md; "make lint" runs it:
#
#     lint.sh MODULE MODERATECTL
#
# with the built module, whose symbols are looked at, and the command line,
# which checks the shipped rules.

set -u

cd "$(dirname "$0")/.." || exit 1

module=$1
moderatectl=$2
objects=$(dirname "$module")/addon/engine
failed=0

for file in "$module" "$moderatectl"; do
    if [ ! -f "$file" ]; then
        echo "$0: no \"$file\", see \"make\"" >&2
        exit 1
    fi
done

export LC_ALL=C.UTF-8
export PYTHONDONTWRITEBYTECODE=1


# shellcheck disable=SC2317
# Runs a check, a function below, and shows what it says if it fails.

check() {
    title=$1
    shift

    if output=$("$@" 2>&1); then
        echo "ok      $title"
        [ "$1" != source_text ] || printf '%s\n' "$output" | sed '/^$/d
            s/^/        /'
    else
        echo "FAILED  $title"
        printf '%s\n' "$output" | sed '/^$/d; s/^/        /'
        failed=1
    fi
}


# Prints the files that match; a released tree is no git repository.

files() {
    if [ -e .git ]; then
        git ls-files -co --exclude-standard -- "$@"
    else
        for pattern in "$@"; do
            find . -path ./build -prune -o -type f \
                \( -name "${pattern##*/}" -o -path "./$pattern" \) -print
        done | sed 's,^\./,,'
    fi | sort -u
}


# Succeeds when there is nothing on standard input, else prints it.

nothing() {
    ! grep .
}


source_text() {
    files '*.c' '*.h' '*.pm' '*.t' '*.py' '*.sh' '*.js' '*.css' '*.yaml' \
        Makefile config .ci/run | xargs python3 tools/lint-source.py
}


# nginx finds three tables in a module; whatever else is seen from outside
# could meet the same name of another module

module_symbols() {
    nm -D --defined-only "$module" | sed 's/.* //' \
    | grep -Ev '^(ngx_module(s|_names|_order)|ngx_http_moderate_.*|vet_.*)$' \
    | nothing
}


# several threads use the engine: it may keep nothing between calls

engine_data() {
    nm -f sysv "$objects"/*.o | awk -F '|' '
        $7 ~ /^(\.data|\.bss|\*COM\*)$/ && $4 ~ /OBJECT/ { print $1 }' \
    | nothing
}


symbol_prefixes() {
    nm --defined-only -g "$objects"/*.o \
    | awk 'NF == 3 && $3 !~ /^vet_/ { print $3 }' | nothing
}


shell_syntax() {
    for file in $(files '*.sh' .ci/run config); do
        case $(head -n 1 "$file") in
            *bash) bash -n "$file" || return 1 ;;
            *) sh -n "$file" || return 1 ;;
        esac
    done
}


perl_syntax() {
    for file in $(files '*.pm' '*.t'); do
        perl -I t/lib -c "$file" 2>&1 | grep -v 'syntax OK$'
    done | nothing
}


python_syntax() {
    files '*.py' | xargs python3 -c '
import sys
for name in sys.argv[1:]:
    with open(name, encoding="utf-8") as f:
        compile(f.read(), name, "exec")'
}


javascript_syntax() {
    for file in $(files '*.js'); do
        node --input-type=module --check < "$file" || return 1
    done
}


# ctuuninitvar takes a buffer that is passed to be filled for one that is read

static_analysis() {
    cppcheck --quiet --std=c11 --inline-suppr --error-exitcode=1 \
        --suppress=missingIncludeSystem --suppress=ctuuninitvar \
        -I engine engine cli
}


# Debian's Python, which has python3-icu, also where another one comes first

unicode_tables() {
    "$(command -v /usr/bin/python3 || echo python3)" tools/gen-unicode.py \
        | cmp - engine/vet_unicode_tables.h
}


entity_tables() {
    python3 tools/gen-entities.py --check
}


rule_schema() {
    python=/usr/bin/python3
    [ -x $python ] || python=python3
    $python tests/rules/schema.py "$moderatectl"
}


api_calls() {
    python=/usr/bin/python3
    [ -x $python ] || python=python3
    $python tools/openapi.py routes ngx_module/ngx_http_moderate_api.c
}


item_steps() {
    python=/usr/bin/python3
    [ -x $python ] || python=python3
    $python tools/steps.py --check
}


rule_lookalikes() {
    python=/usr/bin/python3
    [ -x $python ] || python=python3
    $python -B tests/rules/lookalikes.py "$moderatectl"
}


manual_pages() {
    files 'docs/man/*.1' | xargs mandoc -Tlint -Wwarning
}


shipped_rules() {
    "$moderatectl" rules check lua-free-rules \
    && "$moderatectl" rules test --rules lua-free-rules --cases tests/rules
}


# "Area: lower-case summary" in at most 72 columns; the first commit, which
# has no area yet, and merges are left out

commit_messages() {
    git rev-parse -q --verify HEAD > /dev/null 2>&1 || return 0

    git log --min-parents=1 --max-parents=1 --format='%h %s' \
    | awk '{
        summary = substr($0, index($0, " ") + 1)
        if (length(summary) > 72)
            print $1 ": longer than 72 columns: " summary
        if (summary !~ /^[A-Za-z][A-Za-z0-9 .,_\/-]*: [^A-Z ]/ \
            && summary !~ /^[A-Za-z][A-Za-z0-9 .,_\/-]*: [A-Z][A-Z0-9]/ \
            && summary !~ /: (English|Vietnamese|Unicode|Redis|Debian) /)
            print $1 ": not \"Area: lower-case summary\": " summary
    }' | nothing
}


check 'source text: columns, sizes, includes, banned functions' source_text
check 'symbols of the module' module_symbols
check 'symbols of the engine have its prefix' symbol_prefixes
check 'the engine has no data that changes' engine_data
check 'syntax of shell scripts' shell_syntax
check 'syntax of Perl' perl_syntax
check 'syntax of Python' python_syntax
check 'syntax of JavaScript' javascript_syntax
check 'cppcheck' static_analysis

check 'Unicode tables are fresh' unicode_tables
check 'tables of character references are fresh' entity_tables
check 'manual pages' manual_pages
check 'shipped rules' shipped_rules
check 'shipped rules against their schema' rule_schema
check 'calls of the API as docs/openapi.yaml has them' api_calls
check 'what becomes of a held submission' item_steps
check 'letters that look like others, in shipped rules' rule_lookalikes
check 'commit messages' commit_messages

exit $failed
