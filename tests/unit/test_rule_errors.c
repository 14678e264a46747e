
/*
 * Copyright (C) the moderate authors
 *
 * What is said about bad rule files, word for word.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <vet.h>

#include "rule_case.h"


#define BYTES(s)  sizeof(s) - 1, s

/* a rule in lines, to leave one out or change it */

#define HEAD      "version: 1\nrules:\n"
#define ID        "  - id: a.b\n"
#define CATEGORY  "    category: abuse\n"
#define SCORE     "    score: 4\n"
#define WORDS     "    words: [vay]\n"
#define EXAMPLES  "    examples: { hit: [vay], miss: [x] }\n"
#define RULE      HEAD ID CATEGORY SCORE WORDS EXAMPLES

#define LIMITS    "limits:\n"
#define LIMIT_ID  "  - id: l\n"
#define KEY       "    key: client\n"
#define OVER      "    over: 3\n"
#define PER       "    per: 10m\n"
#define LIMIT     RULE LIMITS LIMIT_ID KEY OVER PER SCORE


/* A file, how many problems it has, and the first one. */

typedef struct {
    const char  *name;
    size_t       len;
    const char  *data;
    size_t       n;
    const char  *error;
} bad_case_t;


static void test_bad(void **state);


static const bad_case_t  bad_cases[] = {

    { "empty", BYTES(""),
      1, "set.yaml: file is empty, expected \"version: 1\" and rules" },
    { "comment only", BYTES("# nothing\n"),
      1, "set.yaml: file is empty, expected \"version: 1\" and rules" },
    { "scalar", BYTES("hello\n"),
      1, "set.yaml:1:1: not a rule file, expected \"version: 1\" and "
         "rules" },
    { "list", BYTES("- a\n"),
      1, "set.yaml:1:1: not a rule file, expected \"version: 1\" and "
         "rules" },
    { "no version", BYTES("rules:\n" ID CATEGORY SCORE WORDS EXAMPLES),
      1, "set.yaml:1:1: \"version\" is missing, expected 1" },
    { "version 2",
      BYTES("version: 2\n" "rules:\n" ID CATEGORY SCORE WORDS EXAMPLES),
      1, "set.yaml:1:10: unknown version \"2\", expected 1" },
    { "no rules", BYTES("version: 1\n"),
      1, "rules: no rule in these files, expected at least one" },
    { "unknown top key",
      BYTES("version: 1\n" "rule:\n" ID CATEGORY SCORE WORDS EXAMPLES),
      1, "set.yaml:2:1: unknown key \"rule\", expected one of version, "
         "thresholds, rules, limits, except, disable; did you mean "
         "\"rules\"?" },
    { "rules a map", BYTES("version: 1\n" "rules: { a: b }\n"),
      1, "set.yaml:2:8: \"rules\" is a map, expected a list of rules" },
    { "rules empty", BYTES("version: 1\n" "rules: []\n"),
      1, "set.yaml:2:8: \"rules\" is an empty list, expected a list "
         "of rules" },
    { "rule a scalar", BYTES(HEAD "  - vay\n"),
      1, "set.yaml:3:5: rule: not a map, expected \"id: ...\" and "
         "more keys" },
    { "two documents", BYTES(RULE "---\n" RULE),
      1, "set.yaml:8:1: a second document begins, expected one document "
         "in a file" },
    { "tab", BYTES(HEAD "\x09- id: a\n"),
      1, "set.yaml:3:1: tab character, expected spaces" },
    { "anchor", BYTES(HEAD "  - id: &x a\n"),
      1, "set.yaml:3:9: anchors (&name) are not read, expected the "
         "value alone" },
    { "alias", BYTES(RULE "    title: *x\n"),
      1, "set.yaml:8:12: aliases (*name) are not read, expected the "
         "value itself" },
    { "tag", BYTES(RULE "    title: !!str x\n"),
      1, "set.yaml:8:12: tags (!name) are not read, expected the value "
         "alone" },
    { "duplicate key", BYTES(RULE "    score: 5\n"),
      1, "set.yaml:8:5: duplicate key \"score\", expected it once, "
         "first at line 5" },
    { "deep", BYTES("version: 1\n" "rules: [[[[[[[[[1]]]]]]]]]\n"),
      1, "set.yaml:2:15: nested too deep, expected at most 8 levels" },
    { "key not a name", BYTES(HEAD "  - [a]: b\n"),
      1, "set.yaml:3:5: key is not a name, expected \"name: value\"" },
    { "unclosed", BYTES(HEAD "  - id: \"a\n"),
      1, "set.yaml:4:1: found unexpected end of stream, expected YAML" },
    { "unclosed list", BYTES(HEAD "  - id: [a\n"),
      1, "set.yaml:4:1: did not find expected ',' or ']', expected "
         "YAML" },
    { "bad utf-8", BYTES(HEAD "  - id: a\xff\n"),
      1, "set.yaml:3:10: invalid leading UTF-8 octet, expected UTF-8 "
         "text" },
    { "nul", BYTES(HEAD "  - id: a\x00""b\n"),
      1, "set.yaml:3:10: NUL character, expected text" },
    { "nul escape", BYTES(HEAD "  - id: \"a\\0b\"\n"),
      1, "set.yaml:3:9: value has a NUL character, expected text" },
    { "control", BYTES(HEAD "  - id: a\x01\n"),
      1, "set.yaml:3:10: control characters are not allowed, expected "
         "UTF-8 text" },
    { "no id", BYTES(HEAD "  - category: abuse\n" SCORE WORDS EXAMPLES),
      1, "set.yaml:3:5: rule: \"id\" is missing, expected a name such "
         "as scam.loan" },
    { "bad id", BYTES(HEAD "  - id: A b\n" CATEGORY SCORE WORDS EXAMPLES),
      1, "set.yaml:3:9: rule: bad id \"A b\", expected at most 64 "
         "of a-z, 0-9, \".\" and \"-\", first a letter or digit" },
    { "id with newline",
      BYTES(HEAD "  - id: \"a\\nb\"\n" CATEGORY SCORE WORDS EXAMPLES),
      1, "set.yaml:3:9: rule: bad id \"a?b\", expected at most 64 "
         "of a-z, 0-9, \".\" and \"-\", first a letter or digit" },
    { "engine id",
      BYTES(HEAD "  - id: engine.x\n" CATEGORY SCORE WORDS EXAMPLES),
      1, "set.yaml:3:9: rule \"engine.x\": id begins with \"engine.\", "
         "expected another: those are the engine's own" },
    { "id list", BYTES(HEAD "  - id: [a]\n" CATEGORY SCORE WORDS EXAMPLES),
      1, "set.yaml:3:9: rule: \"id\" is a list, expected a name such "
         "as scam.loan" },
    { "empty id", BYTES(HEAD "  - id: \n" CATEGORY SCORE WORDS EXAMPLES),
      1, "set.yaml:3:8: rule: \"id\" is empty, expected a name such "
         "as scam.loan" },
    { "unknown key", BYTES(RULE "    wrods: [a]\n"),
      1, "set.yaml:8:5: rule \"a.b\": unknown key \"wrods\", expected one "
         "of id, title, category, reason, in, words, match, measure, over, "
         "view, score, mode, examples, any, all, none, hosts, personal, "
         "under, min_length, bare_score, forms, sites, most; did you mean "
         "\"words\"?" },
    { "later key", BYTES(RULE "    squeeze: [a]\n"),
      1, "set.yaml:8:5: rule \"a.b\": unknown key \"squeeze\", expected one "
         "of id, title, category, reason, in, words, match, measure, over, "
         "view, score, mode, examples, any, all, none, hosts, personal, "
         "under, min_length, bare_score, forms, sites, most" },
    { "no category", BYTES(HEAD ID SCORE WORDS EXAMPLES),
      1, "set.yaml:3:5: rule \"a.b\": \"category\" is missing, expected "
         "one of advertising, scam, abuse, personal-data, impersonation, "
         "link-flood, duplicate, automated, unreadable" },
    { "bad category",
      BYTES(HEAD ID "    category: abusive\n" SCORE WORDS EXAMPLES),
      1, "set.yaml:4:15: rule \"a.b\": unknown category \"abusive\", "
         "expected one of advertising, scam, abuse, personal-data, "
         "impersonation, link-flood, duplicate, automated, unreadable; "
         "did you mean \"abuse\"?" },
    { "bad reason", BYTES(RULE "    reason: spam\n"),
      1, "set.yaml:8:13: rule \"a.b\": unknown reason \"spam\", expected "
         "one of contact-advertising, scam, abuse, personal-data, "
         "impersonation, link-flood, duplicate, rate, automated, unreadable, "
         "check-unavailable, other; did you mean \"scam\"?" },
    { "no score", BYTES(HEAD ID CATEGORY WORDS EXAMPLES),
      1, "set.yaml:3:5: rule \"a.b\": \"score\" is missing, expected "
         "points such as 4 or 2.5" },
    { "score 0 of no part", BYTES(HEAD ID CATEGORY
            "    score: 0\n" WORDS EXAMPLES),
      1, "set.yaml:3:5: rule \"a.b\": score is 0, expected 0.1 to 1000, or "
         "another rule that names this one as a part" },
    { "score two decimals",
      BYTES(HEAD ID CATEGORY "    score: 2.55\n" WORDS EXAMPLES),
      1, "set.yaml:5:12: rule \"a.b\": bad \"score\" \"2.55\", expected 0 "
         "to 1000 with at most one decimal, such as 4 or 2.5" },
    { "score negative",
      BYTES(HEAD ID CATEGORY "    score: -1\n" WORDS EXAMPLES),
      1, "set.yaml:5:12: rule \"a.b\": bad \"score\" \"-1\", expected 0 to "
         "1000 with at most one decimal, such as 4 or 2.5" },
    { "score text", BYTES(HEAD ID CATEGORY "    score: high\n" WORDS EXAMPLES),
      1, "set.yaml:5:12: rule \"a.b\": bad \"score\" \"high\", expected 0 "
         "to 1000 with at most one decimal, such as 4 or 2.5" },
    { "score large",
      BYTES(HEAD ID CATEGORY "    score: 1001\n" WORDS EXAMPLES),
      1, "set.yaml:5:12: rule \"a.b\": bad \"score\" \"1001\", expected 0 "
         "to 1000 with at most one decimal, such as 4 or 2.5" },
    { "mode", BYTES(RULE "    mode: shadows\n"),
      1, "set.yaml:8:11: rule \"a.b\": unknown mode \"shadows\", expected "
         "one of enforce, shadow; did you mean \"shadow\"?" },
    { "view", BYTES(HEAD ID CATEGORY SCORE EXAMPLES "    match: vay\n"
            "    view: joined\n"),
      1, "set.yaml:8:11: rule \"a.b\": unknown view \"joined\", "
         "expected one of raw, text, folded, squeezed" },
    { "view with words", BYTES(RULE "    view: text\n"),
      1, "set.yaml:8:11: rule \"a.b\": \"view\" has no use here, expected "
         "it with \"match\" only" },
    { "role", BYTES(RULE "    in: [text, ignore]\n"),
      1, "set.yaml:8:16: rule \"a.b\": unknown role \"ignore\", expected "
         "one of text, title, author, email, url, phone, honeypot, "
         "other" },
    { "in scalar", BYTES(RULE "    in: text\n"),
      1, "set.yaml:8:9: rule \"a.b\": \"in\" is not a list, expected "
         "roles such as [text, title]" },
    { "in map item", BYTES(RULE "    in: [{ a: b }]\n"),
      1, "set.yaml:8:10: rule \"a.b\": item is a map, expected a role "
         "such as text" },
    { "nothing", BYTES(HEAD ID CATEGORY SCORE EXAMPLES),
      1, "set.yaml:3:5: rule \"a.b\": rule has nothing to look for, "
         "expected one of \"words\", \"match\", \"measure\", \"hosts\", "
         "\"personal\", or \"any\", \"all\" and \"none\"" },
    { "two tests", BYTES(RULE "    match: vay\n"),
      1, "set.yaml:3:5: rule \"a.b\": rule looks for two things, expected "
         "one of \"words\", \"match\", \"measure\", \"hosts\", "
         "\"personal\", or \"any\", \"all\" and \"none\"" },
    { "words scalar",
      BYTES(HEAD ID CATEGORY SCORE "    words: vay\n" EXAMPLES),
      1, "set.yaml:6:12: rule \"a.b\": \"words\" is not a list, expected "
         "phrases such as [\"vay ti\xe1\xbb\x81n nhanh\"]" },
    { "words empty item",
      BYTES(HEAD ID CATEGORY SCORE "    words: [\"\"]\n" EXAMPLES),
      1, "set.yaml:6:13: rule \"a.b\": item is empty, expected a phrase" },
    { "words blank",
      BYTES(HEAD ID CATEGORY SCORE "    words: [\"\xe2\x80\x8b \"]\n"
            EXAMPLES),
      1, "set.yaml:6:13: rule \"a.b\": phrase \"? \" has nothing to "
         "match, expected words" },
    { "pattern bad",
      BYTES(HEAD ID CATEGORY SCORE EXAMPLES "    match: \"(vay\"\n"),
      1, "set.yaml:7:12: rule \"a.b\": pattern is wrong at its byte "
         "5: missing closing parenthesis, expected a PCRE2 pattern" },
    { "pattern empty match",
      BYTES(HEAD ID CATEGORY SCORE EXAMPLES "    match: \"x*\"\n"),
      1, "set.yaml:7:12: rule \"a.b\": pattern matches the empty text, "
         "expected one that needs a character" },
    { "pattern \\C",
      BYTES(HEAD ID CATEGORY SCORE EXAMPLES "    match: 'a\\C'\n"),
      1, "set.yaml:7:12: rule \"a.b\": pattern is wrong at its byte "
         "4: using \\C is disabled by the application, expected a "
         "PCRE2 pattern" },
    { "pattern capitals",
      BYTES(HEAD ID CATEGORY SCORE EXAMPLES "    match: VAY\n"),
      1, "set.yaml:6:23: rule \"a.b\": example \"vay\" is not matched, "
         "expected a hit; the view is in lower case, the pattern is "
         "not" },
    { "measure", BYTES(HEAD ID CATEGORY SCORE EXAMPLES "    measure: link\n"
            "    over: 1\n"),
      1, "set.yaml:7:14: rule \"a.b\": unknown measure \"link\", expected "
         "one of links, hosts, length, digits-ratio, upper-ratio, "
         "accents-ratio, repeats, repeats-ratio, emoji-ratio, "
         "invisible-count, mixed-script, fields-filled, honeypot-filled, "
         "age-of-form, form-token-missing, form-token-invalid; did you mean "
         "\"links\"?" },
    { "measure without over",
      BYTES(HEAD ID CATEGORY SCORE EXAMPLES "    measure: links\n"),
      1, "set.yaml:3:5: rule \"a.b\": \"over\" is missing, expected a whole "
         "number such as 3, or \"under\"" },
    { "over with hosts", BYTES(HEAD ID CATEGORY SCORE EXAMPLES
            "    hosts: [a.vn]\n"
            "    over: 1\n"),
      1, "set.yaml:8:11: rule \"a.b\": \"over\" has no use here, expected "
         "it with \"words\", \"match\", \"measure\" or \"personal\" only" },
    { "over phrases", BYTES(RULE "    over: 16\n"),
      1, "set.yaml:8:11: rule \"a.b\": \"over\" is 16, expected a number of "
         "places from 0 to 15" },
    { "over negative",
      BYTES(HEAD ID CATEGORY SCORE EXAMPLES "    measure: links\n"
            "    over: -1\n"),
      1, "set.yaml:8:11: rule \"a.b\": bad \"over\" \"-1\", expected "
         "a whole number from 0 to 1000000000" },
    { "no examples", BYTES(HEAD ID CATEGORY SCORE WORDS),
      1, "set.yaml:3:5: rule \"a.b\": \"examples\" is missing, expected "
         "{ hit: [...], miss: [...] }" },
    { "examples list",
      BYTES(HEAD ID CATEGORY SCORE WORDS "    examples: [vay]\n"),
      1, "set.yaml:7:15: rule \"a.b\": \"examples\" is not a map, "
         "expected { hit: [...], miss: [...] }" },
    { "no hit",
      BYTES(HEAD ID CATEGORY SCORE WORDS "    examples: { miss: [x] }\n"),
      1, "set.yaml:7:15: rule \"a.b\": no example is a hit, expected "
         "hit: [\"...\"] with a text the rule is for" },
    { "no miss",
      BYTES(HEAD ID CATEGORY SCORE WORDS "    examples: { hit: [vay] }\n"),
      1, "set.yaml:7:15: rule \"a.b\": no example is a miss, expected "
         "miss: [\"...\"] with a text that is nearly one" },
    { "hit scalar", BYTES(HEAD ID CATEGORY SCORE WORDS
            "    examples: { hit: vay, miss: [x] }\n"),
      1, "set.yaml:7:22: rule \"a.b\": \"hit\" is not a list, expected "
         "texts" },
    { "hit fails", BYTES(HEAD ID CATEGORY SCORE WORDS
            "    examples: { hit: [vya], miss: [x] }\n"),
      1, "set.yaml:7:23: rule \"a.b\": example \"vya\" is not matched, "
         "expected a hit" },
    { "miss fails", BYTES(HEAD ID CATEGORY SCORE WORDS
            "    examples: { hit: [vay], miss: [vay] }\n"),
      1, "set.yaml:7:36: rule \"a.b\": example \"vay\" is matched, "
         "expected a miss" },
    { "duplicate id", BYTES(RULE ID CATEGORY SCORE WORDS EXAMPLES),
      1, "set.yaml:8:9: rule \"a.b\": duplicate id, expected another "
         "one, first at set.yaml:3:9" },
    { "thresholds order",
      BYTES("version: 1\n" "thresholds: { hold: 5, reject: 5 }\n" "rules:\n"
            ID CATEGORY SCORE WORDS EXAMPLES),
      1, "set.yaml:2:13: \"reject\" is not above \"hold\", expected "
         "more than 5.0" },
    { "thresholds key",
      BYTES("version: 1\n" "thresholds: { holds: 5 }\n" "rules:\n" ID
            CATEGORY SCORE WORDS EXAMPLES),
      1, "set.yaml:2:15: unknown key \"holds\", expected one of hold, "
         "reject; did you mean \"hold\"?" },
    { "thresholds scalar",
      BYTES("version: 1\n" "thresholds: 5\n" "rules:\n" ID CATEGORY SCORE
            WORDS EXAMPLES),
      1, "set.yaml:2:13: \"thresholds\" is not a map, expected { hold: "
         "5, reject: 15 }" },
    { "limit key",
      BYTES(RULE LIMITS LIMIT_ID "    key: Client\n" OVER PER SCORE),
      1, "set.yaml:10:10: limit \"l\": bad key \"Client\", expected "
         "at most 32 of a-z, 0-9 and \"_\", first a letter" },
    { "limit no key", BYTES(RULE LIMITS LIMIT_ID OVER PER SCORE),
      1, "set.yaml:9:5: limit \"l\": \"key\" is missing, expected "
         "a name such as client or fingerprint" },
    { "limit of", BYTES(LIMIT "    of: hold\n"),
      1, "set.yaml:14:9: limit \"l\": unknown \"of\" \"hold\", expected "
         "one of held, rejected, held+rejected; did you mean \"held\"?" },
    { "limit per",
      BYTES(RULE LIMITS LIMIT_ID KEY OVER "    per: 10 minutes\n" SCORE),
      1, "set.yaml:12:10: limit \"l\": bad time \"10 minutes\", expected "
         "1s to 366d, such as 10s, 5m, 1h or 1d" },
    { "limit per 0",
      BYTES(RULE LIMITS LIMIT_ID KEY OVER "    per: 0s\n" SCORE),
      1, "set.yaml:12:10: limit \"l\": bad time \"0s\", expected 1s "
         "to 366d, such as 10s, 5m, 1h or 1d" },
    { "limit retry", BYTES(LIMIT "    retry_after: yes\n"),
      1, "set.yaml:14:18: limit \"l\": bad \"retry_after\" \"yes\", "
         "expected true or false" },
    { "limit over",
      BYTES(RULE LIMITS LIMIT_ID KEY "    over: 1.5\n" PER SCORE),
      1, "set.yaml:11:11: limit \"l\": bad \"over\" \"1.5\", expected "
         "a whole number from 0 to 1000000000" },
    { "limit title", BYTES(LIMIT "    title: x\n"),
      1, "set.yaml:14:5: limit \"l\": unknown key \"title\", expected one "
         "of id, key, of, over, per, score, retry_after, mode, category, "
         "reason, forms, sites" },
    { "limit id of a rule", BYTES(RULE LIMITS ID KEY OVER PER SCORE),
      1, "set.yaml:9:9: limit \"a.b\": duplicate id, expected another "
         "one, first at set.yaml:3:9" },
    { "limits scalar", BYTES(RULE "limits: 5\n"),
      1, "set.yaml:8:9: \"limits\" is not a list, expected a list "
         "of limits" },
    { "any scalar", BYTES(HEAD ID CATEGORY SCORE EXAMPLES "    any: a\n"),
      1, "set.yaml:7:10: rule \"a.b\": \"any\" is not a list, expected ids "
         "of rules" },
    { "any empty", BYTES(HEAD ID CATEGORY SCORE EXAMPLES "    any: []\n"),
      1, "set.yaml:7:10: rule \"a.b\": \"any\" is an empty list, expected "
         "ids of rules" },
    { "any with words", BYTES(RULE "    any: [a]\n"),
      1, "set.yaml:3:5: rule \"a.b\": rule looks for two things, expected "
         "one of \"words\", \"match\", \"measure\", \"hosts\", "
         "\"personal\", or \"any\", \"all\" and \"none\"" },
    { "any and measure", BYTES(HEAD ID CATEGORY SCORE EXAMPLES
            "    any: [x.y]\n"
            "    measure: links\n"),
      1, "set.yaml:3:5: rule \"a.b\": rule looks for two things, expected "
         "one of \"words\", \"match\", \"measure\", \"hosts\", "
         "\"personal\", or \"any\", \"all\" and \"none\"" },
    { "any a map", BYTES(HEAD ID CATEGORY SCORE EXAMPLES
            "    any: [{ a: b }]\n"),
      1, "set.yaml:7:11: rule \"a.b\": item is a map, expected the id of a "
         "rule" },
    { "any in", BYTES(RULE "  - id: c\n" CATEGORY SCORE EXAMPLES
            "    any: [a.b]\n"
            "    in: [text]\n"),
      1, "set.yaml:13:9: rule \"c\": \"in\" has no use here, expected it "
         "with a rule that looks at fields itself only" },
    { "part unknown", BYTES(RULE "  - id: c\n" CATEGORY SCORE EXAMPLES
            "    all: [a.c]\n"),
      1, "set.yaml:12:11: rule \"c\": unknown rule \"a.c\", expected the id "
         "of a rule of this set; did you mean \"a.b\"?" },
    { "part unknown, nothing near", BYTES(RULE
            "  - id: c\n" CATEGORY SCORE EXAMPLES
            "    all: [something]\n"),
      1, "set.yaml:12:11: rule \"c\": unknown rule \"something\", expected "
         "the id of a rule of this set" },
    { "part itself", BYTES(HEAD ID CATEGORY SCORE EXAMPLES "    none: [a.b]\n"),
      1, "set.yaml:7:12: rule \"a.b\": rules are made of each other: a.b -> "
         "a.b, expected no circle" },
    { "part circle", BYTES(HEAD ID CATEGORY SCORE EXAMPLES "    any: [c]\n"
            "  - id: c\n" CATEGORY SCORE EXAMPLES "    all: [d]\n"
            "  - id: d\n" CATEGORY SCORE EXAMPLES "    none: [a.b]\n"),
      1, "set.yaml:17:12: rule \"d\": rules are made of each other: a.b -> "
         "c -> d -> a.b, expected no circle" },
    { "part a limit", BYTES(RULE "  - id: c\n" CATEGORY SCORE EXAMPLES
            "    any: [l]\n"
            LIMITS LIMIT_ID KEY OVER PER SCORE),
      1, "set.yaml:12:11: rule \"c\": \"l\" is a limit, expected a rule" },
    { "part no examples", BYTES(RULE "  - id: c\n" CATEGORY SCORE
            "    any: [a.b]\n"),
      1, "set.yaml:8:5: rule \"c\": \"examples\" is missing, expected { "
         "hit: [...], miss: [...] }" },
    { "part no hit", BYTES(RULE "  - id: c\n" CATEGORY SCORE "    any: [a.b]\n"
            "    examples: { miss: [x] }\n"),
      1, "set.yaml:8:5: rule \"c\": no example is a hit, expected some of "
         "both, hit and miss" },
    { "part no miss", BYTES(RULE "  - id: c\n" CATEGORY SCORE "    any: [a.b]\n"
            "    examples: { hit: [vay] }\n"),
      1, "set.yaml:8:5: rule \"c\": no example is a miss, expected some of "
         "both, hit and miss" },
    { "part hit fails", BYTES(RULE "  - id: c\n" CATEGORY SCORE
            "    none: [a.b]\n"
            EXAMPLES),
      2, "set.yaml:12:23: rule \"c\": example \"vay\" is not matched, "
         "expected a hit" },
    { "bare score", BYTES(RULE "    bare_score: 4.5\n"),
      1, "set.yaml:8:17: rule \"a.b\": \"bare_score\" is above \"score\", "
         "expected at most 4.0" },
    { "bare score of match", BYTES(HEAD ID CATEGORY SCORE EXAMPLES
            "    match: vay\n"
            "    bare_score: 1\n"),
      1, "set.yaml:8:17: rule \"a.b\": \"bare_score\" has no use here, "
         "expected it with \"words\" only" },
    { "most of match", BYTES(HEAD ID CATEGORY SCORE EXAMPLES
            "    match: vay\n"
            "    most: 2\n"),
      1, "set.yaml:8:11: rule \"a.b\": \"most\" has no use here, expected "
         "it with \"words\" only" },
    { "most", BYTES(RULE "    most: 17\n"),
      1, "set.yaml:8:11: rule \"a.b\": \"most\" is 17, expected a number of "
         "phrases from 1 to 16" },
    { "forms scalar", BYTES(RULE "    forms: /a/\n"),
      1, "set.yaml:8:12: rule \"a.b\": \"forms\" is not a list, expected "
         "paths such as [/gop-y/]" },
    { "forms path", BYTES(RULE "    forms: [a/]\n"),
      1, "set.yaml:8:13: rule \"a.b\": bad path \"a/\", expected a path "
         "such as /gop-y/, or =/gop-y" },
    { "forms exact", BYTES(RULE "    forms: [\"=\"]\n"),
      1, "set.yaml:8:13: rule \"a.b\": bad path \"=\", expected a path such "
         "as /gop-y/, or =/gop-y" },
    { "sites empty item", BYTES(RULE "    sites: [\"\"]\n"),
      1, "set.yaml:8:13: rule \"a.b\": item is empty, expected the name of "
         "a site" },
    { "limit forms", BYTES(LIMIT "    forms: [x]\n"),
      1, "set.yaml:14:13: limit \"l\": bad path \"x\", expected a path such "
         "as /gop-y/, or =/gop-y" },
    { "words file key", BYTES(HEAD ID CATEGORY SCORE EXAMPLES
            "    words: { files: x.txt }\n"),
      2, "set.yaml:7:14: rule \"a.b\": unknown key \"files\", expected one "
         "of file; did you mean \"file\"?" },
    { "words file missing", BYTES(HEAD ID CATEGORY SCORE EXAMPLES
            "    words: { file: lists/x.txt }\n"),
      1, "set.yaml:7:20: rule \"a.b\": list file \"lists/x.txt\" cannot be "
         "opened: No such file or directory" },
    { "words file in a list", BYTES(HEAD ID CATEGORY SCORE EXAMPLES
            "    words: [vay, { file: no.txt }]\n"),
      1, "set.yaml:7:26: rule \"a.b\": list file \"no.txt\" cannot be "
         "opened: No such file or directory" },
    { "words file name", BYTES(HEAD ID CATEGORY SCORE EXAMPLES
            "    words: { file: \"a b\" }\n"),
      1, "set.yaml:7:20: rule \"a.b\": bad file name \"a b\", expected "
         "letters, digits, \".\", \"_\", \"-\" and \"/\"" },
    { "words file a folder", BYTES(HEAD ID CATEGORY SCORE EXAMPLES
            "    words: { file: / }\n"),
      1, "set.yaml:7:20: rule \"a.b\": list file \"/\" is not a regular "
         "file, expected a list" },
    { "measure bounds", BYTES(HEAD ID CATEGORY SCORE EXAMPLES
            "    measure: length\n"
            "    over: 3\n" "    under: 4\n"),
      1, "set.yaml:9:12: rule \"a.b\": nothing is over 3 and under 4, "
         "expected \"under\" to be more than 4" },
    { "measure under 0", BYTES(HEAD ID CATEGORY SCORE EXAMPLES
            "    measure: length\n"
            "    under: 0\n"),
      1, "set.yaml:8:12: rule \"a.b\": nothing is under 0, expected 1 or "
         "more" },
    { "measure ratio", BYTES(HEAD ID CATEGORY SCORE EXAMPLES
            "    measure: upper-ratio\n"
            "    over: 100\n"),
      1, "set.yaml:8:11: rule \"a.b\": no ratio is over 100, expected "
         "percent from 0 to 99" },
    { "measure min_length", BYTES(HEAD ID CATEGORY SCORE EXAMPLES
            "    measure: links\n"
            "    over: 1\n" "    min_length: 5\n"),
      1, "set.yaml:9:17: rule \"a.b\": \"min_length\" has no use here, "
         "expected it with a measure of one text, such as upper-ratio" },
    { "measure token over", BYTES(HEAD ID CATEGORY SCORE
            "    measure: form-token-missing\n"
            "    over: 1\n"),
      1, "set.yaml:7:11: rule \"a.b\": \"over\" has no use here, expected "
         "\"form-token-missing\" alone" },
    { "measure honeypot in", BYTES(HEAD ID CATEGORY SCORE
            "    measure: honeypot-filled\n"
            "    over: 0\n" "    in: [text]\n"),
      1, "set.yaml:8:9: rule \"a.b\": \"in\" has no use here, "
         "\"honeypot-filled\" knows where to look" },
    { "under with words", BYTES(RULE "    under: 3\n"),
      1, "set.yaml:8:12: rule \"a.b\": \"under\" has no use here, expected "
         "it with \"measure\" only" },
    { "min_length with words", BYTES(RULE "    min_length: 3\n"),
      1, "set.yaml:8:17: rule \"a.b\": \"min_length\" has no use here, "
         "expected it with \"measure\" only" },
    { "hosts scalar", BYTES(HEAD ID CATEGORY SCORE EXAMPLES
            "    hosts: example.com\n"),
      1, "set.yaml:7:12: rule \"a.b\": \"hosts\" is not a list, expected "
         "names such as [example.com], or { file: hosts.txt }" },
    { "hosts with a path", BYTES(HEAD ID CATEGORY SCORE EXAMPLES
            "    hosts: [a.vn/b]\n"),
      1, "set.yaml:7:13: rule \"a.b\": bad host \"a.vn/b\", expected a "
         "name such as example.com, or an address" },
    { "hosts of 17 labels", BYTES(HEAD ID CATEGORY SCORE EXAMPLES
            "    hosts: [a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.vn]\n"),
      1, "set.yaml:7:13: rule \"a.b\": bad host \"a.b.c.d.e.f.g.h.i.j.k.l.m"
         ".n.o.p.vn\", expected a name such as example.com, or an address" },
    { "hosts bad", BYTES(HEAD ID CATEGORY SCORE EXAMPLES
            "    hosts: [\"http://a.vn/\"]\n"),
      1, "set.yaml:7:13: rule \"a.b\": bad host \"http://a.vn/\", expected "
         "a name such as example.com, or an address" },
    { "hosts long label", BYTES(HEAD ID CATEGORY SCORE EXAMPLES
            "    hosts: [aaaaaaaaaaaaaaaaaaaaa"
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.vn]\n"),
      1, "set.yaml:7:13: rule \"a.b\": bad host "
         "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\", expected "
         "a name such as example.com, or an address" },
    { "personal scalar", BYTES(HEAD ID CATEGORY SCORE EXAMPLES
            "    personal: email\n"),
      1, "set.yaml:7:15: rule \"a.b\": \"personal\" is not a list, expected "
         "kinds such as [vn-phone, email]" },
    { "personal kind", BYTES(HEAD ID CATEGORY SCORE EXAMPLES
            "    personal: [vn-phones]\n"),
      1, "set.yaml:7:16: rule \"a.b\": unknown kind of personal data "
         "\"vn-phones\", expected one of vn-citizen-id, vn-phone, "
         "bank-card, email; did you mean \"vn-phone\"?" },
    { "except scalar", BYTES(RULE "except:\n" "  - a.b\n"),
      1, "set.yaml:9:5: except: not a map, expected { rule: id, when: { "
         "form: \"/path/\" } }" },
    { "except not a list", BYTES(RULE "except: { rule: a.b }\n"),
      1, "set.yaml:8:9: \"except\" is a map, expected a list of exceptions" },
    { "except key", BYTES(RULE "except:\n"
            "  - { rules: a.b, when: { site: x } }\n"),
      2, "set.yaml:9:7: except: unknown key \"rules\", expected one of "
         "rule, when; did you mean \"rule\"?" },
    { "except no rule", BYTES(RULE "except:\n" "  - { when: { site: x } }\n"),
      1, "set.yaml:9:5: except: \"rule\" is missing, expected the id of a "
         "rule or limit" },
    { "except no when", BYTES(RULE "except:\n" "  - { rule: a.b }\n"),
      1, "set.yaml:9:5: except: \"when\" is missing, expected { form: "
         "\"/path/\" }" },
    { "except when a list", BYTES(RULE "except:\n"
            "  - { rule: a.b, when: [x] }\n"),
      1, "set.yaml:9:24: except: \"when\" is not a map, expected { form: "
         "\"/path/\" } and the like" },
    { "except when empty", BYTES(RULE "except:\n"
            "  - { rule: a.b, when: {} }\n"),
      1, "set.yaml:9:24: except: \"when\" is empty, expected { form: "
         "\"/path/\" } and the like" },
    { "except when key", BYTES(RULE "except:\n"
            "  - { rule: a.b, when: { forms: /a/ } }\n"),
      1, "set.yaml:9:26: except: unknown key \"forms\", expected one of "
         "form, field, site, text; did you mean \"form\"?" },
    { "except form", BYTES(RULE "except:\n"
            "  - { rule: a.b, when: { form: a } }\n"),
      1, "set.yaml:9:32: except: bad path \"a\", expected a path such as "
         "/gop-y/, or =/gop-y" },
    { "except field", BYTES(RULE "except:\n"
            "  - { rule: a.b, when: { field: txt } }\n"),
      1, "set.yaml:9:33: except: unknown role \"txt\", expected one of "
         "text, title, author, email, url, phone, honeypot, other; did you "
         "mean \"text\"?" },
    { "except text", BYTES(RULE "except:\n"
            "  - { rule: a.b, when: { text: [[]] } }\n"),
      1, "set.yaml:9:33: except: item is a list, expected a phrase" },
    { "except text blank", BYTES(RULE "except:\n"
            "  - { rule: a.b, when: { text: \" \" } }\n"),
      1, "set.yaml:9:32: except: phrase \" \" has nothing to match, "
         "expected words" },
    { "except unknown", BYTES(RULE "except:\n"
            "  - { rule: a.bc, when: { site: x } }\n"),
      1, "set.yaml:9:13: except: unknown id \"a.bc\", expected that of a "
         "rule or limit of this set; did you mean \"a.b\"?" },
    { "except field of a limit", BYTES(LIMIT "except:\n"
            "  - { rule: l, when: { field: text } }\n"),
      1, "set.yaml:15:13: except: \"l\" is a limit, expected only \"form\" "
         "and \"site\" in \"when\"" },
    { "disable here", BYTES(RULE "disable: [a.b]\n"),
      1, "set.yaml:8:10: \"disable\" has no use here, expected it in a file "
         "of override.d" },
};


static void
test_bad(void **state)
{
    size_t             i;
    vet_errors_t       errors;
    const bad_case_t  *b;

    (void) state;

    for (i = 0; i < sizeof(bad_cases) / sizeof(bad_cases[0]); i++) {
        b = &bad_cases[i];
        rule_case_write_bytes("set.yaml", b->data, b->len);
        assert_null(rule_case_load("set.yaml", &errors));

        if (errors.n != b->n || strcmp(errors.text[0], b->error) != 0) {
            fail_msg("%s: %zu problems, \"%s\"", b->name, errors.n,
                     errors.text[0]);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_bad),
    };

    return cmocka_run_group_tests(tests, rule_case_setup,
                                  rule_case_teardown);
}
