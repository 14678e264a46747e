
/*
 * Copyright (C) the moderate authors
 *
 * Keys: what is left of a text, and of a phrase, when all is gone that words
 * need not have alike.  Where a phrase is in a view, its key is in that of the
 * view; whether it is there is for vet_words.c and vet_spelling.c to tell.
 *
 * The key of a text view has letters and digits without accents.  All that is
 * between words is one SPACE, also at both ends.  Characters that are neither
 * words of ASCII letters nor ordinary separators stand apart, as words of
 * their own.
 *
 * The key of a joined view has no SPACE and no repeats, and "l" is "i", as "1"
 * may be either.
 */


#include <string.h>

#include "vet_lanes.h"
#include "vet_rules.h"
#include "vet_words.h"


#define VET_KEY_BLOCK       16      /* bytes of a key, for each mark */
#define VET_KEY_MOST        (VET_UNI_BYTES + 2)     /* bytes of a character */

#define VET_KEY_NOTHING     0
#define VET_KEY_APART       0x80000000
#define VET_KEY_SLOW        0xff        /* in the table: look it up */


/* A key as it is written. */

typedef struct {
    const unsigned char    *symbols;    /* of the table */
    vet_str_t               text;
    size_t                  i;          /* read of it */
    uint32_t                last;       /* written last */
    unsigned                joined:1;
} vet_keying_t;


static unsigned vet_key_kept(const unsigned char *p, unsigned char *out);
static inline size_t vet_key_write(vet_keying_t *k, unsigned char *out,
    vet_key_mark_t *marks, int joined) __attribute__((always_inline));
static inline size_t vet_key_block(const unsigned char *in, size_t left,
    unsigned char *out, size_t *kept, uint32_t *last);
static void vet_key_mark(vet_key_mark_t *mark, size_t view, size_t key,
    uint32_t last);
static void vet_key_place(const vet_key_t *key, size_t pos, size_t *start,
    size_t *end);
static size_t vet_key_own(const vet_key_t *key, size_t pos);
static inline size_t vet_key_next(vet_keying_t *k, unsigned char *out);
static size_t vet_key_apart(vet_keying_t *k, uint32_t symbol,
    unsigned char *out);
static inline uint32_t vet_key_symbol(const vet_keying_t *k, size_t *n);
static uint32_t vet_key_unicode(uint32_t cp, int joined);
static uint32_t vet_key_ascii(uint32_t c, int joined);
static int vet_key_is_word(uint32_t c);


void
vet_key_table(vet_key_table_t *table)
{
    int       joined;
    uint32_t  cp, symbol;

    for (joined = 0; joined < 2; joined++) {
        for (cp = 0; cp < VET_KEY_CODES; cp++) {
            symbol = (cp < 0x80) ? vet_key_ascii(cp, joined)
                                 : vet_key_unicode(cp, joined);

            table->symbols[joined][cp] = (symbol & VET_KEY_APART)
                                         ? VET_KEY_SLOW
                                         : (unsigned char) symbol;
        }
    }
}


int
vet_key_make(vet_pool_t *pool, const vet_key_table_t *table, vet_str_t text,
    int joined, vet_key_t *key)
{
    size_t          len, most;
    vet_keying_t    k;
    unsigned char  *out;

    memset(&k, 0, sizeof(vet_keying_t));
    k.symbols = table->symbols[joined];
    k.text = text;
    k.joined = (joined != 0);
    k.last = joined ? VET_KEY_NOTHING : ' ';

    /* a character of two bytes that stands apart has the most */

    most = 2 * text.len + VET_KEY_MOST;
    out = vet_palloc(pool, most + VET_LANES);
    key->marks = vet_palloc(pool, (most / VET_KEY_BLOCK + 1)
                                  * sizeof(vet_key_mark_t));

    if (out == NULL || key->marks == NULL) {
        return vet_pool_failed(pool);
    }

    key->table = table;
    key->view = text;
    key->folded = NULL;
    key->own = NULL;
    key->joined = (joined != 0);

    out[0] = ' ';
    len = joined ? vet_key_write(&k, out, key->marks, 1)
                 : vet_key_write(&k, out, key->marks, 0);

    if (!joined && k.last != ' ') {
        out[len++] = ' ';
    }

    key->text.data = out;
    key->text.len = len;

    return VET_OK;
}


int
vet_key_folded(vet_pool_t *pool, const vet_key_table_t *table,
    const vet_view_t *text, const vet_view_t *folded, vet_key_t *key)
{
    int  rc;

    rc = vet_key_make(pool, table, folded->text, 0, key);

    if (rc == VET_OK) {
        key->folded = folded;
        key->own = text;
    }

    return rc;
}


/* A block at a time, with the two bytes before it; each run of what is kept. */

int
vet_key_squeezed(vet_pool_t *pool, vet_str_t squeezed, vet_str_t *key,
    uint32_t *places, size_t n)
{
    size_t                i, k, len, left, run, before;
    unsigned              keep;
    unsigned char        *out, in[2 + VET_LANES], bytes[2 * VET_LANES];
    const unsigned char  *p;

    out = vet_palloc(pool, squeezed.len + VET_LANES);
    if (out == NULL) {
        return vet_pool_failed(pool);
    }

    len = 0;

    for (i = 0; i < squeezed.len; i += VET_LANES) {
        p = squeezed.data + i;
        left = squeezed.len - i;

        if (i == 0 || left < VET_LANES) {
            before = (i == 0) ? 0 : 2;
            left = (left < VET_LANES) ? left : VET_LANES;

            memset(in, ' ', sizeof(in));
            memcpy(in + 2 - before, p - before, before + left);
            p = in + 2;
        }

        keep = vet_key_kept(p, bytes);

        for ( /* void */ ; n != 0 && *places < i + VET_LANES; n--) {
            *places = (uint32_t) len + (uint32_t) __builtin_popcount(
                                           keep & ((1u << (*places - i)) - 1));
            places++;
        }

        for ( /* void */ ; keep != 0; keep &= ~0u << (k + run)) {
            k = (size_t) __builtin_ctz(keep);
            run = (size_t) __builtin_ctz(~(keep >> k));

            memcpy(out + len, bytes + k, VET_LANES);
            len += run;
        }
    }

    for ( /* void */ ; n != 0; n--) {
        *places++ = (uint32_t) len;
    }

    key->data = out;
    key->len = len;

    return VET_OK;
}


/*
 * Writes a block as it is in a joined key, and tells which bytes of it are
 * kept: those that are no SPACE and other ones than the letter or digit before
 * them, which is at most two bytes away.
 */

static unsigned
vet_key_kept(const unsigned char *p, unsigned char *out)
{
    vet_lanes_t  c, one, two, behind;

    c = vet_lanes_load(p);
    one = vet_lanes_load(p - 1);
    two = vet_lanes_load(p - 2);

    c ^= (vet_lanes_t) (c == 'l') & ('l' ^ 'i');
    one ^= (vet_lanes_t) (one == 'l') & ('l' ^ 'i');
    two ^= (vet_lanes_t) (two == 'l') & ('l' ^ 'i');

    behind = (vet_lanes_t) (one == ' ');
    one = (one & ~behind) | (two & behind);

    memcpy(out, &c, VET_LANES);

    return vet_lanes_bits((vet_lanes_t) ((c != ' ') & (c != one)));
}


/*
 * Writes a key, behind a SPACE if that is what was last; returns its length.
 * There is room for a block that is not kept.  Other code than vet_key_next for
 * what most characters are, as it is most of the work.
 */

static inline size_t
vet_key_write(vet_keying_t *k, unsigned char *out, vet_key_mark_t *marks,
    int joined)
{
    int                   keep;
    size_t                i, n, at, len, kept, size;
    uint32_t              symbol, last, before;
    const unsigned char  *p, *symbols;

    p = k->text.data;
    size = k->text.len;
    symbols = k->symbols;
    last = k->last;
    len = (last == ' ');
    vet_key_mark(marks, 0, len, last);

    for (i = 0; i < size; i += n) {
        at = len;
        before = last;

        if (!joined) {
            n = vet_key_block(p + i, size - i, out + len, &kept, &last);
            len += kept;

            if (len / VET_KEY_BLOCK != at / VET_KEY_BLOCK) {
                vet_key_mark(&marks[len / VET_KEY_BLOCK], i, at, before);
            }

            if (n != 0) {
                continue;
            }
        }

        if (p[i] < 0x80) {
            symbol = symbols[p[i]];
            n = 1;

        } else {
            k->i = i;
            symbol = vet_key_symbol(k, &n);
        }

        if (symbol >= 0x80) {
            k->i = i;
            k->last = last;
            len += vet_key_next(k, out + len);
            last = k->last;

            if (len / VET_KEY_BLOCK != at / VET_KEY_BLOCK) {
                vet_key_mark(&marks[len / VET_KEY_BLOCK], i, at, before);
            }

            continue;
        }

        keep = (symbol != VET_KEY_NOTHING)
               & (joined ? (symbol != last)
                         : (symbol != ' ') | (last != ' '));

        out[len] = (unsigned char) symbol;
        len += (size_t) keep;
        last = (symbol != VET_KEY_NOTHING) ? symbol : last;

        if (len % VET_KEY_BLOCK == 0 && keep) {
            vet_key_mark(&marks[len / VET_KEY_BLOCK], i, at, before);
        }
    }

    k->last = last;

    return len;
}


/*
 * Writes the key of a block of a text view, or of all that is left of it, up
 * to what is not ASCII in it or to the second of several separators; returns
 * how many bytes were read.
 */

static inline size_t
vet_key_block(const unsigned char *in, size_t left, unsigned char *out,
    size_t *kept, uint32_t *last)
{
    unsigned       stop, separators, twice;
    vet_lanes_t    c, words;
    unsigned char  tail[VET_LANES];

    if (left < VET_LANES) {
        memset(tail, 0, VET_LANES);
        memcpy(tail, in, left);
        in = tail;

    } else {
        left = VET_LANES;
    }

    c = vet_lanes_load(in);
    words = vet_lanes_words(c);
    stop = vet_lanes_bits(c) | 1u << left;
    stop = (unsigned) __builtin_ctz(stop);

    separators = ~vet_lanes_bits(words) & ((1u << stop) - 1);
    twice = separators & (separators << 1 | (*last == ' '));

    c = (c & words) | (' ' & ~words);
    memcpy(out, &c, VET_LANES);

    *kept = stop;

    if (twice != 0) {
        *kept = (size_t) __builtin_ctz(twice);
        stop = (unsigned) *kept
               + (unsigned) __builtin_ctz(~(twice >> *kept));
    }

    if (*kept != 0) {
        *last = (separators >> (*kept - 1) & 1) ? ' ' : out[*kept - 1];
    }

    return stop;
}


static void
vet_key_mark(vet_key_mark_t *mark, size_t view, size_t key, uint32_t last)
{
    mark->view = (uint32_t) view;
    mark->key = (uint32_t) key;
    mark->last = last;
}


/*
 * A phrase begins with the first letter of its key, behind a SPACE, or before
 * that letter if the key has not all of it.  On a joined view it may be any of
 * the letters that are one.
 */

void
vet_key_start(const vet_key_t *key, const vet_word_t *word, size_t pos,
    size_t *start, size_t *end)
{
    size_t  behind;

    if (key->joined) {
        vet_key_place(key, pos, start, end);
        return;
    }

    vet_key_place(key, pos + 1, start, &behind);
    *end = *start + 1;

    if (word->lead) {
        *end = *start;
        vet_key_place(key, pos, start, &behind);
    }

    if (key->own != NULL) {
        *start = vet_key_own(key, *start);
        *end = vet_key_own(key, *end);
    }
}


/* Gives what of the view a byte of the key stands for: [start, end). */

static void
vet_key_place(const vet_key_t *key, size_t pos, size_t *start, size_t *end)
{
    size_t                 n, len, from;
    vet_keying_t           k;
    unsigned char          bytes[VET_KEY_MOST];
    const vet_key_mark_t  *mark;

    mark = &key->marks[pos / VET_KEY_BLOCK];

    memset(&k, 0, sizeof(vet_keying_t));
    k.symbols = key->table->symbols[key->joined];
    k.text = key->view;
    k.joined = key->joined;
    k.i = mark->view;
    k.last = mark->last;

    len = mark->key;
    from = k.i;

    /* the SPACE at the beginning is of nothing, or of what is left out there */

    while (len <= pos && k.i < k.text.len) {
        from = k.i;
        n = vet_key_next(&k, bytes);
        len += n;
    }

    *start = (pos < mark->key) ? mark->view : from;

    /* and what is one with it */

    while (k.i < k.text.len) {
        *end = k.i;

        if (vet_key_next(&k, bytes) != 0) {
            return;
        }
    }

    *end = k.text.len;
}


/* Gives the place in the text view of a character of the folded one. */

static size_t
vet_key_own(const vet_key_t *key, size_t pos)
{
    return vet_view_place(key->own, vet_view_start(key->folded, pos));
}


/* Reads a character; writes nothing when it is one with what was before. */

static inline size_t
vet_key_next(vet_keying_t *k, unsigned char *out)
{
    size_t    n;
    uint32_t  symbol;

    symbol = vet_key_symbol(k, &n);
    k->i += n;

    if (symbol == VET_KEY_NOTHING
        || (symbol == k->last && (k->joined || symbol == ' ')))
    {
        return 0;
    }

    if (symbol & VET_KEY_APART) {
        return vet_key_apart(k, symbol, out);
    }

    k->last = symbol;
    out[0] = (unsigned char) symbol;

    return 1;
}


static size_t
vet_key_apart(vet_keying_t *k, uint32_t symbol, unsigned char *out)
{
    size_t  len;

    if (k->joined) {
        k->last = symbol;
        return vet_uni_write(symbol & ~VET_KEY_APART, out);
    }

    len = 0;

    if (k->last != ' ') {
        out[len++] = ' ';
    }

    len += vet_uni_write(symbol & ~VET_KEY_APART, out + len);
    out[len++] = ' ';
    k->last = ' ';

    return len;
}


static inline uint32_t
vet_key_symbol(const vet_keying_t *k, size_t *n)
{
    size_t                left;
    uint32_t              cp;
    unsigned char         symbol;
    const unsigned char  *p;

    p = k->text.data + k->i;

    if (*p < 0x80) {
        *n = 1;
        return k->symbols[*p];
    }

    /* views are valid UTF-8, and most of the rest is of two or three bytes */

    left = k->text.len - k->i;

    if (*p < 0xe0 && left >= 2) {
        cp = (uint32_t) (*p & 0x1f) << 6 | (p[1] & 0x3f);
        *n = 2;

    } else if (*p < 0xf0 && left >= 3) {
        cp = (uint32_t) (*p & 0x0f) << 12 | (uint32_t) (p[1] & 0x3f) << 6
             | (p[2] & 0x3f);
        *n = 3;

    } else {
        *n = vet_uni_read(p, left, &cp);

        if (*n == 1) {
            return VET_KEY_NOTHING;
        }
    }

    symbol = (cp < VET_KEY_CODES) ? k->symbols[cp] : VET_KEY_SLOW;

    return (symbol == VET_KEY_SLOW) ? vet_key_unicode(cp, k->joined)
                                    : symbol;
}


static uint32_t
vet_key_unicode(uint32_t cp, int joined)
{
    uint32_t          single;
    const vet_uni_t  *u;

    u = vet_uni(cp);

    if (u->flags & VET_UNI_DROP) {
        return VET_KEY_NOTHING;
    }

    /* nor one that would take more room */

    if (vet_uni_single(cp, u, 1, &single) != VET_OK
        || (single >= 0x800 && cp < 0x800))
    {
        single = cp;
    }

    if (single < 0x80) {
        return vet_key_ascii(single, joined);
    }

    /* what no word has but people write: pictures */

    if ((u->flags & VET_UNI_WORD) == 0
        && (cp < 0x2070 || (cp >= 0x3000 && cp < 0x3040)))
    {
        return joined ? VET_KEY_NOTHING : ' ';
    }

    return single | VET_KEY_APART;
}


static uint32_t
vet_key_ascii(uint32_t c, int joined)
{
    if (joined) {
        return (c == 'l') ? 'i' : vet_key_is_word(c) ? c : VET_KEY_NOTHING;
    }

    return vet_key_is_word(c) ? c : ' ';
}


static int
vet_key_is_word(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
           || (c >= 'A' && c <= 'Z');
}
