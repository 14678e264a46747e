
/*
 * Copyright (C) the moderate authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pattern_case.h"


#define PATTERN_DEPTH  4


typedef void (*pattern_pt)(pattern_case_t *c);


static void pattern_alternatives(pattern_case_t *c, size_t most);
static void pattern_sequence(pattern_case_t *c);
static void pattern_item(pattern_case_t *c);
static void pattern_quantifier(pattern_case_t *c, size_t from);
static void pattern_literal(pattern_case_t *c);
static void pattern_quoted(pattern_case_t *c);
static void pattern_escape(pattern_case_t *c);
static void pattern_class(pattern_case_t *c);
static void pattern_member(pattern_case_t *c, int sample);
static void pattern_type(pattern_case_t *c);
static void pattern_group(pattern_case_t *c);
static void pattern_scoped(pattern_case_t *c);
static void pattern_look(pattern_case_t *c);
static void pattern_zero(pattern_case_t *c);
static void pattern_options(pattern_case_t *c);
static void pattern_comment(pattern_case_t *c);
static void pattern_condition(pattern_case_t *c);
static void pattern_reference(pattern_case_t *c);
static void pattern_odd(pattern_case_t *c);
static void pattern_fill(pattern_case_t *c, pattern_text_t *text, size_t n);
static const char *pattern_letter(pattern_case_t *c);
static void pattern_write(pattern_case_t *c, const char *letter);
static void pattern_show(pattern_case_t *c, const char *letter);
static void pattern_put(pattern_text_t *text, const char *s);
static void pattern_append(pattern_text_t *text, const char *s, size_t len);
static void pattern_cut(pattern_text_t *text, size_t len);


/* few, so that texts match by chance too; some that case makes equal */

static const char *const  letters[] = {
    "a", "b", "k", "s", "A", "K", "S", "0", "1", " ", "-", ".", "#", "{", "}",
    "]", "[", "(", "+", "\t", "\n", "\xc3\xb2", "\xc4\x91", "\xe1\xbb\x81",
    "\xe1\xbb\x80", "\xe2\x84\xaa", "\xc5\xbf", "\xe2\x80\x8f", "a", "b", "a",
    "c", "d", "e", "ab", "cde", "vay", "ti\xe1\xbb\x81n"
};

#define NLETTERS  (sizeof(letters) / sizeof(letters[0]))
#define CHOOSE(c, list)                                                       \
    ((list)[pattern_random(c, sizeof(list) / sizeof((list)[0]))])


size_t
pattern_random(pattern_case_t *c, size_t n)
{
    c->random ^= c->random << 13;
    c->random ^= c->random >> 7;
    c->random ^= c->random << 17;

    return (size_t) ((c->random >> 20) % n);
}


void
pattern_make(pattern_case_t *c, int caseless)
{
    c->pattern.len = 0;
    c->sample.len = 0;
    c->ngroups = 0;
    c->depth = 0;
    c->caseless = caseless;
    c->extended = 0;

    pattern_alternatives(c, 1 + pattern_random(c, 2));
}


void
pattern_sample(pattern_case_t *c, pattern_text_t *text)
{
    size_t  i, odd;

    text->len = 0;
    odd = 5 + pattern_random(c, 80);

    pattern_fill(c, text, pattern_random(c, 6));
    pattern_append(text, c->sample.data, c->sample.len);
    pattern_fill(c, text, pattern_random(c, 6));

    /* as people write it: another case, another character */

    for (i = 0; i < text->len; i++) {
        if (pattern_random(c, 40) == 0 && text->data[i] > ' ') {
            text->data[i] = (char) (text->data[i] ^ 0x20);
        }

        if (pattern_random(c, odd) == 0 && (text->data[i] & 0x80) == 0) {
            text->data[i] = letters[pattern_random(c, 20)][0];
        }
    }
}


/* Of the alternatives one gives the sample. */

static void
pattern_alternatives(pattern_case_t *c, size_t most)
{
    size_t           i, from, chosen;
    pattern_text_t  *kept;

    kept = malloc(sizeof(pattern_text_t));
    if (kept == NULL) {
        abort();
    }

    from = c->sample.len;
    chosen = pattern_random(c, most);
    kept->len = 0;

    for (i = 0; i < most; i++) {
        if (i != 0) {
            pattern_put(&c->pattern, "|");
        }

        pattern_sequence(c);

        if (i == chosen) {
            kept->len = 0;
            pattern_append(kept, c->sample.data + from, c->sample.len - from);
        }

        pattern_cut(&c->sample, from);
    }

    pattern_append(&c->sample, kept->data, kept->len);
    free(kept);
}


static void
pattern_sequence(pattern_case_t *c)
{
    size_t  n;

    for (n = pattern_random(c, 6); n != 0; n--) {
        pattern_item(c);
    }
}


static void
pattern_item(pattern_case_t *c)
{
    size_t      from;
    pattern_pt  make;

    static const pattern_pt  makers[] = {
        pattern_literal, pattern_literal, pattern_literal, pattern_literal,
        pattern_literal, pattern_literal, pattern_literal, pattern_literal,
        pattern_quoted, pattern_escape, pattern_class, pattern_class,
        pattern_type, pattern_group, pattern_group, pattern_group,
        pattern_scoped, pattern_look, pattern_zero, pattern_options,
        pattern_comment, pattern_condition, pattern_reference, pattern_odd
    };

    from = c->sample.len;
    make = CHOOSE(c, makers);

    if (c->pattern.len > PATTERN_CASE_SIZE / 8) {
        make = pattern_literal;
    }

    make(c);

    if (make == pattern_comment || make == pattern_options) {
        return;
    }

    while (pattern_random(c, 4) == 0) {
        pattern_quantifier(c, from);
    }
}


/* What the item gave, from there on, is repeated as often. */

static void
pattern_quantifier(pattern_case_t *c, size_t from)
{
    size_t          len, n;
    const char     *q;
    pattern_text_t  one;

    static const char *const  quantifiers[] = {
        "*", "+", "?", "{2}", "{0,2}", "{1,}", "{3,4}", "{0}", "{9}", "{1,1}"
    };
    static const char *const  kinds[] = { "", "", "", "", "?", "+" };

    q = CHOOSE(c, quantifiers);

    if (pattern_random(c, 8) == 0) {
        pattern_comment(c);
    }

    pattern_put(&c->pattern, q);
    pattern_put(&c->pattern, CHOOSE(c, kinds));

    n = (q[0] == '{') ? (size_t) (q[1] - '0') : (q[0] == '+');

    if (strchr("*+", q[0]) != NULL || strstr(q, ",}") != NULL) {
        n += pattern_random(c, 4);

    } else if (q[0] == '?' || strcmp(q, "{0,2}") == 0 || q[1] == '3') {
        n += pattern_random(c, 2);
    }

    len = c->sample.len - from;
    one.len = 0;
    pattern_append(&one, c->sample.data + from, len);
    pattern_cut(&c->sample, from);

    while (n-- != 0) {
        pattern_append(&c->sample, one.data, one.len);
    }
}


static void
pattern_literal(pattern_case_t *c)
{
    const char  *letter;

    letter = pattern_letter(c);
    pattern_write(c, letter);
    pattern_show(c, letter);
}


static void
pattern_quoted(pattern_case_t *c)
{
    size_t       n;
    const char  *letter;

    pattern_put(&c->pattern, "\\Q");

    for (n = pattern_random(c, 4); n != 0; n--) {
        letter = pattern_letter(c);
        pattern_put(&c->pattern, letter);
        pattern_show(c, letter);
    }

    pattern_put(&c->pattern, "\\E");
}


static void
pattern_escape(pattern_case_t *c)
{
    size_t  i;

    static const char *const  escapes[][2] = {
        { "\\x61", "a" }, { "\\x{1ec1}", "\xe1\xbb\x81" }, { "\\t", "\t" },
        { "\\n", "\n" }, { "\\-", "-" }, { "\\x{73}", "s" }, { "\\ ", " " },
        { "\\#", "#" }, { "\\x4b", "K" }, { "\\x1", "\1" }, { "\\e", "\033" },
        { "\\141", "a" }, { "\\o{142}", "b" }, { "\\N{U+63}", "c" },
        { "\\011", "\t" }, { "\\E", "" }, { "\\@", "@" }
    };

    i = pattern_random(c, sizeof(escapes) / sizeof(escapes[0]));
    pattern_put(&c->pattern, escapes[i][0]);
    pattern_show(c, escapes[i][1]);
}


static void
pattern_class(pattern_case_t *c)
{
    size_t  n, chosen;

    pattern_put(&c->pattern, "[");

    if (pattern_random(c, 8) == 0) {
        pattern_put(&c->pattern, "^");
    }

    if (pattern_random(c, 12) == 0) {
        pattern_put(&c->pattern, "]");
    }

    n = 1 + pattern_random(c, 5);
    chosen = pattern_random(c, n);

    while (n-- != 0) {
        pattern_member(c, n == chosen);
    }

    if (pattern_random(c, 12) == 0) {
        pattern_put(&c->pattern, "-");
    }

    pattern_put(&c->pattern, "]");
}


static void
pattern_member(pattern_case_t *c, int sample)
{
    size_t       i;
    const char  *letter;

    static const char *const  members[][2] = {
        { "\\d", "1" }, { "\\w", "a" }, { "\\s", " " }, { "a-e", "c" },
        { "[:alpha:]", "b" }, { "[:^space:]", "a" }, { "\\x{1ec1}",
        "\xe1\xbb\x81" }, { "\\-", "-" }, { "0-1", "0" }, { "\\]", "]" },
        { "\\p{L}", "d" }, { "k-s", "s" }, { "\\b", "\b" }, { "\\W", "-" },
        { "-", "-" }, { "\\^", "^" }, { "J-K", "K" }, { "a-\\x62", "b" },
        { "[", "[" }, { "\\141", "a" }, { "\\\\", "\\" }
    };

    if (pattern_random(c, 3) != 0) {
        letter = letters[pattern_random(c, NLETTERS - 4)];
        pattern_put(&c->pattern, (strchr("[]^-\\", letter[0]) != NULL)
                                 ? "\\" : "");
        pattern_put(&c->pattern, letter);

    } else {
        i = pattern_random(c, sizeof(members) / sizeof(members[0]));
        pattern_put(&c->pattern, members[i][0]);
        letter = members[i][1];
    }

    if (sample) {
        pattern_show(c, letter);
    }
}


static void
pattern_type(pattern_case_t *c)
{
    size_t  i;

    static const char *const  types[][2] = {
        { ".", "a" }, { "\\d", "1" }, { "\\w", "k" }, { "\\s", " " },
        { "\\D", "b" }, { "\\W", "-" }, { "\\S", "a" }, { "\\h", "\t" },
        { "\\R", "\n" }, { "\\X", "a" }, { "\\N", "s" }, { "\\p{Lu}", "A" },
        { "\\pN", "0" }, { "\\P{L}", "." }, { "\\H", "a" }, { "\\V", "b" },
        { ".*", "ab" }, { ".{0,4}", "" }, { "[\\W_]*", " " }
    };

    i = pattern_random(c, sizeof(types) / sizeof(types[0]));
    pattern_put(&c->pattern, types[i][0]);
    pattern_put(&c->sample, types[i][1]);
}


static void
pattern_group(pattern_case_t *c)
{
    int              extended, caseless, capture;
    size_t           from;
    unsigned         number;
    const char      *open;
    pattern_text_t  *group;

    static const char *const  opens[] = {
        "(", "(", "(", "(?:", "(?:", "(?:", "(?>", "(?|"
    };

    if (c->depth >= PATTERN_DEPTH) {
        pattern_literal(c);
        return;
    }

    extended = c->extended;
    caseless = c->caseless;
    open = CHOOSE(c, opens);
    capture = (strlen(open) == 1);
    number = c->ngroups;

    c->ngroups += (unsigned) capture;
    c->depth++;
    from = c->sample.len;

    pattern_put(&c->pattern, open);
    pattern_alternatives(c, 1 + pattern_random(c, 4));
    pattern_put(&c->pattern, ")");

    c->depth--;
    c->extended = extended;
    c->caseless = caseless;

    if (capture && number < PATTERN_CASE_GROUPS) {
        group = &c->groups[number];
        group->len = 0;
        pattern_append(group, c->sample.data + from, c->sample.len - from);
    }
}


/* Options for one group. */

static void
pattern_scoped(pattern_case_t *c)
{
    int          extended, caseless;
    const char  *open;

    static const char *const  opens[] = {
        "(?i:", "(?x:", "(?-i:", "(?ix:", "(?x-i:", "(?s:", "(?^:", "(?^i:"
    };

    if (c->depth >= PATTERN_DEPTH) {
        pattern_literal(c);
        return;
    }

    extended = c->extended;
    caseless = c->caseless;
    open = CHOOSE(c, opens);

    if (open[2] == '^') {
        c->extended = 0;
        c->caseless = 0;
    }

    if (strchr(open, 'x') != NULL) {
        c->extended = 1;
    }

    if (strchr(open, 'i') != NULL) {
        c->caseless = (strchr(open, '-') == NULL);
    }

    c->depth++;
    pattern_put(&c->pattern, open);
    pattern_alternatives(c, 1 + pattern_random(c, 3));
    pattern_put(&c->pattern, ")");
    c->depth--;

    c->extended = extended;
    c->caseless = caseless;
}


static void
pattern_look(pattern_case_t *c)
{
    size_t       from;
    const char  *letter, *open;

    static const char *const  opens[] = {
        "(?=", "(?=", "(?!", "(?<=", "(?<=", "(?<!", "(?*"
    };

    open = CHOOSE(c, opens);
    from = c->sample.len;

    if (c->depth >= PATTERN_DEPTH) {
        pattern_literal(c);
        return;
    }

    pattern_put(&c->pattern, open);

    if (strchr(open, '<') != NULL) {
        letter = pattern_letter(c);
        pattern_write(c, letter);
        pattern_show(c, letter);

    } else {
        c->depth++;
        pattern_alternatives(c, 1 + pattern_random(c, 2));
        c->depth--;
    }

    pattern_put(&c->pattern, ")");

    /* what is looked at is there to be matched: behind it by the next one */

    if (strchr(open, '!') != NULL) {
        pattern_cut(&c->sample, from);

    } else if (strchr(open, '<') == NULL && pattern_random(c, 2) == 0) {
        pattern_put(&c->pattern, ".*");
    }
}


static void
pattern_zero(pattern_case_t *c)
{
    static const char *const  zeros[] = {
        "\\b", "\\B", "^", "$", "\\A", "\\K", "\\z", "\\Z", "\\b", "\\K",
        "(?<!\\w)", "(?!\\w)", "(?m)"
    };

    pattern_put(&c->pattern, CHOOSE(c, zeros));
}


static void
pattern_options(pattern_case_t *c)
{
    static const char *const  options[] = {
        "(?i)", "(?-i)", "(?x)", "(?-x)", "(?s)", "(?ix)", "(?^)", "(?x-i)",
        "(?U)", "(?xx)"
    };
    const char  *option;

    option = CHOOSE(c, options);
    pattern_put(&c->pattern, option);

    if (option[2] == '^') {
        c->extended = 0;
        c->caseless = 0;
    }

    if (strstr(option, "x") != NULL) {
        c->extended = (strstr(option, "-x") == NULL);
    }

    if (strstr(option, "i") != NULL) {
        c->caseless = (strstr(option, "-i") == NULL);
    }
}


static void
pattern_comment(pattern_case_t *c)
{
    static const char *const  comments[] = {
        " ", "\n", "# a(b|c) [\n", "#\n", " # \\Q\n ", "\t"
    };

    if (c->extended) {
        pattern_put(&c->pattern, CHOOSE(c, comments));

    } else {
        pattern_put(&c->pattern, "(?#a|b\\E[)");
    }
}


static void
pattern_condition(pattern_case_t *c)
{
    static const char *const  conditions[] = {
        "(?(1)", "(?(?=a)", "(?(?!b)", "(?(DEFINE)", "(?(?<=a)", "(?(R)"
    };

    if (c->depth >= PATTERN_DEPTH) {
        pattern_literal(c);
        return;
    }

    pattern_put(&c->pattern, CHOOSE(c, conditions));
    c->depth += 2;
    pattern_alternatives(c, 1 + pattern_random(c, 2));
    c->depth -= 2;
    pattern_put(&c->pattern, ")");
}


static void
pattern_reference(pattern_case_t *c)
{
    unsigned                  i;
    char                      text[32];
    static const char *const  forms[] = {
        "\\%u", "\\g{%u}", "\\g%u", "(?%u)", "\\g<%u>", "\\g'%u'"
    };

    if (c->ngroups == 0) {
        pattern_literal(c);
        return;
    }

    i = (unsigned) pattern_random(c, (c->ngroups < PATTERN_CASE_GROUPS)
                                     ? c->ngroups : PATTERN_CASE_GROUPS);

    (void) snprintf(text, sizeof(text), CHOOSE(c, forms), i + 1);
    pattern_put(&c->pattern, text);
    pattern_append(&c->sample, c->groups[i].data, c->groups[i].len);
}


/* What looks like something else. */

static void
pattern_odd(pattern_case_t *c)
{
    size_t  i;

    static const char *const  odd[][2] = {
        { "{", "{" }, { "a{", "a{" }, { "b{1", "b{1" }, { "}", "}" },
        { "a{x}", "a{x}" }, { "a{1,x}", "a{1,x}" }, { "]", "]" },
        { "(*ACCEPT)", "" }, { "(*FAIL)", "" }, { "(*COMMIT)", "" },
        { "a{,2}", "a{,2}" }, { "[[:<:]]", "" }, { "(?P<n>s)", "s" },
        { "(?'q's)", "s" }, { "(?<name>ab)", "ab" }, { "(?C1)", "" },
        { "(?-1)", "a" }, { "(*pla:a)", "" }, { "(?:)", "" }, { "[a]{2}+",
        "aa" }, { "(?i)k(?-i)", "K" }, { "\\Qa+\\E+", "a+" }
    };

    i = pattern_random(c, sizeof(odd) / sizeof(odd[0]));
    pattern_put(&c->pattern, odd[i][0]);
    pattern_put(&c->sample, odd[i][1]);

    if (strstr(odd[i][0], "(?-i)") != NULL) {
        c->caseless = 0;
    }
}


static void
pattern_fill(pattern_case_t *c, pattern_text_t *text, size_t n)
{
    while (n-- != 0) {
        pattern_put(text, pattern_letter(c));
    }
}


static const char *
pattern_letter(pattern_case_t *c)
{
    return letters[pattern_random(c, NLETTERS)];
}


/* A literal as it is written in a pattern. */

static void
pattern_write(pattern_case_t *c, const char *letter)
{
    if (strchr("[(+.{", letter[0]) != NULL
        || (c->extended && strchr("# \t\n", letter[0]) != NULL
            && pattern_random(c, 10) != 0))
    {
        pattern_put(&c->pattern, "\\");
    }

    pattern_put(&c->pattern, letter);
}


/* A literal as it is in a text; if it may be, in another case. */

static void
pattern_show(pattern_case_t *c, const char *letter)
{
    size_t  i;

    static const char *const  pairs[][2] = {
        { "k", "\xe2\x84\xaa" }, { "K", "k" }, { "s", "\xc5\xbf" },
        { "S", "s" }, { "a", "A" }, { "b", "B" }, { "\xe2\x84\xaa", "K" },
        { "\xc5\xbf", "S" }, { "\xe1\xbb\x81", "\xe1\xbb\x80" },
        { "\xe1\xbb\x80", "\xe1\xbb\x81" }, { "K", "\xe2\x84\xaa" },
        { "S", "\xc5\xbf" }, { "k", "K" }, { "s", "S" }
    };

    if (c->caseless && pattern_random(c, 2) == 0) {
        i = pattern_random(c, sizeof(pairs) / sizeof(pairs[0]));

        if (strcmp(pairs[i][0], letter) == 0) {
            letter = pairs[i][1];
        }
    }

    pattern_put(&c->sample, letter);
}


static void
pattern_put(pattern_text_t *text, const char *s)
{
    pattern_append(text, s, strlen(s));
}


/* What has no room is left out, whole. */

static void
pattern_append(pattern_text_t *text, const char *s, size_t len)
{
    if (len <= sizeof(text->data) - text->len) {
        memcpy(text->data + text->len, s, len);
        text->len += len;
    }
}


static void
pattern_cut(pattern_text_t *text, size_t len)
{
    text->len = len;
}
