
/*
 * Copyright (C) the moderate authors
 *
 * The input is a rule file.
 */


#include <string.h>

#include "fuzz.h"


static void fuzz_errors(const vet_errors_t *errors);


int
fuzz_one(vet_str_t in, uint64_t *digest)
{
    size_t              i, n;
    vet_errors_t        errors;
    vet_ruleset_t      *rs;
    const vet_limit_t  *limits;

    rs = fuzz_ruleset(in, &errors);

    if (rs == NULL) {
        fuzz_errors(&errors);

        if (fuzz_alloc_refused() != 0) {
            return VET_ERROR;
        }

        for (i = 0; i < errors.n && i < VET_ERRORS_MAX; i++) {
            fuzz_digest_bytes(digest, errors.text[i], strlen(errors.text[i]));
        }

        return VET_OK;
    }

    limits = vet_ruleset_limits(rs, &n);

    FUZZ_CHECK(errors.n == 0);
    FUZZ_CHECK(vet_ruleset_rules(rs) + n <= VET_RULES_MAX);
    FUZZ_CHECK(vet_ruleset_rules(rs) + n > 0);
    FUZZ_CHECK(vet_ruleset_version(rs).len == 16);

    fuzz_digest_str(digest, vet_ruleset_version(rs));
    fuzz_digest_size(digest, vet_ruleset_rules(rs));

    for (i = 0; i < n; i++) {
        FUZZ_CHECK(limits[i].per != 0);
        fuzz_digest_str(digest, limits[i].rule.id);
        fuzz_digest_str(digest, limits[i].key);
    }

    vet_ruleset_destroy(rs);

    return VET_OK;
}


/* Whoever wrote the file can read what is wrong: lines that end. */

static void
fuzz_errors(const vet_errors_t *errors)
{
    size_t      i, len;
    vet_str_t   text;

    FUZZ_CHECK(errors->n != 0);

    for (i = 0; i < errors->n && i < VET_ERRORS_MAX; i++) {
        FUZZ_CHECK(memchr(errors->text[i], '\0', VET_ERROR_LEN) != NULL);

        len = strlen(errors->text[i]);
        text.data = (const unsigned char *) errors->text[i];
        text.len = len;

        FUZZ_CHECK(len != 0);
        FUZZ_CHECK(fuzz_utf8(text));

        for (len = 0; len < text.len; len++) {
            FUZZ_CHECK(text.data[len] >= 0x20 && text.data[len] != 0x7f);
        }
    }
}
