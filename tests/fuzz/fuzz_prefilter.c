
/*
 * Copyright (C) the moderate authors
 *
 * The input is a pattern, a line end and a text; "i" before the pattern is for
 * one without case.  What PCRE2 finds has its literal in the text, and begins
 * in one of the windows that are made of where the literals are.
 */


#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "vet_matcher.h"
#include "vet_prefilter.h"


#define FUZZ_MATCH_LIMIT  1000


static int fuzz_literals(vet_pool_t *pool, const vet_literals_t *literals,
    vet_str_t text, uint64_t *blocks);
static int fuzz_found(void *data, uint32_t id, uint64_t blocks);
static int fuzz_window(vet_str_t text, uint32_t reach, uint64_t blocks,
    size_t start);
static int fuzz_matches(vet_str_t pattern, vet_str_t text, int caseless,
    size_t *start);


int
fuzz_one(vet_str_t in, uint64_t *digest)
{
    int             rc, caseless, found, matches;
    size_t          i, start;
    uint64_t        blocks;
    vet_str_t       pattern;
    vet_pool_t     *pool;
    vet_literals_t  literals;

    pattern = fuzz_until(&in, '\n');
    caseless = (pattern.len != 0 && pattern.data[0] == 'i');
    pattern.data += caseless;
    pattern.len -= (size_t) caseless;

    fuzz_alloc_pause();
    start = 0;
    matches = fuzz_matches(pattern, in, caseless, &start);
    fuzz_alloc_resume();

    if (matches == VET_ERROR) {
        return VET_OK;
    }

    pool = vet_pool_create(FUZZ_POOL);
    if (pool == NULL) {
        return VET_ERROR;
    }

    found = 1;
    rc = vet_literals_find(pool, pattern, caseless, &literals);

    for (i = 0; rc == VET_OK && i < literals.n; i++) {
        FUZZ_CHECK(literals.elts[i].len != 0);
        FUZZ_CHECK(literals.elts[i].len <= VET_LITERAL_LEN);
        fuzz_digest_str(digest, literals.elts[i]);
    }

    if (rc == VET_OK) {
        FUZZ_CHECK(literals.n != 0 && literals.n <= VET_LITERALS_MAX);
        rc = fuzz_literals(pool, &literals, in, &blocks);
        found = (rc == VET_OK && blocks != 0
                 && (!matches
                     || fuzz_window(in, literals.reach, blocks, start)));
    }

    vet_pool_destroy(pool);

    if (rc == VET_ERROR) {
        return VET_ERROR;
    }

    FUZZ_CHECK(rc == VET_OK || rc == VET_DECLINED);
    FUZZ_CHECK(!matches || found);
    fuzz_digest_size(digest, (size_t) found);

    return VET_OK;
}


/* Gives the blocks of the text that have one of the literals. */

static int
fuzz_literals(vet_pool_t *pool, const vet_literals_t *literals, vet_str_t text,
    uint64_t *blocks)
{
    int               rc;
    void             *seen;
    size_t            i;
    vet_literal_t     list[VET_LITERALS_MAX];
    vet_prefilter_t  *pf;

    for (i = 0; i < literals->n; i++) {
        list[i].text = literals->elts[i];
        list[i].id = (uint32_t) i;
    }

    *blocks = 0;

    pf = vet_prefilter_create(pool, list, literals->n);
    if (pf == NULL) {
        return VET_ERROR;
    }

    rc = VET_ERROR;
    seen = malloc(vet_prefilter_seen(pf));

    if (seen != NULL) {
        rc = vet_prefilter_scan(pf, text, seen, fuzz_found, blocks);
    }

    free(seen);

    return rc;
}


static int
fuzz_found(void *data, uint32_t id, uint64_t where)
{
    uint64_t  *blocks = data;

    FUZZ_CHECK(id < VET_LITERALS_MAX && where != 0);
    *blocks |= where;

    return VET_OK;
}


/* Tells whether a match that begins at start is looked for there. */

static int
fuzz_window(vet_str_t text, uint32_t reach, uint64_t blocks, size_t start)
{
    size_t  from, limit;

    from = 0;

    while (vet_match_window(text, reach, blocks, &from, &limit)) {
        FUZZ_CHECK(from <= limit && limit <= text.len);
        FUZZ_CHECK((text.data[from] & 0xc0) != 0x80);
        FUZZ_CHECK(limit == text.len || (text.data[limit] & 0xc0) != 0x80);

        if (start >= from && start <= limit) {
            return 1;
        }

        from = limit + 1;

        while (from < text.len && (text.data[from] & 0xc0) == 0x80) {
            from++;
        }
    }

    return 0;
}


/*
 * Plain PCRE2, and where it begins.  VET_ERROR: it is no pattern, or the text
 * is not UTF-8.
 */

static int
fuzz_matches(vet_str_t pattern, vet_str_t text, int caseless, size_t *start)
{
    int                   rc;
    size_t                offset;
    uint32_t              options;
    pcre2_code           *code;
    pcre2_match_data     *data;
    pcre2_match_context  *context;

    options = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C
              | (caseless ? PCRE2_CASELESS : 0);

    if (!fuzz_utf8(text)) {
        return VET_ERROR;
    }

    code = pcre2_compile(pattern.data, pattern.len, options, &rc, &offset,
                         NULL);
    if (code == NULL) {
        return VET_ERROR;
    }

    data = pcre2_match_data_create(2, NULL);
    context = pcre2_match_context_create(NULL);
    FUZZ_CHECK(data != NULL && context != NULL);

    (void) pcre2_set_match_limit(context, FUZZ_MATCH_LIMIT);
    (void) pcre2_set_depth_limit(context, FUZZ_MATCH_LIMIT);
    (void) pcre2_set_heap_limit(context, FUZZ_MATCH_LIMIT);

    rc = pcre2_match(code, text.data, text.len, 0, 0, data, context);

    if (rc >= 0) {
        *start = pcre2_get_startchar(data);
    }

    pcre2_match_context_free(context);
    pcre2_match_data_free(data);
    pcre2_code_free(code);

    return rc >= 0;
}
