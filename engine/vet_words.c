
/*
 * Copyright (C) the moderate authors
 *
 * Phrases of a words rule: on the text view without joiners, and on the joined
 * view for what is written to be overlooked.
 *
 * Of a phrase each accented letter may be written with its accent or bare,
 * never with another accent: a profanity list without accents hits a quarter
 * of benign Vietnamese comments, one with accents nearly none.
 *
 * Phrases are compared without PCRE2.  Ten thousand rules have several tens of
 * thousands of them: as patterns they took a second to compile and 70 MB.
 */


#include <stdlib.h>
#include <string.h>

#include "vet_pool.h"
#include "vet_rules.h"
#include "vet_words.h"


/* A phrase as it is compared. */

typedef struct {
    vet_pool_t             *pool;
    vet_str_t               phrase;
    size_t                  i;
    uint32_t                before;     /* character of it before that */
    vet_str_t               text;
    size_t                  pos;
    int                     failed;     /* memory is out */
} vet_compare_t;


static int vet_words_read(vet_ruleset_t *rs, vet_test_rule_t *rule,
    vet_errors_t *errors);
static vet_str_t vet_words_trim(vet_str_t s);
static int vet_word_make(vet_ruleset_t *rs, vet_str_t text, vet_word_t *word);
static int vet_word_squeeze(vet_ruleset_t *rs, vet_word_t *word);
static int vet_words_order(const void *one, const void *two);
static int vet_word_space(vet_compare_t *c);
static int vet_word_letter(vet_compare_t *c);
static int vet_word_other(vet_compare_t *c, size_t len, uint32_t cp);
static int vet_word_bare(vet_compare_t *c, size_t len);
static int vet_word_is(uint32_t cp);
static uint32_t vet_word_before(vet_str_t text, size_t at);
static uint32_t vet_word_from(vet_str_t text, size_t at);


int
vet_words_compile(vet_ruleset_t *rs, vet_test_rule_t *rule,
    vet_errors_t *errors)
{
    int  rc;

    rule->words = vet_pcalloc(rs->pool, rule->nphrases * sizeof(vet_word_t));
    if (rule->words == NULL) {
        return VET_ERROR;
    }

    rc = vet_words_read(rs, rule, errors);
    if (rc != VET_OK) {
        return rc;
    }

    rule->nwords = rule->nphrases;
    qsort(rule->words, rule->nwords, sizeof(vet_word_t), vet_words_order);

    return VET_OK;
}


static int
vet_words_read(vet_ruleset_t *rs, vet_test_rule_t *rule, vet_errors_t *errors)
{
    int          rc;
    size_t       i;
    vet_str_t    s;
    vet_view_t   view;
    vet_shown_t  shown;

    rc = VET_OK;

    for (i = 0; i < rule->nphrases; i++) {
        vet_pool_begin(rs->work, rs->source);

        if (vet_view_build(rs->work, rule->phrases[i].text, VET_VIEW_WORDS,
                           &view)
            != VET_OK)
        {
            return VET_ERROR;
        }

        s = vet_words_trim(view.text);

        if (s.len == 0) {
            vet_rule_error(errors, &rule->phrases[i].place,
                           "phrase \"%s\" has nothing to match, expected "
                           "words",
                           vet_shown(&shown, rule->phrases[i].text));
            rc = VET_DECLINED;
            continue;
        }

        if (vet_word_make(rs, s, &rule->words[i]) != VET_OK) {
            return VET_ERROR;
        }
    }

    return rc;
}


static vet_str_t
vet_words_trim(vet_str_t s)
{
    while (s.len != 0 && s.data[0] == ' ') {
        s.data++;
        s.len--;
    }

    while (s.len != 0 && s.data[s.len - 1] == ' ') {
        s.len--;
    }

    return s;
}


static int
vet_word_make(vet_ruleset_t *rs, vet_str_t text, vet_word_t *word)
{
    if (vet_words_copy(rs->pool, text, &word->text) != VET_OK) {
        return VET_ERROR;
    }

    word->accented = (vet_view_accented(text.data, text.len) != 0);

    return vet_word_squeeze(rs, word);
}


static int
vet_word_squeeze(vet_ruleset_t *rs, vet_word_t *word)
{
    int             rc;
    vet_str_t       s;
    vet_view_t      base, view;
    vet_spelling_t  spelling;

    memset(&base, 0, sizeof(vet_view_t));
    base.text = word->text;

    rc = vet_view_squeeze(rs->work, &base, &view);

    if (rc == VET_OK) {
        rc = vet_spelling_read(rs->work, view.text, &spelling);
    }

    if (rc != VET_OK) {
        return (rc == VET_DECLINED) ? VET_OK : VET_ERROR;
    }

    s = view.text;

    if (s.len == word->text.len
        && memcmp(s.data, word->text.data, s.len) == 0)
    {
        word->squeezed = word->text;
        return VET_OK;
    }

    return vet_words_copy(rs->pool, s, &word->squeezed);
}


int
vet_words_copy(vet_pool_t *pool, vet_str_t s, vet_str_t *copy)
{
    unsigned char  *p;

    p = vet_palloc(pool, s.len);
    if (p == NULL) {
        return VET_ERROR;
    }

    memcpy(p, s.data, s.len);
    copy->data = p;
    copy->len = s.len;

    return VET_OK;
}


/*
 * Of several at one place the first is taken: a phrase without accents, which
 * is never bare, before one with; a long one before its beginning.
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


/*
 * A letter that is bare must have the same key: that is looked at here, so
 * that what the prefilter leaves out cannot match.
 */

int
vet_word_key(vet_pool_t *pool, const vet_key_table_t *table,
    vet_word_t *word, int joined, vet_str_t *key)
{
    size_t      start, end;
    vet_str_t   text;
    vet_key_t   own, bare;
    vet_view_t  folded;

    text = joined ? word->squeezed : word->text;

    if (text.len == 0) {
        return VET_DECLINED;
    }

    if (vet_key_make(pool, table, text, joined, &own) != VET_OK
        || vet_view_build(pool, text, VET_VIEW_FOLDED, &folded) != VET_OK
        || vet_key_make(pool, table, folded.text, joined, &bare) != VET_OK)
    {
        return vet_pool_failed(pool);
    }

    if (own.text.len <= 1 || own.text.len != bare.text.len
        || memcmp(own.text.data, bare.text.data, own.text.len) != 0)
    {
        return VET_DECLINED;
    }

    *key = own.text;

    if (!joined) {
        word->lead = 0;
        vet_key_start(&own, word, 0, &start, &end);
        word->lead = (start != 0);
    }

    return VET_OK;
}


int
vet_word_at(vet_pool_t *pool, const vet_word_t *word, vet_str_t text,
    size_t at, vet_word_place_t *place)
{
    vet_compare_t  c;

    if (vet_word_is(vet_word_before(text, at))
        && vet_word_is(vet_word_from(text, at)))
    {
        return VET_DECLINED;
    }

    c.pool = pool;
    c.phrase = word->text;
    c.i = 0;
    c.before = 0;
    c.text = text;
    c.pos = at;
    c.failed = 0;

    while (c.i < c.phrase.len) {
        if (!(c.phrase.data[c.i] == ' ' ? vet_word_space(&c)
                                        : vet_word_letter(&c)))
        {
            return c.failed ? vet_pool_failed(pool) : VET_DECLINED;
        }
    }

    if (vet_word_is(vet_word_before(text, c.pos))
        && vet_word_is(vet_word_from(text, c.pos)))
    {
        return VET_DECLINED;
    }

    place->start = at;
    place->end = c.pos;
    place->bare = word->accented && !vet_view_accented(text.data + at,
                                                       c.pos - at);

    return VET_OK;
}


/* Of spaces there may be any number. */

static int
vet_word_space(vet_compare_t *c)
{
    if (c->pos == c->text.len || c->text.data[c->pos] != ' ') {
        return 0;
    }

    while (c->i < c->phrase.len && c->phrase.data[c->i] == ' ') {
        c->i++;
    }

    while (c->pos < c->text.len && c->text.data[c->pos] == ' ') {
        c->pos++;
    }

    c->before = ' ';

    return 1;
}


/* A letter is one with the marks on it that did not join it. */

static int
vet_word_letter(vet_compare_t *c)
{
    size_t                n, len, left;
    uint32_t              cp, mark;
    const unsigned char  *p;

    p = c->phrase.data + c->i;
    left = c->phrase.len - c->i;
    len = vet_uni_read(p, left, &cp);

    while (len < left && p[len] >= 0x80) {
        n = vet_uni_read(p + len, left - len, &mark);
        if (vet_uni(mark)->ccc == 0) {
            break;
        }

        len += n;
    }

    if (c->text.len - c->pos >= len
        && memcmp(c->text.data + c->pos, p, len) == 0)
    {
        c->pos += len;

    } else if (!vet_word_other(c, len, cp)) {
        return 0;
    }

    c->before = cp;
    c->i += len;

    return 1;
}


/* Compares with the letter of len bytes bare, or with its tone moved. */

static int
vet_word_other(vet_compare_t *c, size_t len, uint32_t cp)
{
    size_t            n;
    uint32_t          there, bare, moved;
    unsigned char     bytes[VET_UNI_BYTES];
    const vet_uni_t  *u;

    if (c->pos == c->text.len) {
        return 0;
    }

    n = vet_uni_read(c->text.data + c->pos, c->text.len - c->pos, &there);
    u = vet_uni(cp);

    if (len != vet_uni_write(cp, bytes) || u->flags & VET_UNI_DROP
        || vet_uni_single(cp, u, 1, &bare) != VET_OK)
    {
        return vet_word_bare(c, len);
    }

    if (there != bare) {
        if (bare >= 0x80 || !vet_word_is(bare)) {
            return 0;
        }

        moved = vet_spelling_moved(c->before, cp,
                                   vet_word_from(c->phrase, c->i + len));
        if (moved == 0 || moved != there) {
            return 0;
        }
    }

    c->pos += n;

    return 1;
}


static int
vet_word_bare(vet_compare_t *c, size_t len)
{
    vet_str_t   letter;
    vet_view_t  bare;

    letter.data = c->phrase.data + c->i;
    letter.len = len;

    if (vet_view_build(c->pool, letter, VET_VIEW_FOLDED, &bare) != VET_OK) {
        c->failed = 1;
        return 0;
    }

    if (bare.text.len == 0 || c->text.len - c->pos < bare.text.len
        || memcmp(c->text.data + c->pos, bare.text.data, bare.text.len) != 0)
    {
        return 0;
    }

    c->pos += bare.text.len;

    return 1;
}


/* Tells whether it is a letter, mark or number; 0 is none. */

static int
vet_word_is(uint32_t cp)
{
    return (vet_uni(cp)->flags & VET_UNI_WORD) != 0;
}


/* The characters before and from a place on; 0: there is none. */

static uint32_t
vet_word_before(vet_str_t text, size_t at)
{
    uint32_t  cp;

    if (at == 0) {
        return 0;
    }

    do {
        at--;
    } while (at > 0 && (text.data[at] & 0xc0) == 0x80);

    (void) vet_uni_read(text.data + at, text.len - at, &cp);

    return cp;
}


static uint32_t
vet_word_from(vet_str_t text, size_t at)
{
    uint32_t  cp;

    if (at == text.len) {
        return 0;
    }

    (void) vet_uni_read(text.data + at, text.len - at, &cp);

    return cp;
}
