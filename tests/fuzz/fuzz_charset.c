
/*
 * Copyright (C) the moderate authors
 *
 * The input is the name of a character set, LF, and a body: parts between
 * boundaries "b" when it begins with a dash, or else a form.  What comes of a
 * text in UTF-8 is converted back to what was sent.
 */


#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "vet_parse.h"


#define FUZZ_TYPE_LEN   512


static void fuzz_type(vet_str_t set, vet_str_t body, char *type);
static void fuzz_fields(vet_str_t set, int form, const vet_submission_t *s);
static void fuzz_twin(const vet_field_t *sent, const vet_field_t *twin);
static int fuzz_needed(vet_charset_t cs, vet_str_t text);
static int fuzz_back(const char *set, vet_str_t sent, vet_str_t text);
static size_t fuzz_marks(const char *set, vet_str_t text, unsigned char *dst);
static int fuzz_equal(vet_str_t a, vet_str_t b);


int
fuzz_one(vet_str_t in, uint64_t *digest)
{
    int                rc, form, readable;
    char               type[FUZZ_TYPE_LEN];
    vet_str_t          set;
    vet_pool_t        *pool;
    vet_charset_t      cs;
    vet_submission_t   s;

    set = fuzz_until(&in, '\n');
    form = (in.len == 0 || in.data[0] != '-');

    fuzz_type(set, in, type);

    pool = vet_pool_create(FUZZ_POOL);
    if (pool == NULL) {
        return VET_ERROR;
    }

    rc = fuzz_parse_as(pool, type, in, &s);

    if (rc == VET_OK) {
        fuzz_submission_digest(digest, &s);

        if (!fuzz_alloc_refuses()) {
            fuzz_fields(set, form, &s);
        }

        /* a body of UTF-16 is ASCII or not read so, and a part of it may be */

        if (vet_charset_find(set, &cs) == VET_OK && !vet_charset_wide(cs)
            && form)
        {
            (void) fuzz_cut(type, in, &s, &readable);
        }
    }

    vet_pool_destroy(pool);

    return rc;
}


/* A name that is too long for a header is none. */

static void
fuzz_type(vet_str_t set, vet_str_t body, char *type)
{
    int          n;
    const char  *kind;

    kind = (body.len != 0 && body.data[0] == '-')
           ? "multipart/form-data; boundary=b"
           : "application/x-www-form-urlencoded";

    if (set.len == 0 || set.len > FUZZ_TYPE_LEN / 2
        || memchr(set.data, 0, set.len) != NULL)
    {
        n = snprintf(type, FUZZ_TYPE_LEN, "%s", kind);

    } else {
        n = snprintf(type, FUZZ_TYPE_LEN, "%s; charset=%.*s", kind,
                     (int) set.len, (const char *) set.data);
    }

    FUZZ_CHECK(n > 0 && n < FUZZ_TYPE_LEN);
}


/*
 * A converted field is behind the one it was made of.  In a form that is
 * readable there is one wherever a set reads other letters.
 */

static void
fuzz_fields(vet_str_t set, int form, const vet_submission_t *s)
{
    int                 known;
    size_t              i;
    vet_charset_t       cs;
    const vet_field_t  *f, *next;

    known = (form && s->unreadable == VET_READABLE
             && vet_charset_find(set, &cs) == VET_OK);

    for (i = 0; i < s->nfields; i++) {
        f = &s->fields[i];
        next = (i + 1 < s->nfields) ? f + 1 : NULL;

        if (f->charset != NULL) {
            FUZZ_CHECK(i != 0 && f[-1].charset == NULL);
            fuzz_twin(f - 1, f);
            continue;
        }

        if (known && (fuzz_needed(cs, f->name) || fuzz_needed(cs, f->value))) {
            FUZZ_CHECK(next != NULL && next->charset != NULL);
        }
    }
}


static void
fuzz_twin(const vet_field_t *sent, const vet_field_t *twin)
{
    int  name, value;

    FUZZ_CHECK(!sent->file && !twin->file);

    name = !fuzz_equal(sent->name, twin->name);
    value = !fuzz_equal(sent->value, twin->value);

    if (value) {
        FUZZ_CHECK(twin->utf8);
        FUZZ_CHECK(fuzz_back(twin->charset, sent->value, twin->value));
    }

    /* a name may be in another set than the value */

    if (name) {
        FUZZ_CHECK(fuzz_utf8(twin->name));
        FUZZ_CHECK(value || fuzz_back(twin->charset, sent->name, twin->name));
    }
}


/* Tells whether text is not the same in the set and in UTF-8. */

static int
fuzz_needed(vet_charset_t cs, vet_str_t text)
{
    size_t  i;

    if (cs == VET_CS_UTF8) {
        return 0;
    }

    if (vet_charset_wide(cs)) {
        return text.len != 0;
    }

    for (i = 0; i < text.len; i++) {
        if (text.data[i] >= 0x80) {
            return 1;
        }
    }

    return 0;
}


/* Tells whether the text, which is UTF-8, is what was sent. */

static int
fuzz_back(const char *set, vet_str_t sent, vet_str_t text)
{
    int             equal;
    char           *in, *out;
    size_t          rest, room, size;
    iconv_t         cd;
    vet_str_t       one, two;
    unsigned char  *back, *marks, *again;

    if (strcmp(set, "UTF-16") == 0) {
        FUZZ_CHECK(sent.len >= 2);
        set = (sent.data[0] == 0xff) ? "UTF-16LE" : "UTF-16BE";
        sent.data += 2;
        sent.len -= 2;
    }

    fuzz_alloc_pause();

    size = text.len * 4 + sent.len + 1;
    back = malloc(size);
    marks = malloc(size * 2);
    again = malloc(size * 2);
    FUZZ_CHECK(back != NULL && marks != NULL && again != NULL);

    cd = iconv_open(set, "UTF-8");
    FUZZ_CHECK(cd != (iconv_t) -1);

    in = (char *) text.data;
    rest = text.len;
    out = (char *) back;
    room = size;

    equal = (iconv(cd, &in, &rest, &out, &room) != (size_t) -1
             && iconv(cd, NULL, NULL, &out, &room) != (size_t) -1);

    one.data = back;
    one.len = size - room;

    one.len = fuzz_marks(set, one, marks);
    one.data = marks;
    two.len = fuzz_marks(set, sent, again);
    two.data = again;

    equal = equal && fuzz_equal(one, two);

    (void) iconv_close(cd);
    free(back);
    free(marks);
    free(again);
    fuzz_alloc_resume();

    return equal;
}


/*
 * Windows-1258 has some letters in two ways: alone and with a mark behind.
 * Writes all of them in the second way and returns how many bytes that is.
 */

static size_t
fuzz_marks(const char *set, vet_str_t text, unsigned char *dst)
{
    size_t          i, n;
    const char     *found;
    unsigned char   c;

    static const char  letters[] =
        "\xc0\xc1\xc8\xc9\xcd\xd1\xd3\xd9\xda\xe0\xe1\xe8\xe9\xed\xf1\xf3\xf9"
        "\xfa";
    static const char  bases[] = "AAEEINOUUaaeeinouu";
    static const char  marks[] =
        "\xcc\xec\xcc\xec\xec\xde\xec\xcc\xec\xcc\xec\xcc\xec\xec\xde\xec\xcc"
        "\xec";

    n = 0;

    for (i = 0; i < text.len; i++) {
        c = text.data[i];
        found = (c == '\0' || strcmp(set, "WINDOWS-1258") != 0)
                ? NULL : strchr(letters, (char) c);

        if (found == NULL) {
            dst[n++] = c;

        } else {
            dst[n++] = (unsigned char) bases[found - letters];
            dst[n++] = (unsigned char) marks[found - letters];
        }
    }

    return n;
}


static int
fuzz_equal(vet_str_t a, vet_str_t b)
{
    return a.len == b.len
           && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}
