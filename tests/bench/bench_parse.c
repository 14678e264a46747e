
/*
 * Copyright (C) the moderate authors
 *
 * Bodies into fields: ordinary comments, and bodies made to be slow.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "vet.h"


#define BENCH_POOL    (64 * 1024 * 1024)
#define BENCH_LEAST   1024
#define BENCH_MOST    (1024 * 1024)
#define BENCH_GROWTH  2.5

#define FORM  "application/x-www-form-urlencoded"
#define MULTI "multipart/form-data; boundary="
#define B     "----WebKitFormBoundary7MA4YWxkTrZu0gW"
#define CD    "\r\nContent-Disposition: form-data; name="
#define JSON  "application/json"
#define DASH  "------------------------------------------------------------"


/*
 * A body is head, as many units as there is room for, but no more than "most"
 * unless that is 0, and tail.  "####" in a unit is its number.  What room is
 * left is filled: behind the last unit or, with "most", evenly behind all.
 */

typedef struct {
    const char             *name;
    const char             *type;
    const char             *head;
    const char             *unit;
    const char             *tail;
    size_t                  most;
    char                    fill;       /* 'a' if 0 */
    double                  limit;      /* ns for 1 KiB; 0: none */
} shape_t;

typedef struct {
    const vet_form_t       *form;
    vet_message_t           messages[BENCH_SIZES];
    unsigned char          *copy;
} parse_t;


static void parse_shape(bench_t *b, parse_t *p, const shape_t *shape);
static size_t parse_body(const shape_t *shape, unsigned char *body,
    size_t size);
static size_t parse_fill(unsigned char *dst, const shape_t *shape, size_t len);
static void parse_once(void *data, size_t i);
static void parse_copy(void *data, size_t i);
static vet_form_t *parse_form(void);


#define VIETNAMESE                                                           \
    "%C4%90%E1%BB%81+ngh%E1%BB%8B+c%C6%A1+quan+x%E1%BB%AD+l%C3%BD+nghi%C3"   \
    "%AAm+vi%E1%BB%87c+n%C3%A0y%2C+b%C3%A0+con+r%E1%BA%A5t+b%E1%BB%A9c+x"    \
    "%C3%BAc.+"

#define VIETNAMESE_UTF8                                                      \
    "\xc4\x90\xe1\xbb\x81 ngh\xe1\xbb\x8b c\xc6\xa1 quan x\xe1\xbb\xad l"    \
    "\xc3\xbd nghi\xc3\xaam vi\xe1\xbb\x87" "c n\xc3\xa0y, b\xc3\xa0 con r"  \
    "\xe1\xba\xa5t b\xe1\xbb\xa9" "c x\xc3\xba" "c. "

static const shape_t  shapes[] = {

    { "urlencoded comment", FORM,
      "comment_post_ID=7&author=Nguy%E1%BB%85n+V%C4%83n+An&"
      "email=an%40example.vn&url=&comment=",
      VIETNAMESE, "&submit=G%E1%BB%ADi", 0, 0, 2000 },
    { "urlencoded English", FORM, "author=An&comment=",
      "This+street+has+been+dark+for+weeks%2C+please+look+into+it.+", "",
      0, 0, 0 },
    { "only '&'", FORM, "", "&", "", 0, 0, 0 },
    { "only '='", FORM, "", "=", "", 0, 0, 0 },
    { "only ';'", FORM, "a=", ";", "", 0, 0, 0 },
    { "only \"a;\"", FORM, "", "a;", "", 0, 0, 0 },
    { "only '%'", FORM, "a=", "%", "", 0, 0, 0 },
    { "only '+'", FORM, "a=", "+", "", 0, 0, 0 },
    { "only %XX", FORM, "a=", "%41", "", 0, 0, 0 },
    { "only %FF", FORM, "a=", "%FF", "", 0, 0, 0 },
    { "only %u", FORM, "a=", "%u", "", 0, 0, 0 },
    { "only raw UTF-8", FORM, "a=%zz", "\xc4\x91", "", 0, 0, 0 },
    { "pairs without end", FORM, "", "a=&", "", 0, 0, 0 },
    { "1000 fields", FORM, "", "n####=", "&", 1000, 0, 0 },
    { "1000 coded fields", FORM, "", "%41=%C4%91&", "", 1000, '&', 0 },

    { "multipart comment", MULTI B,
      "--" B CD "\"author\"\r\n\r\nNguy\xe1\xbb\x85n An\r\n"
      "--" B CD "\"email\"\r\n\r\nan@example.vn\r\n--" B CD
      "\"comment\"\r\n\r\n", VIETNAMESE_UTF8,
      "\r\n--" B CD "\"submit\"\r\n\r\nG\xe1\xbb\xadi\r\n--" B "--\r\n",
      0, 0, 3000 },
    { "tiny parts", MULTI "x", "--x", CD "a\r\n\r\n1\r\n--x", "--", 0, '-', 0 },
    { "1000 parts", MULTI "x", "--x" CD "a\r\n\r\n",
      "\r\n--x" CD "a\r\n\r\n", "\r\n--x--", 999, 0, 0 },
    { "one part, no end", MULTI "x", "--x" CD "a\r\n\r\n", "a", "", 0, 0, 0 },
    { "false boundaries", MULTI B, "--" B CD "a\r\n\r\n",
      "\r\n------WebKitFormBoundary7MA4YWxkTrZu0gX", "\r\n--" B "--", 0, 0,
      0 },
    { "boundaries in lines", MULTI "x", "--x" CD "a\r\n\r\n", "--x",
      "\r\n--x--", 0, 0, 0 },
    { "runs of CRLF", MULTI "x", "--x" CD "a\r\n\r\n", "\r\n", "\r\n--x--",
      0, '\n', 0 },
    { "runs of '-'", MULTI B, "--" B CD "a\r\n\r\n", "-", "\r\n--" B "--",
      0, 0, 0 },
    { "runs of '-', boundary too", MULTI DASH "x",
      "--" DASH "x" CD "a\r\n\r\n", "-", "\r\n--" DASH "x--", 0, 0, 0 },
    { "runs of '-', boundary alike", MULTI DASH, "--" DASH CD "a\r\n\r\n", "-",
      "\r\n--" DASH "--", 0, 0, 0 },
    { "dashes with a gap", MULTI DASH, "--" DASH CD "a\r\n\r\n",
      DASH "-a", "\r\n--" DASH "--", 0, 0, 0 },
    { "headers", MULTI "x", "--x",
      CD "a\r\nA:1\r\nB:1\r\nC:1\r\nD:1\r\nE:1\r\nF:1\r\nG:1\r\nH:1\r\nI:1"
      "\r\nJ:1\r\nK:1\r\nL:1\r\nM:1\r\nN:1\r\nO:1\r\n\r\n\r\n--x", "--", 0,
      '-', 0 },
    { "parameters", MULTI "x", "--x",
      CD "a;a=1;b=1;c=1;d=1;e=1;f=1;g=1;h=1;i=1;j=1;k=1;l=1;m=1;n=1;o=1"
      "\r\n\r\n\r\n--x", "--", 0, '-', 0 },
    { "headers without end", MULTI "x", "--x\r\n", "A: 1\r\n",
      "\r\n--x--", 0, 0, 0 },
    { "backslashes in a name", MULTI "x", "--x" CD "\"", "\\\"",
      "\"\r\n\r\n\r\n--x--", 2000, 0, 0 },

    { "JSON comment", JSON, "{\"post\":7,\"author_name\":\"Nguy\xe1\xbb\x85n "
      "An\",\"author_email\":\"an@example.vn\",\"content\":\"",
      VIETNAMESE_UTF8, "\"}", 0, 0, 0 },
    { "JSON, escaped text", JSON, "{\"content\":\"",
      "\\u0110\\u1ec1 ngh\\u1ecb x\\u1eed l\\u00fd ", "\"}", 0, 0, 0 },
    { "only '['", JSON, "", "[", "", 0, 0, 0 },
    { "only {\"a\":", JSON, "", "{\"a\":", "", 0, 0, 0 },
    { "empty arrays", JSON, "[[]", ",[]", "]", 0, ' ', 0 },
    { "empty objects", JSON, "[{}", ",{}", "]", 0, ' ', 0 },
    { "numbers", JSON, "[0", ",1", "]", 0, ' ', 0 },
    { "one number", JSON, "1", "0", "", 0, '0', 0 },
    { "one key", JSON, "{\"a\":0", ",\"a\":0", "}", 0, ' ', 0 },
    { "many keys", JSON, "{\"a\":0", ",\"k####\":{}", "}", 0, ' ', 0 },
    { "escapes", JSON, "\"", "\\n", "\"", 0, 0, 0 },
    { "surrogate pairs", JSON, "\"", "\\ud83d\\ude00", "\"", 0, 0, 0 },
    { "lone surrogates", JSON, "\"", "\\ud800", "\"", 0, 0, 0 },
    { "white space", JSON, "[0", " ", "]", 0, ' ', 0 },
    { "long names", JSON, "{\"a", "a", "\":[0,0,0]}", 4000, 0, 0 },
    { "backslashes", JSON, "\"", "\\\\", "\"", 0, 0, 0 },

    { "text", "text/plain", "", VIETNAMESE_UTF8, "", 0, 0, 0 },
    { "text that could be JSON", "text/plain", "{\"a\":\"", "\\u0111", "", 0,
      0, 0 },
    { "text that could be JSON, []", "text/plain", "[0", ",[]", "", 0, 0, 0 },
    { "unknown type", "a/b", "", VIETNAMESE_UTF8, "", 0, 0, 0 },
};


int
main(int argc, char **argv)
{
    size_t       i;
    bench_t     *b;
    parse_t      p;
    vet_form_t  *form;

    b = bench_begin("parse", argc, argv);
    form = parse_form();

    memset(&p, 0, sizeof(parse_t));
    p.form = form;
    p.copy = malloc(BENCH_MOST);

    for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        if (bench_wanted(b, shapes[i].name)) {
            parse_shape(b, &p, &shapes[i]);
        }
    }

    free(p.copy);
    vet_form_destroy(form);

    return bench_end(b);
}


static void
parse_shape(bench_t *b, parse_t *p, const shape_t *shape)
{
    size_t          i, size;
    double          ns;
    unsigned char  *body;
    bench_shape_t   run;

    memset(&run, 0, sizeof(bench_shape_t));
    run.name = shape->name;
    run.work = parse_once;
    run.copy = parse_copy;
    run.data = p;

    for (size = BENCH_LEAST; size <= BENCH_MOST; size *= 2) {
        body = malloc(size);

        if (body == NULL || p->copy == NULL) {
            abort();
        }

        i = run.n++;
        run.sizes[i] = size;

        p->messages[i].content_type.data = (const unsigned char *) shape->type;
        p->messages[i].content_type.len = strlen(shape->type);
        p->messages[i].content_types = 1;
        p->messages[i].body.data = body;
        p->messages[i].body.len = parse_body(shape, body, size);
    }

    ns = bench_run(b, &run, BENCH_GROWTH);

    if (shape->limit > 0) {
        bench_figure(b, shape->name, "ns for 1 KiB", ns, shape->limit);
    }

    for (i = 0; i < run.n; i++) {
        free((void *) p->messages[i].body.data);
    }
}


static size_t
parse_body(const shape_t *shape, unsigned char *body, size_t size)
{
    char    number[8];
    size_t  i, n, len, unit, tail, room, each;
    char   *place;

    len = strlen(shape->head);
    unit = strlen(shape->unit);
    tail = strlen(shape->tail);
    room = size - len - tail;

    memcpy(body, shape->head, len);

    n = room / unit;
    n = (shape->most != 0 && n > shape->most) ? shape->most : n;
    each = (shape->most != 0) ? (room - n * unit) / n : 0;

    for (i = 0; i < n; i++) {
        memcpy(body + len, shape->unit, unit);

        place = strstr(shape->unit, "####");

        if (place != NULL) {
            (void) snprintf(number, sizeof(number), "%04x",
                            (unsigned) i & 0xffff);
            memcpy(body + len + (place - shape->unit), number, 4);
        }

        len += unit;
        len += parse_fill(body + len, shape, each);
    }

    len += parse_fill(body + len, shape, size - len - tail);
    memcpy(body + len, shape->tail, tail);

    return size;
}


static size_t
parse_fill(unsigned char *dst, const shape_t *shape, size_t len)
{
    memset(dst, (shape->fill == 0) ? 'a' : shape->fill, len);

    return len;
}


/* As the module does it: a pool of its own for each submission. */

static void
parse_once(void *data, size_t i)
{
    parse_t           *p = data;
    vet_pool_t        *pool;
    vet_submission_t   s;

    pool = vet_pool_create(BENCH_POOL);

    if (pool == NULL
        || vet_parse(pool, &p->messages[i], p->form, &s) != VET_OK)
    {
        abort();
    }

    vet_pool_destroy(pool);
}


static void
parse_copy(void *data, size_t i)
{
    parse_t  *p = data;

    memcpy(p->copy, p->messages[i].body.data, p->messages[i].body.len);

    /* or the compiler would leave it out */

    __asm__ __volatile__ ("" : : "r" (p->copy) : "memory");
}


/* As for a portal: a few names, and what is not to be looked at. */

static vet_form_t *
parse_form(void)
{
    size_t       i;
    vet_str_t    selector;
    vet_form_t  *form;

    static const struct {
        vet_role_t   role;
        const char  *selector;
    } selectors[] = {
        { VET_ROLE_TEXT, "comment" },
        { VET_ROLE_TEXT, "content" },
        { VET_ROLE_TITLE, "title" },
        { VET_ROLE_AUTHOR, "author" },
        { VET_ROLE_EMAIL, "email" },
        { VET_ROLE_URL, "url" },
        { VET_ROLE_IGNORE, "_wp*" },
        { VET_ROLE_IGNORE, "*_nonce" },
    };

    form = vet_form_create();

    if (form == NULL) {
        abort();
    }

    for (i = 0; i < sizeof(selectors) / sizeof(selectors[0]); i++) {
        selector.data = (const unsigned char *) selectors[i].selector;
        selector.len = strlen(selectors[i].selector);

        if (vet_form_add(form, selectors[i].role, selector, NULL) != VET_OK) {
            abort();
        }
    }

    return form;
}
