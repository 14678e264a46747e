
/*
 * Copyright (C) the moderate authors
 *
 * Measures of one text.  White space and what cannot be seen are no part of a
 * ratio, nor are marks: a letter with its accents is one, however written.
 */


#include <stdlib.h>
#include <string.h>

#include "vet_joiner.h"


#define VET_LONG_S          0x17f
#define VET_FINAL_SIGMA     0x3c2

typedef enum {
    VET_SCRIPT_NONE = 0,
    VET_SCRIPT_LATIN,
    VET_SCRIPT_OTHER        /* Greek or Cyrillic: letters that look Latin */
} vet_script_t;

typedef struct {
    uint32_t                first;
    uint32_t                last;
} vet_range_t;


static int vet_measure_counts(uint32_t cp);
static int vet_measure_digit(uint32_t cp);
static int vet_measure_letter(uint32_t cp);
static int vet_measure_is_upper(uint32_t cp);
static int vet_measure_is_emoji(uint32_t cp);
static int vet_measure_in(const vet_range_t *ranges, size_t n, uint32_t cp);
static size_t vet_measure_percent(size_t n, size_t of);
static vet_script_t vet_measure_script(uint32_t cp);
static size_t vet_words_split(vet_str_t text, vet_str_t *words);
static int vet_words_compare(const void *one, const void *two);


/* Pictures that are emoji, or shown as ones; no letters, digits or arrows. */

static const vet_range_t  vet_emoji[] = {
    { 0x231a, 0x231b }, { 0x23e9, 0x23f3 }, { 0x23f8, 0x23fa },
    { 0x25fd, 0x25fe }, { 0x2600, 0x27bf }, { 0x2b1b, 0x2b1c },
    { 0x2b50, 0x2b50 }, { 0x2b55, 0x2b55 }, { 0x1f004, 0x1f004 },
    { 0x1f0cf, 0x1f0cf }, { 0x1f18e, 0x1f18e }, { 0x1f191, 0x1f19a },
    { 0x1f1e6, 0x1f1ff }, { 0x1f201, 0x1f251 }, { 0x1f300, 0x1f64f },
    { 0x1f680, 0x1f6ff }, { 0x1f7e0, 0x1f7eb }, { 0x1f90c, 0x1f9ff },
    { 0x1fa70, 0x1faff }
};

static const vet_range_t  vet_latin[] = {
    { 'A', 'Z' }, { 'a', 'z' }, { 0xc0, 0xd6 }, { 0xd8, 0xf6 },
    { 0xf8, 0x24f }, { 0x1e00, 0x1eff }, { 0xff21, 0xff3a },
    { 0xff41, 0xff5a }
};

static const vet_range_t  vet_like_latin[] = {
    { 0x370, 0x373 }, { 0x376, 0x377 }, { 0x37b, 0x37d }, { 0x37f, 0x37f },
    { 0x386, 0x386 }, { 0x388, 0x3ff }, { 0x400, 0x481 }, { 0x48a, 0x52f },
    { 0x1f00, 0x1fbc }, { 0x1fc2, 0x1ffc }
};

/*
 * Scripts that are spelled with joiners and non-joiners: Arabic, Syriac, N'Ko,
 * those of India and its neighbours, Mongolian, and Arabic letters by form.
 */

static const vet_range_t  vet_joined[] = {
    { 0x620, 0xdff }, { 0x1000, 0x109f }, { 0x1780, 0x18af },
    { 0xfb50, 0xfdff }, { 0xfe70, 0xfefc }
};

#define VET_RANGES(r)       (r), sizeof(r) / sizeof((r)[0])


size_t
vet_measure_digits(vet_str_t text)
{
    size_t    i, n, digits;
    uint32_t  cp;

    n = 0;
    digits = 0;

    for (i = 0; i < text.len; /* void */ ) {
        i += vet_uni_read(text.data + i, text.len - i, &cp);

        if (vet_measure_counts(cp)) {
            n++;
            digits += (vet_measure_digit(cp) != 0);
        }
    }

    return vet_measure_percent(digits, n);
}


/* Of letters: a script that has no case makes the ratio smaller. */

size_t
vet_measure_upper(vet_str_t text)
{
    size_t    i, n, upper;
    uint32_t  cp;

    n = 0;
    upper = 0;

    for (i = 0; i < text.len; /* void */ ) {
        i += vet_uni_read(text.data + i, text.len - i, &cp);

        if (vet_measure_letter(cp)) {
            n++;
            upper += (vet_measure_is_upper(cp) != 0);
        }
    }

    return vet_measure_percent(upper, n);
}


/* Of letters, those with an accent, composed or not, and D with stroke. */

size_t
vet_measure_accents(vet_str_t text)
{
    int               bare;
    size_t            i, n, accents;
    uint32_t          cp;
    const vet_uni_t  *u;

    bare = 0;
    n = 0;
    accents = 0;

    for (i = 0; i < text.len; /* void */ ) {
        i += vet_uni_read(text.data + i, text.len - i, &cp);
        u = vet_uni(cp);

        if (u->flags & VET_UNI_DROP) {
            accents += (bare != 0);
            bare = 0;

        } else if (vet_measure_letter(cp)) {
            n++;
            bare = (cp < 0x80 || u->fold_len == 0);
            accents += !bare;

        } else if (u->ccc == 0 && (u->flags & VET_UNI_REMOVE) == 0) {
            bare = 0;
        }
    }

    return vet_measure_percent(accents, n);
}


size_t
vet_measure_emoji(vet_str_t text)
{
    size_t    i, n, emoji;
    uint32_t  cp;

    n = 0;
    emoji = 0;

    for (i = 0; i < text.len; /* void */ ) {
        i += vet_uni_read(text.data + i, text.len - i, &cp);

        if (vet_measure_counts(cp)) {
            n++;
            emoji += (vet_measure_is_emoji(cp) != 0);
        }
    }

    return vet_measure_percent(emoji, n);
}


/* The longest run of one character, without case; spaces make no run. */

size_t
vet_measure_repeats(vet_str_t text)
{
    size_t    i, n, most;
    uint32_t  cp, single, last;

    n = 0;
    most = 0;
    last = 0;

    for (i = 0; i < text.len; /* void */ ) {
        i += vet_uni_read(text.data + i, text.len - i, &cp);

        if (vet_uni(cp)->flags & VET_UNI_REMOVE) {
            continue;
        }

        if (!vet_measure_counts(cp)) {
            n = 0;
            continue;
        }

        if (vet_uni_single(cp, vet_uni(cp), 0, &single) != VET_OK) {
            single = cp;
        }

        n = (n != 0 && single == last) ? n + 1 : 1;
        last = single;
        most = (n > most) ? n : most;
    }

    return most;
}


/*
 * What is joined to an emoji or chooses how it is shown is a part of it, and
 * no keyboard types it by itself.  One joiner after a letter of a script that
 * is spelled with them is a part of the word.
 */

size_t
vet_measure_invisible(vet_str_t text)
{
    int       emoji, joins;
    size_t    i, n;
    uint32_t  cp;

    emoji = 0;
    joins = 0;
    n = 0;

    for (i = 0; i < text.len; /* void */ ) {
        i += vet_uni_read(text.data + i, text.len - i, &cp);

        if ((vet_uni(cp)->flags & VET_UNI_REMOVE) == 0) {
            emoji = vet_measure_is_emoji(cp) || cp == 0x20e3;
            joins = vet_measure_in(VET_RANGES(vet_joined), cp);
            continue;
        }

        if (joins && (cp == VET_JOINER || cp == VET_NON_JOINER)) {
            joins = 0;
            continue;
        }

        if (emoji && (cp == VET_JOINER || cp == 0xfe0f || cp == 0xfe0e
                      || (cp >= 0xe0020 && cp <= 0xe007f)))
        {
            continue;
        }

        n++;
    }

    return n;
}


/* Words with Latin letters and such that look like them. */

size_t
vet_measure_scripts(vet_str_t text)
{
    size_t    i, n;
    unsigned  seen;
    uint32_t  cp;

    seen = 0;
    n = 0;

    for (i = 0; i < text.len; /* void */ ) {
        i += vet_uni_read(text.data + i, text.len - i, &cp);

        if (vet_uni(cp)->flags & VET_UNI_WORD) {
            seen |= 1u << vet_measure_script(cp);

        } else if ((vet_uni(cp)->flags & VET_UNI_REMOVE) == 0) {
            n += (seen & 1u << VET_SCRIPT_LATIN
                  && seen & 1u << VET_SCRIPT_OTHER);
            seen = 0;
        }
    }

    return n + (seen & 1u << VET_SCRIPT_LATIN
                && seen & 1u << VET_SCRIPT_OTHER);
}


/* How much of all words is the commonest one; one word alone is none. */

int
vet_measure_words(vet_pool_t *pool, vet_str_t text, size_t *percent)
{
    int          rc;
    size_t       i, n, same, most;
    vet_str_t   *words;
    vet_view_t   view;

    *percent = 0;

    rc = vet_view_build(pool, text, VET_VIEW_WORDS, &view);
    if (rc != VET_OK) {
        return rc;
    }

    n = vet_words_split(view.text, NULL);

    if (n < 2) {
        return VET_OK;
    }

    words = vet_palloc(pool, n * sizeof(vet_str_t));
    if (words == NULL) {
        return vet_pool_failed(pool);
    }

    (void) vet_words_split(view.text, words);
    qsort(words, n, sizeof(vet_str_t), vet_words_compare);

    same = 1;
    most = 1;

    for (i = 1; i < n; i++) {
        same = (vet_words_compare(&words[i], &words[i - 1]) == 0) ? same + 1
                                                                  : 1;
        most = (same > most) ? same : most;
    }

    *percent = vet_measure_percent((most == 1) ? 0 : most, n);

    return VET_OK;
}


/* Returns how many words there are; words may be NULL. */

static size_t
vet_words_split(vet_str_t text, vet_str_t *words)
{
    size_t    i, len, n, start;
    uint32_t  cp;

    n = 0;
    start = text.len;

    for (i = 0; i <= text.len; i += len) {
        len = 1;
        cp = ' ';

        if (i < text.len) {
            len = vet_uni_read(text.data + i, text.len - i, &cp);
        }

        if (vet_uni(cp)->flags & VET_UNI_WORD) {
            start = (start == text.len) ? i : start;
            continue;
        }

        if (start != text.len) {
            if (words != NULL) {
                words[n].data = text.data + start;
                words[n].len = i - start;
            }

            n++;
            start = text.len;
        }
    }

    return n;
}


static int
vet_words_compare(const void *one, const void *two)
{
    const vet_str_t  *a, *b;

    a = one;
    b = two;

    if (a->len != b->len) {
        return (a->len > b->len) ? 1 : -1;
    }

    return memcmp(a->data, b->data, a->len);
}


/* White space of all kinds is one SPACE in the text view. */

static int
vet_measure_counts(uint32_t cp)
{
    uint32_t          own;
    size_t            n;
    const vet_uni_t  *u;

    u = vet_uni(cp);

    if (cp <= ' ' || cp == 0x7f || u->ccc != 0 || u->flags & VET_UNI_REMOVE) {
        return 0;
    }

    return *vet_uni_map(cp, u, 0, &own, &n) != ' ' || n != 1;
}


/* Digits of all widths and styles are ASCII ones in the text view. */

static int
vet_measure_digit(uint32_t cp)
{
    uint32_t  single;

    return vet_uni_single(cp, vet_uni(cp), 0, &single) == VET_OK
           && single >= '0' && single <= '9';
}


static int
vet_measure_letter(uint32_t cp)
{
    const vet_uni_t  *u;

    u = vet_uni(cp);

    return (u->flags & VET_UNI_WORD) && u->ccc == 0 && !vet_measure_digit(cp);
}


/* A letter that has another one in the text view, by case and nothing else. */

static int
vet_measure_is_upper(uint32_t cp)
{
    uint32_t  single;

    if (cp >= 0xff21 && cp <= 0xff3a) {
        return 1;
    }

    if (cp < 0x80) {
        return cp >= 'A' && cp <= 'Z';
    }

    if (cp == VET_LONG_S || cp == VET_FINAL_SIGMA
        || (cp >= 0x1e96 && cp <= 0x1e9d)
        || !(vet_measure_in(VET_RANGES(vet_latin), cp)
             || vet_measure_in(VET_RANGES(vet_like_latin), cp))
        || (cp >= 0xff41 && cp <= 0xff5a))
    {
        return 0;
    }

    return vet_uni_single(cp, vet_uni(cp), 0, &single) == VET_OK
           && single != cp;
}


static int
vet_measure_is_emoji(uint32_t cp)
{
    return vet_measure_in(VET_RANGES(vet_emoji), cp);
}


static int
vet_measure_in(const vet_range_t *ranges, size_t n, uint32_t cp)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (cp >= ranges[i].first && cp <= ranges[i].last) {
            return 1;
        }
    }

    return 0;
}


static size_t
vet_measure_percent(size_t n, size_t of)
{
    return (of == 0) ? 0 : n * 100 / of;
}


static vet_script_t
vet_measure_script(uint32_t cp)
{
    if (vet_measure_in(VET_RANGES(vet_latin), cp)) {
        return VET_SCRIPT_LATIN;
    }

    return vet_measure_in(VET_RANGES(vet_like_latin), cp) ? VET_SCRIPT_OTHER
                                                          : VET_SCRIPT_NONE;
}
