
/*
 * Copyright (C) the moderate authors
 *
 * Phrases of a words rule, as patterns on the text view, and on the joined
 * view for what is written to be overlooked.
 *
 * Of a phrase each accented letter may be written with its accent or bare,
 * never with another accent: a profanity list without accents hits a quarter
 * of benign Vietnamese comments, one with accents nearly none.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vet_rules.h"


#define VET_WORDS_CHUNK     8000     /* bytes; PCRE2 compiles 64 KiB at most */

#define VET_WORD            "[\\p{L}\\p{M}\\p{N}]"
#define VET_WORDS_BEFORE    "(?<!" VET_WORD ")"
#define VET_WORDS_BEHIND    "(?!" VET_WORD ")"

/* for phrases of which some begin, or end, with a symbol */

#define VET_WORDS_BEFORE_ANY                                                  \
    "(?:" VET_WORDS_BEFORE "|(?!" VET_WORD "))"
#define VET_WORDS_BEHIND_ANY                                                  \
    "(?:" VET_WORDS_BEHIND "|(?<!" VET_WORD "))"


typedef struct {
    vet_str_t               text;       /* its text view, trimmed */
    const vet_place_t      *place;
    unsigned                accented:1;
    unsigned                before:1;   /* begins with a letter or digit */
    unsigned                behind:1;   /* ends with one */
} vet_word_t;

typedef struct {
    vet_pool_t             *pool;
    unsigned char          *data;
    size_t                  len;
    size_t                  size;
    int                     failed;
} vet_source_t;


static int vet_words_read(vet_pool_t *pool, vet_test_rule_t *rule,
    vet_word_t *words, vet_errors_t *errors);
static int vet_words_text(vet_ruleset_t *rs, vet_test_rule_t *rule,
    const vet_word_t *words, vet_list_t *patterns, vet_errors_t *errors);
static int vet_words_joined(vet_ruleset_t *rs, vet_test_rule_t *rule,
    const vet_word_t *words, vet_list_t *patterns, vet_errors_t *errors);
static int vet_words_spell(vet_ruleset_t *rs, vet_test_rule_t *rule,
    const vet_word_t *words, size_t *n);
static int vet_words_longer(const void *one, const void *two);
static int vet_words_spelled(vet_pool_t *pool, vet_test_rule_t *rule,
    size_t first, size_t n, size_t *used, vet_errors_t *errors);
static int vet_words_pattern(vet_test_rule_t *rule, vet_list_t *patterns);
static int vet_words_edge(vet_str_t s, int last);
static int vet_words_order(const void *one, const void *two);
static int vet_words_chunk(vet_pool_t *pool, vet_test_rule_t *rule,
    const vet_word_t *words, size_t n, size_t *used, vet_errors_t *errors);
static void vet_source_phrase(vet_source_t *s, vet_str_t text);
static void vet_source_letter(vet_source_t *s, vet_str_t letter,
    uint32_t moved);
static void vet_source_spelling(vet_source_t *s,
    const vet_spelling_t *spelling, size_t mark);
static void vet_source_set(vet_source_t *s, const vet_letter_t *letter,
    const vet_letter_t *next);
static void vet_source_char(vet_source_t *s, uint32_t cp);
static void vet_source_literal(vet_source_t *s, vet_str_t text);
static void vet_source_add(vet_source_t *s, const void *data, size_t len);
static void vet_source_text(vet_source_t *s, const char *text);


int
vet_words_compile(vet_ruleset_t *rs, vet_test_rule_t *rule,
    vet_errors_t *errors)
{
    int          rc;
    vet_word_t  *words;
    vet_list_t   patterns;

    words = vet_pcalloc(rs->source, rule->nphrases * sizeof(vet_word_t));
    if (words == NULL) {
        return VET_ERROR;
    }

    rc = vet_words_read(rs->source, rule, words, errors);
    if (rc != VET_OK) {
        return rc;
    }

    qsort(words, rule->nphrases, sizeof(vet_word_t), vet_words_order);

    memset(&patterns, 0, sizeof(vet_list_t));
    patterns.size = sizeof(vet_pattern_t);
    patterns.pool = rs->pool;

    rc = vet_words_text(rs, rule, words, &patterns, errors);

    return (rc == VET_OK) ? vet_words_joined(rs, rule, words, &patterns,
                                             errors)
                          : rc;
}


static int
vet_words_text(vet_ruleset_t *rs, vet_test_rule_t *rule,
    const vet_word_t *words, vet_list_t *patterns, vet_errors_t *errors)
{
    int     rc;
    size_t  i, used;

    for (i = 0; i < rule->nphrases; i += used) {
        rc = vet_words_pattern(rule, patterns);
        if (rc != VET_OK) {
            return rc;
        }

        rc = vet_words_chunk(rs->source, rule, words + i, rule->nphrases - i,
                             &used, errors);
        if (rc != VET_OK) {
            return rc;
        }
    }

    return VET_OK;
}


static int
vet_words_joined(vet_ruleset_t *rs, vet_test_rule_t *rule,
    const vet_word_t *words, vet_list_t *patterns, vet_errors_t *errors)
{
    int     rc;
    size_t  i, n, used;

    rc = vet_words_spell(rs, rule, words, &n);

    for (i = 0; rc == VET_OK && i < n; i += used) {
        rc = vet_words_pattern(rule, patterns);
        if (rc != VET_OK) {
            return rc;
        }

        rc = vet_words_spelled(rs->source, rule, i, n, &used, errors);
    }

    return rc;
}


/* Notes a pattern before it is compiled, so that destroy frees all. */

static int
vet_words_pattern(vet_test_rule_t *rule, vet_list_t *patterns)
{
    if (vet_list_push(patterns) == NULL) {
        return VET_ERROR;
    }

    rule->patterns = patterns->elts;
    rule->npatterns = patterns->n;

    return VET_OK;
}


static int
vet_words_spell(vet_ruleset_t *rs, vet_test_rule_t *rule,
    const vet_word_t *words, size_t *n)
{
    int     rc;
    size_t  i;

    *n = 0;

    rule->spellings = vet_pcalloc(rs->pool, rule->nphrases
                                            * sizeof(vet_spelling_t));
    if (rule->spellings == NULL) {
        return VET_ERROR;
    }

    for (i = 0; i < rule->nphrases; i++) {
        rc = vet_spelling_read(rs->pool, words[i].text,
                               &rule->spellings[*n]);
        if (rc == VET_OK) {
            (*n)++;

        } else if (rc != VET_DECLINED) {
            return rc;
        }
    }

    qsort(rule->spellings, *n, sizeof(vet_spelling_t), vet_words_longer);

    return VET_OK;
}


static int
vet_words_longer(const void *one, const void *two)
{
    const vet_spelling_t  *a, *b;

    a = one;
    b = two;

    return (a->n != b->n) ? ((a->n > b->n) ? -1 : 1) : 0;
}


/* As vet_words_chunk, for the joined view; vet_spelling_odd does the rest. */

static int
vet_words_spelled(vet_pool_t *pool, vet_test_rule_t *rule, size_t first,
    size_t n, size_t *used, vet_errors_t *errors)
{
    int             rc;
    char            text[VET_PATTERN_TEXT];
    size_t          i, offset;
    vet_source_t    s;
    vet_pattern_t  *pattern;

    memset(&s, 0, sizeof(vet_source_t));
    s.pool = pool;

    for (i = first; i < n && s.len < VET_WORDS_CHUNK; i++) {
        vet_source_text(&s, (i == first) ? "" : "|");
        vet_source_spelling(&s, &rule->spellings[i], i + 1);
    }

    *used = i - first;

    if (s.failed) {
        return VET_ERROR;
    }

    pattern = &rule->patterns[rule->npatterns - 1];
    pattern->joined = 1;

    rc = vet_pattern_compile(pattern, s.data, s.len, 0, text, &offset);

    if (rc == VET_DECLINED) {
        vet_rule_error(errors, &rule->place,
                       "words cannot be compiled: %s, expected fewer or "
                       "shorter phrases", text);
    }

    return rc;
}


static int
vet_words_read(vet_pool_t *pool, vet_test_rule_t *rule, vet_word_t *words,
    vet_errors_t *errors)
{
    int          rc;
    size_t       i;
    vet_str_t    s;
    vet_view_t   view;
    vet_shown_t  shown;

    rc = VET_OK;

    for (i = 0; i < rule->nphrases; i++) {
        if (vet_view_build(pool, rule->phrases[i].text, VET_VIEW_TEXT, &view)
            != VET_OK)
        {
            return VET_ERROR;
        }

        s = view.text;

        while (s.len != 0 && s.data[0] == ' ') {
            s.data++;
            s.len--;
        }

        while (s.len != 0 && s.data[s.len - 1] == ' ') {
            s.len--;
        }

        if (s.len == 0) {
            vet_rule_error(errors, &rule->phrases[i].place,
                           "phrase \"%s\" has nothing to match, expected "
                           "words",
                           vet_shown(&shown, rule->phrases[i].text));
            rc = VET_DECLINED;
            continue;
        }

        words[i].text = s;
        words[i].place = &rule->phrases[i].place;
        words[i].accented = (vet_view_accented(s.data, s.len) != 0);
        words[i].before = (vet_words_edge(s, 0) != 0);
        words[i].behind = (vet_words_edge(s, 1) != 0);
    }

    return rc;
}


/* Tells whether the first, or last, character is one of a word. */

static int
vet_words_edge(vet_str_t s, int last)
{
    size_t    i;
    uint32_t  cp;

    i = 0;

    if (last) {
        i = s.len - 1;

        while (i > 0 && (s.data[i] & 0xc0) == 0x80) {
            i--;
        }
    }

    (void) vet_uni_read(s.data + i, s.len - i, &cp);

    return (vet_uni(cp)->flags & VET_UNI_WORD) != 0;
}


/*
 * PCRE2 takes the first alternative that matches: a phrase without accents,
 * which is never bare, before one with; a long one before its beginning.
 */

static int
vet_words_order(const void *one, const void *two)
{
    const vet_word_t  *a, *b;

    a = one;
    b = two;

    if (a->accented != b->accented) {
        return a->accented ? 1 : -1;
    }

    if (a->text.len != b->text.len) {
        return (a->text.len > b->text.len) ? -1 : 1;
    }

    return memcmp(a->text.data, b->text.data, a->text.len);
}


/* Compiles as many phrases as one pattern takes; sets used to their number. */

static int
vet_words_chunk(vet_pool_t *pool, vet_test_rule_t *rule,
    const vet_word_t *words, size_t n, size_t *used, vet_errors_t *errors)
{
    int            rc;
    char           text[VET_PATTERN_TEXT];
    size_t         i, offset;
    unsigned       before, behind, group;
    vet_source_t   body, whole;

    memset(&body, 0, sizeof(vet_source_t));
    memset(&whole, 0, sizeof(vet_source_t));
    body.pool = pool;
    whole.pool = pool;
    before = 1;
    behind = 1;
    group = 0;

    for (i = 0; i < n && body.len < VET_WORDS_CHUNK; i++) {
        vet_source_text(&body, (i == 0) ? "" : "|");

        if (words[i].accented && !group) {
            vet_source_text(&body, "(");
            group = 1;
        }

        vet_source_phrase(&body, words[i].text);

        before &= words[i].before;
        behind &= words[i].behind;
    }

    *used = i;

    vet_source_text(&whole, before ? VET_WORDS_BEFORE : VET_WORDS_BEFORE_ANY);
    vet_source_text(&whole, "(?:");
    vet_source_add(&whole, body.data, body.len);
    vet_source_text(&whole, group ? "))" : ")");
    vet_source_text(&whole, behind ? VET_WORDS_BEHIND : VET_WORDS_BEHIND_ANY);

    if (body.failed || whole.failed) {
        return VET_ERROR;
    }

    rc = vet_pattern_compile(&rule->patterns[rule->npatterns - 1], whole.data,
                             whole.len, 0, text, &offset);

    if (rc == VET_DECLINED) {
        vet_rule_error(errors, words[0].place,
                       "words cannot be compiled: %s, expected fewer or "
                       "shorter phrases", text);
    }

    return rc;
}


static void
vet_source_phrase(vet_source_t *s, vet_str_t text)
{
    size_t     i, n;
    uint32_t   cp, before, behind;
    vet_str_t  letter;

    behind = 0;

    for (i = 0; i < text.len; i += letter.len) {
        before = behind;
        letter.data = text.data + i;
        letter.len = vet_uni_read(letter.data, text.len - i, &cp);
        behind = cp;

        if (cp == ' ') {
            while (i + letter.len < text.len && text.data[i + letter.len]
                   == ' ')
            {
                letter.len++;
            }

            vet_source_text(s, " +");
            continue;
        }

        /* marks that did not join it belong to the letter */

        while (i + letter.len < text.len) {
            n = vet_uni_read(text.data + i + letter.len,
                             text.len - i - letter.len, &cp);
            if (vet_uni(cp)->ccc == 0) {
                break;
            }

            letter.len += n;
        }

        cp = (i + letter.len < text.len) ? cp : 0;
        vet_source_letter(s, letter, vet_spelling_moved(before, behind, cp));
    }
}


/* Its accent, bare or, if it is not 0, moved. */

static void
vet_source_letter(vet_source_t *s, vet_str_t letter, uint32_t moved)
{
    uint32_t    cp;
    vet_view_t  bare;

    if (vet_view_build(s->pool, letter, VET_VIEW_FOLDED, &bare) != VET_OK) {
        s->failed = 1;
        return;
    }

    if (moved == 0
        && (bare.text.len == 0
            || (bare.text.len == letter.len
                && memcmp(bare.text.data, letter.data, letter.len) == 0)))
    {
        vet_source_literal(s, letter);
        return;
    }

    if (vet_uni_read(letter.data, letter.len, &cp) == letter.len
        && bare.text.len == 1 && vet_uni(bare.text.data[0])->flags
                                 & VET_UNI_WORD)
    {
        vet_source_text(s, "[");
        vet_source_add(s, letter.data, letter.len);
        vet_source_add(s, bare.text.data, bare.text.len);

        if (moved != 0) {
            vet_source_char(s, moved);
        }

        vet_source_text(s, "]");
        return;
    }

    vet_source_text(s, "(?:");
    vet_source_literal(s, letter);
    vet_source_text(s, "|");
    vet_source_literal(s, bare.text);
    vet_source_text(s, ")");
}


/*
 * A gap may be absent; a letter that is next to itself, or to its bare form,
 * may have become one with it.
 */

static void
vet_source_spelling(vet_source_t *s, const vet_spelling_t *spelling,
    size_t mark)
{
    char                 text[32];
    size_t               i;
    const vet_letter_t  *letter, *next;

    for (i = 0; i < spelling->n; i++) {
        letter = &spelling->letters[i];
        next = (i + 1 < spelling->n) ? letter + 1 : NULL;

        if (i > 0 && vet_spelling_joins(letter - 1, letter)) {
            vet_source_text(s, letter->gap ? "(?: ?" : "(?:");
            vet_source_set(s, letter, next);
            vet_source_text(s, ")?");
            continue;
        }

        vet_source_text(s, letter->gap ? " ?" : "");
        vet_source_set(s, letter, next);
    }

    (void) snprintf(text, sizeof(text), "(*:%zu)", mark);
    vet_source_text(s, text);
}


/* As vet_spelling_odd takes it. */

static void
vet_source_set(vet_source_t *s, const vet_letter_t *letter,
    const vet_letter_t *next)
{
    int  joins;

    joins = (next != NULL && vet_spelling_joins(letter, next));

    if (letter->own == letter->bare && letter->moved == 0 && !joins
        && letter->bare != 'l')
    {
        vet_source_char(s, letter->own);
        return;
    }

    vet_source_text(s, "[");
    vet_source_char(s, letter->own);
    vet_source_char(s, letter->bare);

    if (letter->moved != 0) {
        vet_source_char(s, letter->moved);
    }

    if (joins) {
        vet_source_char(s, next->own);
    }

    vet_source_text(s, (letter->bare == 'l') ? "i]" : "]");
}


static void
vet_source_char(vet_source_t *s, uint32_t cp)
{
    unsigned char  bytes[VET_UNI_BYTES];

    vet_source_add(s, bytes, vet_uni_write(cp, bytes));
}


static void
vet_source_literal(vet_source_t *s, vet_str_t text)
{
    size_t         i;
    unsigned char  c;

    for (i = 0; i < text.len; i++) {
        c = text.data[i];

        if (c == '\0') {
            vet_source_text(s, "\\x00");
            continue;
        }

        if (c < 0x80 && (vet_uni(c)->flags & VET_UNI_WORD) == 0) {
            vet_source_text(s, "\\");
        }

        vet_source_add(s, &c, 1);
    }
}


static void
vet_source_text(vet_source_t *s, const char *text)
{
    vet_source_add(s, text, strlen(text));
}


static void
vet_source_add(vet_source_t *s, const void *data, size_t len)
{
    size_t          size;
    unsigned char  *p;

    if (s->failed || len == 0) {
        return;
    }

    if (s->size - s->len < len) {
        size = 2 * (s->size + len) + 256;

        p = vet_palloc(s->pool, size);
        if (p == NULL) {
            s->failed = 1;
            return;
        }

        if (s->len != 0) {
            memcpy(p, s->data, s->len);
        }

        s->data = p;
        s->size = size;
    }

    memcpy(s->data + s->len, data, len);
    s->len += len;
}
