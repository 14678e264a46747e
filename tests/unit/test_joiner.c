
/*
 * Copyright (C) the moderate authors
 *
 * Joiners that are spelling, and those that are not: what the views have of
 * them, beside the contexts of RFC 5892 and UAX #29 as the files of the
 * package unicode-data give them.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <vet_joiner.h>

#include "joiner_case.h"
#include "rule_case.h"


#define UNICODE      "/usr/share/unicode/"
#define CODES        0x110000
#define SEQUENCE     16          /* code points of a text made here */
#define SEQUENCES    60000
#define LETTERS      16


/* What the files tell of a code point. */

typedef struct {
    unsigned char           ccc;
    char                    type;       /* Joining_Type; 0: U */
    unsigned                picture:1;
    unsigned                tone:1;
} known_t;

typedef struct {
    const char             *value;
    const char             *text;       /* NULL: as the value */
    const char             *folded;     /* NULL: as the text view */
    int                     joiners;    /* that are kept */
} case_t;

/* Around a joiner, which is J; X is the code point that is looked at. */

#define X            0xffffffff
#define J            0xfffffffe

static const case_t  cases[] = {

    /* Persian, Arabic, Syriac, N'Ko */

    { WANT, NULL, NULL, 1 },
    { "\u06a9\u062a\u0627\u0628\u200c\u062e\u0627\u0646\u0647\u200c"
      "\u0647\u0627", NULL, NULL, 2 },
    { "\u0712\u200c\u0712", NULL, NULL, 1 },
    { "\u07ca\u200c\u07ca", NULL, NULL, 1 },

    /* behind a letter that never joins the next there is nothing to part */

    { "\u0627\u200c\u0628", "\u0627\u0628", NULL, 0 },
    { "\u0628\u200c\u0627", NULL, NULL, 1 },
    { "\u0628\u200c\u0621", "\u0628\u0621", NULL, 0 },

    /* vowel marks are seen through, on either side */

    { "\u0628\u064e\u200c\u062a", NULL, "\u0628\u200c\u062a", 1 },
    { "\u0628\u200c\u064e\u062a", NULL, "\u0628\u200c\u062a", 1 },
    { "\u0628\u064e\u0651\u200c\u062a", NULL, "\u0628\u200c\u062a", 1 },

    /* and what is not shown, but no other joiner: a row of them is none */

    { "\u0628\u00ad\u200c\u200b\u062a", "\u0628\u200c\u062a", NULL, 1 },
    { "\u0628\u200c\u200c\u062a", "\u0628\u062a", NULL, 0 },
    { "\u0628\u200d\u200c\u062a", "\u0628\u062a", NULL, 0 },
    { "\u0628\u200c\u200b\u200c\u062a", "\u0628\u062a", NULL, 0 },

    /* the joiner is for letters no spelling */

    { "\u0628\u200d\u062a", "\u0628\u062a", NULL, 0 },
    { "\u0647\u200d", "\u0647", NULL, 0 },

    /* letters as the view has them: presentation forms, alef with madda */

    { "\ufee1\u200c\ufe8f", "\u0645\u200c\u0628", NULL, 1 },
    { "\u0628\u200c\ufefb", "\u0628\u200c\u0644\u0627", NULL, 1 },
    { "\ufefb\u200c\u0628", "\u0644\u0627\u0628", NULL, 0 },
    { "\u0626\u200c\u0622", NULL, "\u064a\u200c\u0627", 1 },

    /* at an end, and beside what is no letter */

    { "\u200c\u0628", "\u0628", NULL, 0 },
    { "\u0628\u200c", "\u0628", NULL, 0 },
    { "\u0628\u200c \u062a", "\u0628 \u062a", NULL, 0 },
    { "\u0628\u200cx", "\u0628x", NULL, 0 },
    { "\u200c", "", NULL, 0 },
    { "\u200d\u200c", "", NULL, 0 },

    /* behind a virama: Hindi, Bengali, Sinhala, Malayalam */

    { KSSA_NJ, NULL, NULL, 1 },
    { KSSA_J, NULL, NULL, 1 },
    { "\u09b0\u09cd\u200d\u09af", NULL, NULL, 1 },
    { "\u0dc1\u0dca\u200d\u0dbb\u0dd3", NULL, NULL, 1 },
    { "\u0d28\u0d4d\u200d", NULL, NULL, 1 },
    { "\u0915\u094d\u200c", NULL, NULL, 1 },
    { "\u0915\u094d\u200c \u0937", NULL, NULL, 1 },
    { "\u0915\u094d\u200d\u200c\u0937", KSSA_J, NULL, 1 },
    { "\u0915\u093c\u094d\u200d\u0937", NULL, NULL, 1 },
    { "\u0915\u094d\u093c\u200d\u0937", "\u0915\u093c\u094d\u200d\u0937", NULL,
      1 },
    { "\u0915\u093e\u200d\u0937", "\u0915\u093e\u0937", NULL, 0 },
    { "\u0915\u094d\u0951\u200d\u0937", "\u0915\u094d\u0951\u0937", KSSA, 0 },
    { "\u0915\u0951\u094d\u200d\u0937", "\u0915\u094d\u0951\u0937", KSSA, 0 },
    { "\u0915\u200d\u0937", "\u0915\u0937", NULL, 0 },

    /* a virama of a vowel sign is one in either form */

    { "\u0d9a\u0dda\u200d\u0dba", NULL, NULL, 1 },
    { "\u0d9a\u0dd9\u0dca\u200d\u0dba", "\u0d9a\u0dda\u200d\u0dba", NULL, 1 },

    /* emoji */

    { FAMILY, NULL, NULL, 2 },
    { "\u2764\ufe0f\u200d\U0001f525", "\u2764\u200d\U0001f525", NULL, 1 },
    { "\U0001f44b\U0001f3fd\u200d\U0001f525", NULL, NULL, 1 },
    { "\U0001f3f3\ufe0f\u200d\U0001f308", "\U0001f3f3\u200d\U0001f308", NULL,
      1 },
    { "\U0001f468\u200c\U0001f469", "\U0001f468\U0001f469", NULL, 0 },
    { "\U0001f468\u200dx", "\U0001f468x", NULL, 0 },
    { "x\u200d\U0001f468", "x\U0001f468", NULL, 0 },
    { "\U0001f468\u200d\u200d\U0001f469", "\U0001f468\U0001f469", NULL, 0 },

    /* pictures that are letters to a reader */

    { "\U0001f170\u200d\U0001f171", "ab", NULL, 0 },
    { "\u2122\u200d\U0001f468", "tm\U0001f468", NULL, 0 },

    /* what hides a word */

    { "v\u200ciagra", "viagra", NULL, 0 },
    { "v\u200diagra", "viagra", NULL, 0 },
    { "ti\u200c\u1ec1n", "ti\u1ec1n", "tien", 0 },
    { "v\u094d\u200ciagra", "viagra", NULL, 0 },
    { "v\u094d\u200diagra", "viagra", NULL, 0 },
    { "\u0475\u094d\u200diagra", "viagra", NULL, 0 },
    { "v\u20dd\u094d\u200diagra", "viagra", NULL, 0 },
    { "v\uff9e\u094d\u200diagra", "viagra", NULL, 0 },
    { "v\u200d\u094d\u200ciagra", "viagra", NULL, 0 },
    { "\u094d\u200cx", "\u094dx", NULL, 0 },
    { "0\u200c9\u200d0", "090", NULL, 0 },
};


/* Not of the Unicode that the order of marks is known of. */

static const uint32_t  later[] = {
    0x10efd, 0x10efe, 0x10eff, 0x11f41, 0x11f42, 0x1e08f, 0x1e4ec, 0x1e4ed,
    0x1e4ee, 0x1e4ef
};

static const uint32_t  contexts[][6] = {
    { X, J },
    { X, J, 0x628 },
    { X, J, X },
    { X, J, 'x' },
    { X, J, 0x1f468 },
    { 0x628, J, X },
    { 0x1f468, J, X },
    { 0x628, X, J, 0x628 },
    { 0x628, J, X, 0x628 },
    { 0x628, X, X, J, 0x627 },
    { 0x915, X, J, 0x937 },
    { 0x915, 0x94d, X, J },
    { 0x915, X, 0x94d, J },
    { X, 0x94d, J, 'x' },
    { 'v', X, 0x94d, J },
    { 0x1f468, X, J, 0x1f468 },
    { X, 0x1f3fd, J, 0x1f468 },
    { X, 0x200c, J, 0x628 },
};

/*
 * Of one of these a sequence is made, with some of the last.  There is no vowel
 * sign that is a starter: behind a Latin letter it depends on what follows
 * whether views have it.
 */

static const uint32_t  letters[][LETTERS] = {
    { 0x628, 0x62a, 0x6cc, 0x64e, 0x651, 0x649, 0x627, 0xfee1, 0x653, 0x621,
      0x1820, 0x654, 0xa872, 0x640, 0x1e900, 0xfefb },
    { 0x915, 0x94d, 0x94d, 0x937, 0x93c, 0x951, 0x9a1, 0x9cd, 0x9be, 0xd9a,
      0xdca, 0xdcf, 0x1b44, 0x1b05, 0x1b35, 0xff9e },
    { 0x1f468, 0x1f469, 0x2764, 0x1f3fd, 0xfe0f, 0x1f170, 0x2122, 0x1f525,
      0x1f468, 0xa9, 0xe0067, 0xe007f, 0x1f1fb, 0x2122, 0x2194, 0x1f3f3 },
    { 0x200b, 0xad, 0xfe0f, ' ', 'v', 'a', '1', 0x1ec1, 0x301, 0x475, 0x20dd,
      0x1100, 0x1161, 0x345, 0x344, 0x10d00 }
};


static known_t *known;


static void files_read(void);
static void files_each(const char *name, const char *property);
static void files_set(uint32_t cp, const char *property, const char *value);
static int is_later(uint32_t cp);
static int expected(const uint32_t *cps, size_t n, size_t at);
static size_t mapped(const uint32_t *cps, size_t n, uint32_t *out);
static void in_order(uint32_t *cps, size_t n);
static int letters_at(const uint32_t *before, size_t nbefore,
    const uint32_t *behind, size_t nbehind);
static int virama_at(const uint32_t *before, size_t n);
static int pictures_at(const uint32_t *before, size_t nbefore,
    const uint32_t *behind, size_t nbehind);
static vet_view_t build(vet_pool_t *pool, vet_str_t value,
    vet_view_kind_t kind);
static void check(vet_pool_t *pool, const char *value, vet_view_kind_t kind,
    const char *text);
static void same(vet_str_t one, vet_str_t two, vet_str_t value);
static size_t joiners(vet_str_t s);
static vet_str_t without(vet_pool_t *pool, vet_str_t s);


/* The files of Unicode, and what they say, step by step. */

static void
files_read(void)
{
    known = calloc(CODES, sizeof(known_t));
    assert_non_null(known);

    files_each("extracted/DerivedJoiningType.txt", NULL);
    files_each("extracted/DerivedCombiningClass.txt", NULL);
    files_each("emoji/emoji-data.txt", "Extended_Pictographic");
    files_each("emoji/emoji-data.txt", "Emoji_Modifier");

    /* each has been read */

    assert_int_equal(known[0x628].type, 'D');
    assert_int_equal(known[0x627].type, 'R');
    assert_int_equal(known[0xa872].type, 'L');
    assert_int_equal(known[0x64e].type, 'T');
    assert_int_equal(known[0x94d].ccc, 9);
    assert_true(known[0x1f468].picture && known[0x1f3fd].tone);
}


/* Without a property its value is what stands there. */

static void
files_each(const char *name, const char *property)
{
    int            n;
    char           path[128], line[1024], value[64];
    FILE          *f;
    unsigned long  first, last, cp;

    (void) snprintf(path, sizeof(path), UNICODE "%s", name);
    f = fopen(path, "r");
    assert_non_null(f);

    while (fgets(line, sizeof(line), f) != NULL) {
        n = sscanf(line, "%lx..%lx ; %63[A-Za-z0-9_]", &first, &last, value);

        if (n != 3) {
            n = sscanf(line, "%lx ; %63[A-Za-z0-9_]", &first, value);
            last = first;

            if (n != 2) {
                continue;
            }
        }

        assert_true(first <= last && last < CODES);

        for (cp = first; cp <= last; cp++) {
            if (property == NULL || strcmp(property, value) == 0) {
                files_set((uint32_t) cp, property, value);
            }
        }
    }

    assert_int_equal(fclose(f), 0);
}


static void
files_set(uint32_t cp, const char *property, const char *value)
{
    if (property == NULL) {
        if (value[0] >= '0' && value[0] <= '9') {
            known[cp].ccc = (unsigned char) atoi(value);

        } else {
            known[cp].type = value[0];
        }

    } else if (property[1] == 'x') {
        known[cp].picture = 1;

    } else {
        known[cp].tone = 1;
    }
}


static int
is_later(uint32_t cp)
{
    size_t  i;

    for (i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
        if (cp == later[i]) {
            return 1;
        }
    }

    return 0;
}


/*
 * Tells whether the joiner at a place of a sequence is to be kept: all that is
 * around it, up to another joiner, is decomposed and put in order first.
 */

static int
expected(const uint32_t *cps, size_t n, size_t at)
{
    size_t    from, to, nbefore, nbehind;
    uint32_t  before[SEQUENCE * 18], behind[SEQUENCE * 18];

    for (from = at; from > 0 && !VET_IS_JOINER(cps[from - 1]); from--) {
        /* void */
    }

    for (to = at + 1; to < n && !VET_IS_JOINER(cps[to]); to++) { /* void */ }

    nbefore = mapped(cps + from, at - from, before);
    nbehind = mapped(cps + at + 1, to - at - 1, behind);
    in_order(before, nbefore);

    return virama_at(before, nbefore)
           || (cps[at] == 0x200c
               ? letters_at(before, nbefore, behind, nbehind)
               : pictures_at(before, nbefore, behind, nbehind));
}


static size_t
mapped(const uint32_t *cps, size_t n, uint32_t *out)
{
    size_t           i, k, len;
    uint32_t         own;
    const uint32_t  *map;

    len = 0;

    for (i = 0; i < n; i++) {
        map = vet_uni_map(cps[i], vet_uni(cps[i]), 0, &own, &k);
        assert_true(k <= 18);
        memcpy(out + len, map, k * sizeof(uint32_t));
        len += k;
    }

    return len;
}


/* Canonical ordering, as the Unicode Standard has it: D109. */

static void
in_order(uint32_t *cps, size_t n)
{
    int       again;
    size_t    i;
    uint32_t  cp;

    do {
        again = 0;

        for (i = 0; i + 1 < n; i++) {
            if (known[cps[i]].ccc > known[cps[i + 1]].ccc
                && known[cps[i + 1]].ccc != 0)
            {
                cp = cps[i];
                cps[i] = cps[i + 1];
                cps[i + 1] = cp;
                again = 1;
            }
        }

    } while (again);
}


/* ((Joining_Type:{L,D})(Joining_Type:T)*ZWNJ(Joining_Type:T)*({R,D})) */

static int
letters_at(const uint32_t *before, size_t nbefore, const uint32_t *behind,
    size_t nbehind)
{
    while (nbefore != 0 && known[before[nbefore - 1]].type == 'T') {
        nbefore--;
    }

    while (nbehind != 0 && known[behind[0]].type == 'T') {
        nbehind--;
        behind++;
    }

    return nbefore != 0 && nbehind != 0
           && (known[before[nbefore - 1]].type == 'L'
               || known[before[nbefore - 1]].type == 'D')
           && (known[behind[0]].type == 'R' || known[behind[0]].type == 'D');
}


/* And on a letter that is not Latin. */

static int
virama_at(const uint32_t *before, size_t n)
{
    if (n == 0 || known[before[n - 1]].ccc != 9) {
        return 0;
    }

    while (n != 0 && vet_uni(before[n - 1])->flags & VET_UNI_MARK) {
        n--;
    }

    return n != 0 && (vet_uni(before[n - 1])->flags & VET_UNI_WORD) != 0
           && (vet_uni(before[n - 1])->flags & VET_UNI_LATIN) == 0;
}


static int
pictures_at(const uint32_t *before, size_t nbefore, const uint32_t *behind,
    size_t nbehind)
{
    if (nbefore != 0 && known[before[nbefore - 1]].tone) {
        nbefore--;
    }

    return nbefore != 0 && nbehind != 0
           && known[before[nbefore - 1]].picture && known[behind[0]].picture;
}


static vet_view_t
build(vet_pool_t *pool, vet_str_t value, vet_view_kind_t kind)
{
    vet_view_t  view;

    assert_int_equal(vet_view_build(pool, value, kind, &view), VET_OK);

    return view;
}


static void
check(vet_pool_t *pool, const char *value, vet_view_kind_t kind,
    const char *text)
{
    vet_view_t  view;

    view = build(pool, rule_case_str(value), kind);

    if (view.text.len != strlen(text)
        || memcmp(view.text.data, text, view.text.len) != 0)
    {
        fail_msg("view %d of \"%s\": \"%.*s\", expected \"%s\"", (int) kind,
                 value, (int) view.text.len, view.text.data, text);
    }
}


static void
same(vet_str_t one, vet_str_t two, vet_str_t value)
{
    if (one.len != two.len || memcmp(one.data, two.data, one.len) != 0) {
        fail_msg("\"%.*s\" and \"%.*s\" of \"%.*s\"", (int) one.len, one.data,
                 (int) two.len, two.data, (int) value.len, value.data);
    }
}


static size_t
joiners(vet_str_t s)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i + 2 < s.len; i++) {
        n += (memcmp(s.data + i, ZWNJ, 3) == 0
              || memcmp(s.data + i, ZWJ, 3) == 0);
    }

    return n;
}


static vet_str_t
without(vet_pool_t *pool, vet_str_t s)
{
    size_t          i, n;
    vet_str_t       out;
    unsigned char  *p;

    p = vet_palloc(pool, s.len + 1);
    assert_non_null(p);
    n = 0;

    for (i = 0; i < s.len; i++) {
        if (i + 2 < s.len && (memcmp(s.data + i, ZWNJ, 3) == 0
                              || memcmp(s.data + i, ZWJ, 3) == 0))
        {
            i += 2;
            continue;
        }

        p[n++] = s.data[i];
    }

    out.data = p;
    out.len = n;

    return out;
}


static void
test_cases(void **state)
{
    size_t       i;
    vet_str_t    value, plain;
    vet_view_t   view, words;
    const char  *text, *folded;
    vet_pool_t  *pool;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pool = vet_pool_create(1 << 20);

        text = (cases[i].text == NULL) ? cases[i].value : cases[i].text;
        folded = (cases[i].folded == NULL) ? text : cases[i].folded;

        check(pool, cases[i].value, VET_VIEW_TEXT, text);
        check(pool, cases[i].value, VET_VIEW_FOLDED, folded);
        check(pool, cases[i].value, VET_VIEW_RAW, cases[i].value);

        value = rule_case_str(cases[i].value);
        view = build(pool, value, VET_VIEW_TEXT);
        assert_int_equal(joiners(view.text), cases[i].joiners);
        assert_int_equal(view.joiners, cases[i].joiners != 0);

        view = build(pool, value, VET_VIEW_FOLDED);
        assert_int_equal(joiners(view.text), cases[i].joiners);
        assert_int_equal(view.joiners, cases[i].joiners != 0);

        /* the others have none, and are as without any */

        plain = without(pool, value);

        words = build(pool, value, VET_VIEW_WORDS);
        view = build(pool, plain, VET_VIEW_TEXT);
        assert_int_equal(words.joiners, 0);
        same(words.text, view.text, value);

        words = build(pool, value, VET_VIEW_JOINED);
        view = build(pool, plain, VET_VIEW_JOINED);
        same(words.text, view.text, value);

        vet_pool_destroy(pool);
    }
}


/* Every code point in every place, beside the reference. */

static void
test_every_code_point(void **state)
{
    size_t          i, k, n, at, len, kept;
    uint32_t        cp, joiner, cps[SEQUENCE];
    vet_str_t       value;
    unsigned char   bytes[SEQUENCE * VET_UNI_BYTES];
    const uint32_t *context;

    (void) state;

    kept = 0;

    for (cp = 0; cp < CODES; cp++) {

        /* planes without characters are looked at here and there */

        if ((cp >= 0xd800 && cp < 0xe000) || is_later(cp)
            || (cp >= 0x33000 && cp % 251 != 0))
        {
            continue;
        }

        for (i = 0; i < 2 * sizeof(contexts) / sizeof(contexts[0]); i++) {
            joiner = (i % 2 == 0) ? 0x200c : 0x200d;
            context = contexts[i / 2];
            len = 0;
            at = 0;
            n = 0;

            for (k = 0; k < 6 && context[k] != 0; k++) {
                if (context[k] == J) {
                    at = len;
                    cps[n] = joiner;

                } else {
                    cps[n] = (context[k] == X) ? cp : context[k];
                }

                len += vet_uni_write(cps[n++], bytes + len);
            }

            for (k = 0; context[k] != J; k++) { /* void */ }

            value.data = bytes;
            value.len = len;

            if (vet_joiner_stays(value, at) != expected(cps, n, k)) {
                fail_msg("U+%04X in place %zu, with U+%04X: %d", cp, i / 2,
                         joiner, vet_joiner_stays(value, at));
            }

            kept += (size_t) expected(cps, n, k);
        }
    }

    assert_true(kept > 10000);
}


/*
 * Sequences made at random: each joiner that is kept and none else; the view
 * of a view is the same, and without joiners it is as if there were none.
 */

static void
test_sequences(void **state)
{
    size_t          i, k, n, len, all;
    uint64_t        random;
    uint32_t        cps[SEQUENCE];
    vet_str_t       value;
    vet_view_t      view, again, plain;
    vet_pool_t     *pool;
    vet_view_kind_t kind, words;
    unsigned char   bytes[SEQUENCE * VET_UNI_BYTES];

    (void) state;

    random = 88172645463325252ULL;
    all = 0;

    for (i = 0; i < SEQUENCES; i++) {
        len = 0;

        for (n = 0; n < 2 + i % (SEQUENCE - 2); n++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            k = (random >> 40) % 8;
            cps[n] = (k < 2) ? 0x200c + (uint32_t) k
                             : letters[(k == 2) ? 3 : i % 3]
                                      [(random >> 20) % LETTERS];
            len += vet_uni_write(cps[n], bytes + len);
        }

        value.data = bytes;
        value.len = len;
        len = 0;

        for (k = 0; k < n; k++) {
            len += VET_IS_JOINER(cps[k]) && expected(cps, n, k);
        }

        all += len;
        pool = vet_pool_create(1 << 20);

        for (kind = VET_VIEW_TEXT; kind <= VET_VIEW_FOLDED; kind++) {
            view = build(pool, value, kind);
            again = build(pool, view.text, kind);
            same(view.text, again.text, value);
            assert_int_equal(joiners(view.text), len);
            assert_int_equal(view.joiners, len != 0);

            words = (kind == VET_VIEW_TEXT) ? VET_VIEW_WORDS
                                            : VET_VIEW_FOLDED_WORDS;
            again = build(pool, value, words);
            plain = build(pool, without(pool, value), kind);
            same(again.text, plain.text, value);
        }

        vet_pool_destroy(pool);
    }

    print_message("# %zu joiners kept\n", all);
    assert_true(all > SEQUENCES / 10);
}


/* A place in a view is that place in the value. */

static void
test_offsets(void **state)
{
    vet_str_t    value;
    vet_view_t   view;
    vet_pool_t  *pool;

    static const char  text[] = "A " WANT "\u200c. V\u200ciagra";

    (void) state;

    pool = vet_pool_create(1 << 20);
    value = rule_case_str(text);
    view = build(pool, value, VET_VIEW_TEXT);
    assert_int_equal(view.text.len, strlen("a " WANT ". viagra"));

    /* the joiner, and what is on either side */

    assert_int_equal(vet_view_start(&view, 6), 6);
    assert_int_equal(vet_view_end(&view, 6), 6);
    assert_int_equal(vet_view_end(&view, 9), 9);
    assert_int_equal(vet_view_start(&view, 9), 9);

    /* what is gone is of neither side */

    assert_int_equal(vet_view_end(&view, 19), 19);
    assert_int_equal(vet_view_start(&view, 19), 22);
    assert_int_equal(vet_view_start(&view, 21), 24);
    assert_int_equal(vet_view_end(&view, 22), 25);
    assert_int_equal(vet_view_start(&view, 22), 28);
    assert_int_equal(vet_view_end(&view, view.text.len), value.len);

    view = build(pool, value, VET_VIEW_WORDS);
    assert_int_equal(vet_view_end(&view, 6), 6);
    assert_int_equal(vet_view_start(&view, 6), 9);

    vet_pool_destroy(pool);
}


static int
setup(void **state)
{
    (void) state;

    files_read();

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    free(known);

    return 0;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_sequences),
        cmocka_unit_test(test_offsets),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
