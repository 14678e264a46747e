
/*
 * Copyright (C) the moderate authors
 *
 * The input is a selector a line, its role as a digit before it, an empty line
 * and a field's name.
 */


#include <string.h>

#include "fuzz.h"
#include "vet_parse.h"


#define FUZZ_SELECTORS  8
#define FUZZ_NAME       256     /* slow regexes are for the unit tests */


static int fuzz_select(vet_form_t *form, size_t n, vet_str_t line,
    uint64_t *digest);
static void fuzz_first(const vet_form_t *form, vet_role_t role,
    vet_str_t selector);
static int fuzz_find(const vet_form_t *form, vet_str_t name,
    uint64_t *digest);


int
fuzz_one(vet_str_t in, uint64_t *digest)
{
    int          rc;
    size_t       n;
    vet_str_t    line;
    vet_form_t  *form;

    form = vet_form_create();
    if (form == NULL) {
        return VET_ERROR;
    }

    rc = VET_OK;

    for (n = 0; n < FUZZ_SELECTORS && rc == VET_OK; n++) {
        line = fuzz_until(&in, '\n');

        if (line.len == 0) {
            break;
        }

        rc = fuzz_select(form, n, line, digest);
    }

    if (rc == VET_OK) {
        rc = fuzz_find(form, in, digest);
    }

    vet_form_destroy(form);

    return rc;
}


/* A selector that is not well is none; one line tells what is wrong. */

static int
fuzz_select(vet_form_t *form, size_t n, vet_str_t line, uint64_t *digest)
{
    int           rc;
    size_t        refused;
    vet_str_t     selector;
    vet_role_t    role;
    vet_errors_t  errors;

    memset(&errors, 0, sizeof(vet_errors_t));

    role = line.data[0] % 16 % VET_ROLE_N;

    selector.data = line.data + 1;
    selector.len = line.len - 1;
    selector = fuzz_copy(selector);

    refused = fuzz_alloc_refused();

    rc = vet_form_add(form, role, selector, &errors);

    if (rc == VET_OK) {
        FUZZ_CHECK(errors.n == 0);

        if (n == 0) {
            fuzz_first(form, role, selector);
        }

        /* without the memory for JIT a regex has other limits */

        rc = (fuzz_alloc_refused() > refused) ? VET_ERROR : VET_OK;

    } else {
        FUZZ_CHECK(rc == VET_ERROR);
        FUZZ_CHECK(errors.n == 1);
        FUZZ_CHECK(errors.text[0][0] != '\0');
        FUZZ_CHECK(memchr(errors.text[0], '\0', VET_ERROR_LEN) != NULL);
        FUZZ_CHECK(strchr(errors.text[0], '\n') == NULL);

        fuzz_digest_bytes(digest, errors.text[0], strlen(errors.text[0]));
        rc = (fuzz_alloc_refused() > refused) ? VET_ERROR : VET_OK;
    }

    fuzz_copy_free(selector);

    return rc;
}


/*
 * Of a form with one selector: a plain name has its role, also as PHP would
 * take it; what is not to be matched is not had loosely.
 */

static void
fuzz_first(const vet_form_t *form, vet_role_t role, vet_str_t selector)
{
    vet_str_t      name;
    vet_role_t     loose;
    unsigned char  text[VET_SELECTOR_LEN + 1];

    /* of a name that is all spaces PHP leaves nothing */

    if (selector.data[0] == '~'
        || selector.data[selector.len - 1] == ' '
        || memchr(selector.data, '*', selector.len) != NULL)
    {
        return;
    }

    FUZZ_CHECK(vet_form_role(form, selector) == role);

    text[0] = ' ';
    memcpy(text + 1, selector.data, selector.len);
    name.data = text;
    name.len = selector.len + 1;
    loose = (role == VET_ROLE_IGNORE) ? VET_ROLE_OTHER : role;

    FUZZ_CHECK(vet_form_role(form, name) == loose);
}


static int
fuzz_find(const vet_form_t *form, vet_str_t name, uint64_t *digest)
{
    int         rc;
    vet_role_t  role;

    name.len = (name.len < FUZZ_NAME) ? name.len : FUZZ_NAME;
    name = fuzz_copy(name);

    rc = vet_form_find(form, name, &role);

    FUZZ_CHECK(rc == VET_OK || rc == VET_ERROR);
    FUZZ_CHECK(role < VET_ROLE_N);

    fuzz_digest_size(digest, role);
    fuzz_copy_free(name);

    return rc;
}
