
/*
 * Copyright (C) the moderate authors
 *
 * JSON, RFC 8259, with a tokenizer of our own.  A library hands out the tree
 * that one backend would see; here it must be known what any of them could:
 *
 * - of a key given twice most backends keep the last, some the first; both
 *   values are fields here, and the body is unreadable;
 * - a lone surrogate ("\ud800") is what browsers and Node send for text cut in
 *   the middle of an emoji: jansson refuses the whole body, here it is U+FFFD;
 * - a number's value is its spelling: 1e400 or 20 digits are not rounded;
 * - nesting is counted while reading, with a stack of fixed size and without
 *   recursion, so "[[[[..." costs nothing;
 * - values are taken in the order of the body.
 *
 * Outside of strings nothing but the grammar is accepted.
 */


#include <stdlib.h>
#include <string.h>

#include "vet_parse.h"


/*
 * Objects and arrays of one body.  They make no field when they are empty, so
 * VET_FIELDS_MAX alone would not bound the work and the memory for keys.
 */

#define VET_JSON_CONTAINERS  (4 * VET_FIELDS_MAX)


/* the first half of a character without the other, and any half behind it */

#define VET_JSON_HIGH        1
#define VET_JSON_MORE        2


typedef enum {
    VET_JSON_VALUE = 0,
    VET_JSON_FIRST_VALUE,   /* or the end of an array */
    VET_JSON_KEY,
    VET_JSON_FIRST_KEY,     /* or the end of an object */
    VET_JSON_NEXT,          /* a comma or the end of what is open */
    VET_JSON_DONE
} vet_json_state_t;


typedef struct {
    vet_str_t               key;
    size_t                  offset;
} vet_json_key_t;


typedef struct {
    size_t                  path;       /* where its members' names begin */
    size_t                  keys;       /* its first key in keys */
    vet_str_t               name;       /* of an array's elements, once made */
    unsigned                array:1;
} vet_json_frame_t;


typedef struct {
    vet_reader_t           *r;
    const unsigned char    *pos;
    const unsigned char    *end;
    vet_json_state_t        state;
    size_t                  containers;

    vet_json_key_t         *keys;       /* of all open objects */
    size_t                  nkeys;
    size_t                  size;

    size_t                  depth;
    vet_json_frame_t        frames[VET_JSON_DEPTH];

    size_t                  len;        /* of the path of the next value */
    unsigned char           path[VET_NAME_LEN];
} vet_json_t;


static int vet_json_step(vet_json_t *j);
static int vet_json_value(vet_json_t *j);
static int vet_json_open(vet_json_t *j);
static int vet_json_close(vet_json_t *j);
static int vet_json_next(vet_json_t *j);
static int vet_json_key(vet_json_t *j);
static int vet_json_key_push(vet_json_t *j, vet_str_t key, size_t offset);
static void vet_json_key_check(vet_json_t *j, size_t first);
static int vet_json_key_cmp(const void *one, const void *two);
static int vet_json_path_key(vet_json_t *j, vet_str_t key, size_t offset);
static int vet_json_path_add(vet_json_t *j, const char *text, size_t len,
    size_t offset);
static int vet_json_add(vet_json_t *j, vet_str_t value, size_t offset);
static int vet_json_name(vet_json_t *j, vet_str_t *name);
static int vet_json_literal(vet_json_t *j, const char *text, size_t len);
static int vet_json_number(vet_json_t *j);
static int vet_json_digits(vet_json_t *j);
static int vet_json_string(vet_json_t *j, vet_str_t *text);
static void vet_json_plain(vet_json_t *j);
static int vet_json_unescape(vet_json_t *j, const unsigned char *pos,
    const unsigned char *end, vet_str_t *text);
static int vet_json_escape(const unsigned char **pos,
    const unsigned char *end, unsigned char **dst, unsigned *lone);
static int vet_json_hex(const unsigned char *pos, const unsigned char *end,
    uint32_t *unit);
static unsigned char *vet_json_utf8(unsigned char *dst, uint32_t code);
static void vet_json_space(vet_json_t *j);
static int vet_json_wrong(vet_json_t *j);


int
vet_read_json(vet_reader_t *r)
{
    int         rc;
    size_t      bad;
    vet_json_t  j;

    static const unsigned char  bom[] = { 0xef, 0xbb, 0xbf };

    j.r = r;
    j.pos = r->body.data;
    j.end = j.pos + r->body.len;
    j.state = VET_JSON_VALUE;
    j.containers = 0;
    j.keys = NULL;
    j.nkeys = 0;
    j.size = 0;
    j.depth = 0;
    j.len = 0;

    /* a BOM and bytes that are not UTF-8 are refused by one, skipped or */
    /* replaced by another; the rest is read for those                   */

    if (r->body.len >= sizeof(bom) && memcmp(j.pos, bom, sizeof(bom)) == 0) {
        vet_reader_note(r, VET_JSON_INVALID, 0);
        j.pos += sizeof(bom);
    }

    bad = vet_utf8_check(r->body);

    if (bad != r->body.len) {
        vet_reader_note(r, VET_JSON_INVALID, bad);
    }

    vet_json_space(&j);

    if (j.pos == j.end) {
        return vet_reader_stop(r, VET_JSON_INVALID, r->body.len);
    }

    do {
        rc = vet_json_step(&j);
        vet_json_space(&j);
    } while (rc == VET_OK && j.state != VET_JSON_DONE);

    if (rc == VET_OK && j.pos != j.end) {
        return vet_json_wrong(&j);
    }

    return rc;
}


static int
vet_json_step(vet_json_t *j)
{
    if (j->pos == j->end) {
        return vet_json_wrong(j);
    }

    switch (j->state) {

    case VET_JSON_FIRST_VALUE:
        return (*j->pos == ']') ? vet_json_close(j) : vet_json_value(j);

    case VET_JSON_FIRST_KEY:
        return (*j->pos == '}') ? vet_json_close(j) : vet_json_key(j);

    case VET_JSON_KEY:
        return vet_json_key(j);

    case VET_JSON_NEXT:
        return vet_json_next(j);

    default: /* VET_JSON_VALUE */
        return vet_json_value(j);
    }
}


static int
vet_json_value(vet_json_t *j)
{
    int        rc;
    size_t     offset;
    vet_str_t  value;

    offset = (size_t) (j->pos - j->r->body.data);

    value.data = j->pos;
    value.len = 0;

    switch (*j->pos) {

    case '{':
    case '[':
        return vet_json_open(j);

    case '"':
        rc = vet_json_string(j, &value);
        break;

    case 't':
        rc = vet_json_literal(j, "true", 4);
        break;

    case 'f':
        rc = vet_json_literal(j, "false", 5);
        break;

    case 'n':
        rc = vet_json_literal(j, "null", 4);
        break;

    default:
        rc = vet_json_number(j);
        break;
    }

    if (rc != VET_OK) {
        return rc;
    }

    if (j->r->body.data[offset] != '"') {
        value.len = (size_t) (j->pos - value.data);
    }

    j->state = (j->depth == 0) ? VET_JSON_DONE : VET_JSON_NEXT;

    return vet_json_add(j, value, offset);
}


static int
vet_json_open(vet_json_t *j)
{
    int                rc;
    size_t             offset;
    vet_json_frame_t  *frame;

    offset = (size_t) (j->pos - j->r->body.data);

    if (j->depth == VET_JSON_DEPTH) {
        return vet_reader_stop(j->r, VET_TOO_DEEP, offset);
    }

    if (j->containers == VET_JSON_CONTAINERS) {
        return vet_reader_stop(j->r, VET_TOO_MANY_FIELDS, offset);
    }

    j->containers++;

    frame = &j->frames[j->depth++];
    frame->array = (*j->pos == '[');
    frame->keys = j->nkeys;
    frame->name.data = NULL;
    frame->name.len = 0;

    if (frame->array) {
        rc = vet_json_path_add(j, "[]", 2, offset);
        if (rc != VET_OK) {
            return rc;
        }
    }

    frame->path = j->len;
    j->state = frame->array ? VET_JSON_FIRST_VALUE : VET_JSON_FIRST_KEY;
    j->pos++;

    return VET_OK;
}


static int
vet_json_close(vet_json_t *j)
{
    size_t  first;

    first = j->frames[--j->depth].keys;

    if (j->nkeys - first > 1) {
        vet_json_key_check(j, first);
    }

    j->nkeys = first;
    j->pos++;
    j->state = (j->depth == 0) ? VET_JSON_DONE : VET_JSON_NEXT;

    return VET_OK;
}


static int
vet_json_next(vet_json_t *j)
{
    vet_json_frame_t  *frame;

    frame = &j->frames[j->depth - 1];

    if (*j->pos == (frame->array ? ']' : '}')) {
        return vet_json_close(j);
    }

    if (*j->pos != ',') {
        return vet_json_wrong(j);
    }

    j->pos++;
    j->len = frame->path;
    j->state = frame->array ? VET_JSON_VALUE : VET_JSON_KEY;

    return VET_OK;
}


static int
vet_json_key(vet_json_t *j)
{
    int        rc;
    size_t     offset;
    vet_str_t  key;

    if (*j->pos != '"') {
        return vet_json_wrong(j);
    }

    offset = (size_t) (j->pos - j->r->body.data);

    rc = vet_json_string(j, &key);
    if (rc != VET_OK) {
        return rc;
    }

    rc = vet_json_key_push(j, key, offset);
    if (rc != VET_OK) {
        return rc;
    }

    /* an empty container makes no field that would tell */

    if (key.len != 0 && memchr(key.data, 0, key.len) != NULL) {
        vet_reader_note(j->r, VET_NUL_IN_NAME, offset);
    }

    rc = vet_json_path_key(j, key, offset);
    if (rc != VET_OK) {
        return rc;
    }

    vet_json_space(j);

    if (j->pos == j->end || *j->pos != ':') {
        return vet_json_wrong(j);
    }

    j->pos++;
    j->state = VET_JSON_VALUE;

    return VET_OK;
}


static int
vet_json_key_push(vet_json_t *j, vet_str_t key, size_t offset)
{
    size_t           size;
    vet_json_key_t  *keys;

    if (j->nkeys == j->size) {
        size = (j->size == 0) ? 32 : j->size * 2;

        keys = vet_palloc(j->r->pool, size * sizeof(vet_json_key_t));
        if (keys == NULL) {
            return vet_pool_failure(j->r->pool);
        }

        if (j->nkeys != 0) {
            memcpy(keys, j->keys, j->nkeys * sizeof(vet_json_key_t));
        }

        j->keys = keys;
        j->size = size;
    }

    j->keys[j->nkeys].key = key;
    j->keys[j->nkeys].offset = offset;
    j->nkeys++;

    return VET_OK;
}


/* Sorting has no bad case that a client could choose, as a hash table has. */

static void
vet_json_key_check(vet_json_t *j, size_t first)
{
    size_t           i, found;
    vet_json_key_t  *key;

    qsort(&j->keys[first], j->nkeys - first, sizeof(vet_json_key_t),
          vet_json_key_cmp);

    found = SIZE_MAX;

    for (i = first + 1; i < j->nkeys; i++) {
        key = &j->keys[i];

        if (key[-1].key.len == key->key.len
            && (key->key.len == 0
                || memcmp(key[-1].key.data, key->key.data, key->key.len) == 0)
            && key->offset < found)
        {
            found = key->offset;
        }
    }

    if (found != SIZE_MAX) {
        vet_reader_note(j->r, VET_JSON_DUPLICATE_KEY, found);
    }
}


static int
vet_json_key_cmp(const void *one, const void *two)
{
    int                    rc;
    const vet_json_key_t  *a, *b;

    a = one;
    b = two;

    if (a->key.len != b->key.len) {
        return (a->key.len < b->key.len) ? -1 : 1;
    }

    rc = (a->key.len == 0) ? 0 : memcmp(a->key.data, b->key.data, a->key.len);
    if (rc != 0) {
        return rc;
    }

    return (a->offset < b->offset) ? -1 : (a->offset > b->offset);
}


/* Escapes what has a meaning in a path: {"a.b":1} is not {"a":{"b":1}}. */

static int
vet_json_path_key(vet_json_t *j, vet_str_t key, size_t offset)
{
    int            rc;
    size_t         i, n;
    unsigned char  c;

    j->len = j->frames[j->depth - 1].path;

    if (j->depth > 1) {
        rc = vet_json_path_add(j, ".", 1, offset);
        if (rc != VET_OK) {
            return rc;
        }
    }

    for (i = 0; i < key.len; i++) {
        c = key.data[i];
        n = (c == '.' || c == '[' || c == ']' || c == '\\') ? 2 : 1;

        if (n > VET_NAME_LEN - j->len) {
            return vet_reader_stop(j->r, VET_NAME_TOO_LONG, offset);
        }

        if (n == 2) {
            j->path[j->len++] = '\\';
        }

        j->path[j->len++] = c;
    }

    return VET_OK;
}


static int
vet_json_path_add(vet_json_t *j, const char *text, size_t len, size_t offset)
{
    if (len > VET_NAME_LEN - j->len) {
        return vet_reader_stop(j->r, VET_NAME_TOO_LONG, offset);
    }

    memcpy(&j->path[j->len], text, len);
    j->len += len;

    return VET_OK;
}


static int
vet_json_add(vet_json_t *j, vet_str_t value, size_t offset)
{
    int          rc;
    vet_field_t  field;

    memset(&field, 0, sizeof(vet_field_t));
    field.value = value;

    rc = vet_json_name(j, &field.name);
    if (rc != VET_OK) {
        return rc;
    }

    return vet_reader_add(j->r, &field, offset);
}


/* Elements of an array share one copy of their name. */

static int
vet_json_name(vet_json_t *j, vet_str_t *name)
{
    unsigned char     *copy;
    vet_json_frame_t  *frame;

    frame = (j->depth == 0) ? NULL : &j->frames[j->depth - 1];

    if (frame != NULL && frame->array && frame->name.data != NULL) {
        *name = frame->name;
        return VET_OK;
    }

    copy = vet_palloc(j->r->pool, j->len);
    if (copy == NULL) {
        return vet_pool_failure(j->r->pool);
    }

    memcpy(copy, j->path, j->len);

    name->data = copy;
    name->len = j->len;

    if (frame != NULL && frame->array) {
        frame->name = *name;
    }

    return VET_OK;
}


static int
vet_json_literal(vet_json_t *j, const char *text, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {

        if (j->pos == j->end || *j->pos != (unsigned char) text[i]) {
            return vet_json_wrong(j);
        }

        j->pos++;
    }

    return VET_OK;
}


static int
vet_json_number(vet_json_t *j)
{
    int  rc;

    if (*j->pos == '-') {
        j->pos++;
    }

    if (j->pos < j->end && *j->pos == '0') {
        j->pos++;

    } else {
        rc = vet_json_digits(j);
        if (rc != VET_OK) {
            return rc;
        }
    }

    if (j->pos < j->end && *j->pos == '.') {
        j->pos++;

        rc = vet_json_digits(j);
        if (rc != VET_OK) {
            return rc;
        }
    }

    if (j->pos < j->end && (*j->pos == 'e' || *j->pos == 'E')) {
        j->pos++;

        if (j->pos < j->end && (*j->pos == '+' || *j->pos == '-')) {
            j->pos++;
        }

        return vet_json_digits(j);
    }

    return VET_OK;
}


static int
vet_json_digits(vet_json_t *j)
{
    const unsigned char  *start;

    for (start = j->pos; j->pos < j->end; j->pos++) {
        if (*j->pos < '0' || *j->pos > '9') {
            break;
        }
    }

    return (j->pos == start) ? vet_json_wrong(j) : VET_OK;
}


/* Text without escapes stays in the body. */

static int
vet_json_string(vet_json_t *j, vet_str_t *text)
{
    int                   escapes;
    const unsigned char  *start;

    escapes = 0;
    start = ++j->pos;

    for ( /* void */ ; j->pos < j->end; j->pos++) {

        vet_json_plain(j);

        if (*j->pos == '"') {
            text->data = start;
            text->len = (size_t) (j->pos - start);
            j->pos++;

            return escapes ? vet_json_unescape(j, start, j->pos - 1, text)
                           : VET_OK;
        }

        if (*j->pos < 0x20) {
            return vet_json_wrong(j);
        }

        if (*j->pos == '\\') {
            escapes = 1;
            j->pos++;

            if (j->pos == j->end || *j->pos < 0x20) {
                return vet_json_wrong(j);
            }
        }
    }

    return vet_json_wrong(j);
}


/*
 * Moves over bytes that stand for themselves, eight at a time and not to the
 * end: what is left is at least one byte, with which it may be otherwise.
 */

static void
vet_json_plain(vet_json_t *j)
{
    uint64_t  eight, quote, escape;

    while (j->end - j->pos > 8) {
        memcpy(&eight, j->pos, 8);

        quote = eight ^ 0x2222222222222222u;
        escape = eight ^ 0x5c5c5c5c5c5c5c5cu;

        /* has a zero byte, has a zero byte, has one below 0x20 */

        if ((((quote - 0x0101010101010101u) & ~quote)
             | ((escape - 0x0101010101010101u) & ~escape)
             | ((eight - 0x2020202020202020u) & ~eight))
            & 0x8080808080808080u)
        {
            return;
        }

        j->pos += 8;
    }
}


/*
 * No escape is shorter than the UTF-8 of what it stands for.  A half of a
 * character waits for the next other half in JSON::PP, whatever is between.
 */

static int
vet_json_unescape(vet_json_t *j, const unsigned char *pos,
    const unsigned char *end, vet_str_t *text)
{
    unsigned        lone;
    unsigned char  *dst, *start;

    start = vet_palloc(j->r->pool, (size_t) (end - pos));
    if (start == NULL) {
        return vet_pool_failure(j->r->pool);
    }

    lone = 0;
    dst = start;

    while (pos < end) {

        if (*pos != '\\') {
            *dst++ = *pos++;
            continue;
        }

        if (vet_json_escape(&pos, end, &dst, &lone) != VET_OK) {
            j->pos = pos;
            return vet_json_wrong(j);
        }
    }

    if (lone == (VET_JSON_HIGH|VET_JSON_MORE)) {
        vet_reader_note(j->r, VET_JSON_INVALID,
                        (size_t) (end - j->r->body.data));
    }

    text->data = start;
    text->len = (size_t) (dst - start);

    return VET_OK;
}


static int
vet_json_escape(const unsigned char **pos, const unsigned char *end,
    unsigned char **dst, unsigned *lone)
{
    uint32_t              code, low;
    const char           *found;
    const unsigned char  *p;

    static const char  from[] = "\"\\/bfnrt";
    static const char  to[] = "\"\\/\b\f\n\r\t";

    p = *pos + 1;       /* there is one, see vet_json_string() */

    if (*p != 'u') {
        found = memchr(from, *p, sizeof(from) - 1);
        if (found == NULL) {
            return VET_ERROR;
        }

        *(*dst)++ = (unsigned char) to[found - from];
        *pos = p + 1;

        return VET_OK;
    }

    if (vet_json_hex(p + 1, end, &code) != VET_OK) {
        return VET_ERROR;
    }

    p += 5;

    if (code >= 0xd800 && code <= 0xdfff) {
        *lone |= (*lone != 0) ? VET_JSON_MORE : 0;

        if (code < 0xdc00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u'
            && vet_json_hex(p + 2, end, &low) == VET_OK
            && low >= 0xdc00 && low <= 0xdfff)
        {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            p += 6;

        } else {
            *lone |= (code < 0xdc00) ? VET_JSON_HIGH : 0;
            code = 0xfffd;
        }
    }

    *dst = vet_json_utf8(*dst, code);
    *pos = p;

    return VET_OK;
}


static int
vet_json_hex(const unsigned char *pos, const unsigned char *end,
    uint32_t *unit)
{
    size_t         i;
    unsigned char  c;

    if (end - pos < 4) {
        return VET_ERROR;
    }

    *unit = 0;

    for (i = 0; i < 4; i++) {
        c = pos[i];

        if (c >= '0' && c <= '9') {
            c = (unsigned char) (c - '0');

        } else {
            c |= 0x20;

            if (c < 'a' || c > 'f') {
                return VET_ERROR;
            }

            c = (unsigned char) (c - 'a' + 10);
        }

        *unit = *unit * 16 + c;
    }

    return VET_OK;
}


static unsigned char *
vet_json_utf8(unsigned char *dst, uint32_t code)
{
    if (code < 0x80) {
        *dst++ = (unsigned char) code;
        return dst;
    }

    if (code < 0x800) {
        *dst++ = (unsigned char) (0xc0 | (code >> 6));

    } else {

        if (code < 0x10000) {
            *dst++ = (unsigned char) (0xe0 | (code >> 12));

        } else {
            *dst++ = (unsigned char) (0xf0 | (code >> 18));
            *dst++ = (unsigned char) (0x80 | ((code >> 12) & 0x3f));
        }

        *dst++ = (unsigned char) (0x80 | ((code >> 6) & 0x3f));
    }

    *dst++ = (unsigned char) (0x80 | (code & 0x3f));

    return dst;
}


static void
vet_json_space(vet_json_t *j)
{
    while (j->pos < j->end
           && (*j->pos == ' ' || *j->pos == '\t'
               || *j->pos == '\r' || *j->pos == '\n'))
    {
        j->pos++;
    }
}


/* Where the body ends too early it was cut, else it is wrong. */

static int
vet_json_wrong(vet_json_t *j)
{
    return vet_reader_stop(j->r, (j->pos == j->end) ? VET_TRUNCATED
                                                    : VET_JSON_INVALID,
                           (size_t) (j->pos - j->r->body.data));
}
