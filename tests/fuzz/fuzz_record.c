
/*
 * Copyright (C) the moderate authors
 *
 * The input is a message, see fuzz_message(), whose bytes also give places of
 * hits.  What is written must be JSON, and its places must cut what is shown.
 */


#include <string.h>
#include <jansson.h>

#include "fuzz.h"


#define FUZZ_HITS  16


static int fuzz_record(vet_pool_t *pool, vet_str_t in,
    const vet_submission_t *s, uint64_t *digest);
static void fuzz_hits(vet_str_t in, const vet_submission_t *s,
    vet_hit_t *hits);
static json_t *fuzz_load(vet_str_t text, size_t n);
static void fuzz_places(const json_t *fields, const json_t *hits,
    const vet_submission_t *s);
static int fuzz_boundary(const char *text, json_int_t place);


static const vet_rule_t  fuzz_rule = {
    vet_string("rule"), vet_string("title"), vet_string("a\"b\\c"),
    vet_string("\xff\x01"), 25, VET_MODE_ENFORCE, NULL, 0
};


int
fuzz_one(vet_str_t in, uint64_t *digest)
{
    int                rc;
    vet_pool_t        *pool;
    vet_message_t      m;
    vet_submission_t   s;

    fuzz_message(in, &m);

    pool = vet_pool_create(FUZZ_POOL);
    if (pool == NULL) {
        return VET_ERROR;
    }

    rc = fuzz_parse(pool, &m, &s);

    if (rc == VET_OK) {
        rc = fuzz_record(pool, in, &s, digest);
    }

    vet_pool_destroy(pool);

    return rc;
}


static int
fuzz_record(vet_pool_t *pool, vet_str_t in, const vet_submission_t *s,
    uint64_t *digest)
{
    int         rc;
    json_t     *fields, *places;
    vet_str_t   one, two;
    vet_hit_t   elts[FUZZ_HITS];
    vet_hits_t  hits;

    hits.elts = elts;
    hits.n = FUZZ_HITS;
    hits.size = FUZZ_HITS;

    fuzz_hits(in, s, elts);

    rc = vet_fields_json(pool, s, &one);

    if (rc == VET_OK) {
        rc = vet_hits_json(pool, s, &hits, &two);
    }

    if (rc != VET_OK) {
        FUZZ_CHECK(rc == (vet_pool_exhausted(pool) ? VET_LIMIT : VET_ERROR));
        return rc;
    }

    fuzz_digest_str(digest, one);
    fuzz_digest_str(digest, two);

    if (fuzz_alloc_refuses()) {
        return VET_OK;
    }

    fields = fuzz_load(one, s->nfields);
    places = fuzz_load(two, hits.n);

    fuzz_places(fields, places, s);

    json_decref(fields);
    json_decref(places);

    return VET_OK;
}


/* Some anywhere, some in no field, one that is past the end of its field. */

static void
fuzz_hits(vet_str_t in, const vet_submission_t *s, vet_hit_t *hits)
{
    size_t    i, len;
    uint64_t  any;

    any = fuzz_choose(in, SIZE_MAX);
    memset(hits, 0, FUZZ_HITS * sizeof(vet_hit_t));

    for (i = 0; i < FUZZ_HITS; i++) {
        hits[i].rule = &fuzz_rule;
        hits[i].score = (int) i - 3;
        hits[i].field = VET_NO_FIELD;

        if (i % 4 == 3 || s->nfields == 0) {
            continue;
        }

        fuzz_digest_size(&any, i);
        hits[i].field = any % s->nfields;
        len = s->fields[hits[i].field].value.len;

        fuzz_digest_size(&any, i);
        hits[i].start = any % (len + 1);

        fuzz_digest_size(&any, i);
        hits[i].end = hits[i].start + any % (len - hits[i].start + 1)
                      + (i == 0);
    }
}


static json_t *
fuzz_load(vet_str_t text, size_t n)
{
    json_t        *json;
    json_error_t   error;

    json = json_loadb((const char *) text.data, text.len, JSON_ALLOW_NUL,
                      &error);

    FUZZ_CHECK(json != NULL);
    FUZZ_CHECK(json_array_size(json) == n);

    return json;
}


static void
fuzz_places(const json_t *fields, const json_t *hits,
    const vet_submission_t *s)
{
    size_t         i, index;
    json_int_t     start, end, size;
    const json_t  *hit, *value, *field;

    for (i = 0; i < json_array_size(hits); i++) {
        hit = json_array_get(hits, i);

        if (json_object_get(hit, "index") == NULL) {
            continue;
        }

        index = (size_t) json_integer_value(json_object_get(hit, "index"));
        start = json_integer_value(json_object_get(hit, "start"));
        end = json_integer_value(json_object_get(hit, "end"));

        FUZZ_CHECK(index < s->nfields);
        field = json_array_get(fields, index);

        FUZZ_CHECK(json_equal(json_object_get(hit, "field"),
                              json_object_get(field, "name")));
        FUZZ_CHECK(0 <= start && start <= end);

        value = json_object_get(field, "value");

        if (value == NULL) {
            FUZZ_CHECK(s->fields[index].file);
            continue;
        }

        size = (json_int_t) json_string_length(value);

        FUZZ_CHECK(end <= size);
        FUZZ_CHECK(start == size
                   || fuzz_boundary(json_string_value(value), start));
        FUZZ_CHECK(end == size
                   || fuzz_boundary(json_string_value(value), end));
    }
}


static int
fuzz_boundary(const char *text, json_int_t place)
{
    return ((unsigned char) text[place] & 0xc0) != 0x80;
}
