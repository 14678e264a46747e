
/*
 * Copyright (C) the moderate authors
 *
 * Roles of fields.
 *
 * A backend may take a field under another name than was sent: PHP drops
 * leading spaces, makes "_" of "." and space and cuts at NUL, ASP.NET does not
 * tell case apart.  " comment" would then be a comment that no rule for the
 * text role sees.  So a name that is written otherwise, but a backend may take
 * for that of a selector, gets its role too.  This is done for roles that are
 * matched only: nothing gets out of sight by a loosely written name.
 */


#define PCRE2_CODE_UNIT_WIDTH  8

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vet_decode.h"
#include "vet_parse.h"


/*
 * A match of a field name is a few dozen steps.  The limit is per start
 * offset, so this bounds a name of VET_NAME_LEN to some 40 million steps with
 * a selector that no one should write; depth and heap bind the interpreter,
 * which runs where JIT is not allowed.
 */

#define VET_FORM_MATCH_LIMIT   10000
#define VET_FORM_DEPTH_LIMIT   1000
#define VET_FORM_HEAP_LIMIT    256      /* KiB */


typedef enum {
    VET_SELECTOR_EXACT = 0,
    VET_SELECTOR_PREFIX,
    VET_SELECTOR_SUFFIX,
    VET_SELECTOR_REGEX
} vet_selector_kind_t;


typedef struct {
    vet_role_t              role;
    vet_selector_kind_t     kind;
    size_t                  len;
    size_t                  loose_len;
    unsigned                plain:1;    /* loose is the same as text */
    pcre2_code             *regex;      /* NULL unless a regex */
    unsigned char           text[VET_SELECTOR_LEN];     /* without "*", "~" */
    unsigned char           loose[VET_SELECTOR_LEN];
} vet_selector_t;


struct vet_form_s {
    size_t                  n;
    pcre2_match_context    *limits;
    vet_selector_t         *selectors[VET_SELECTORS_MAX];
    size_t                  ndecoders[VET_ROLE_N];
    vet_decoder_t           decoders[VET_ROLE_N][VET_DECODERS_MAX];
};


/* A name while it is compared. */

typedef struct {
    vet_str_t               name;
    vet_str_t               loose;
    const vet_form_t       *form;
    pcre2_match_data       *match;
    unsigned                plain:1;    /* loose is the same as name */
    unsigned                failed:1;   /* out of memory */
    unsigned char           buf[VET_NAME_LEN];
} vet_form_name_t;


static vet_role_t vet_form_first(const vet_form_t *form, vet_form_name_t *n);
static int vet_form_strict(const vet_selector_t *sel, vet_form_name_t *n);
static int vet_form_loose(const vet_selector_t *sel, vet_form_name_t *n);
static int vet_form_compare(vet_selector_kind_t kind, const unsigned char *text,
    size_t len, vet_str_t name);
static int vet_form_regex(const vet_selector_t *sel, vet_form_name_t *n,
    vet_str_t name);
static int vet_form_plain(vet_str_t name);
static size_t vet_form_fold(vet_str_t name, unsigned char *dst);
static const char *vet_selector_text(vet_selector_t *sel, vet_str_t selector);
static int vet_selector_compile(vet_selector_t *sel, char *what, size_t size);
static int vet_form_error(vet_errors_t *errors, const char *kind,
    vet_str_t name, const char *what);


static const char *const  vet_role_names[VET_ROLE_N] = {
    "other",
    "text",
    "title",
    "author",
    "email",
    "url",
    "phone",
    "honeypot",
    "ignore"
};


const char *
vet_role_name(vet_role_t role)
{
    if ((unsigned) role >= VET_ROLE_N) {
        return vet_role_names[VET_ROLE_OTHER];
    }

    return vet_role_names[role];
}


int
vet_role_find(vet_str_t name, vet_role_t *role)
{
    size_t  i, len;

    for (i = 0; i < VET_ROLE_N; i++) {
        len = strlen(vet_role_names[i]);

        if (name.len == len && memcmp(name.data, vet_role_names[i], len) == 0) {
            *role = (vet_role_t) i;
            return VET_OK;
        }
    }

    return VET_DECLINED;
}


vet_form_t *
vet_form_create(void)
{
    vet_form_t  *form;

    form = calloc(1, sizeof(vet_form_t));
    if (form == NULL) {
        return NULL;
    }

    form->limits = pcre2_match_context_create(NULL);
    if (form->limits == NULL) {
        free(form);
        return NULL;
    }

    (void) pcre2_set_match_limit(form->limits, VET_FORM_MATCH_LIMIT);
    (void) pcre2_set_depth_limit(form->limits, VET_FORM_DEPTH_LIMIT);
    (void) pcre2_set_heap_limit(form->limits, VET_FORM_HEAP_LIMIT);

    return form;
}


void
vet_form_destroy(vet_form_t *form)
{
    size_t  i;

    if (form == NULL) {
        return;
    }

    for (i = 0; i < form->n; i++) {
        pcre2_code_free(form->selectors[i]->regex);
        free(form->selectors[i]);
    }

    pcre2_match_context_free(form->limits);
    free(form);
}


int
vet_form_add(vet_form_t *form, vet_role_t role, vet_str_t selector,
    vet_errors_t *errors)
{
    char             buf[256];
    const char      *what;
    vet_selector_t  *sel;

    if (selector.len == 0) {
        return vet_form_error(errors, "selector", selector,
                              "is empty, expected a field name");
    }

    if (selector.len > VET_SELECTOR_LEN) {
        return vet_form_error(errors, "selector", selector,
                              "is too long, expected at most 256 bytes");
    }

    if (form->n == VET_SELECTORS_MAX) {
        return vet_form_error(errors, "selector", selector,
                              "is one too many, expected at most 256");
    }

    sel = calloc(1, sizeof(vet_selector_t));
    if (sel == NULL) {
        return vet_form_error(errors, "selector", selector, "found no memory");
    }

    sel->role = role;

    what = vet_selector_text(sel, selector);

    if (what == NULL && sel->kind == VET_SELECTOR_REGEX
        && vet_selector_compile(sel, buf, sizeof(buf)) != VET_OK)
    {
        what = buf;
    }

    if (what != NULL) {
        free(sel);
        return vet_form_error(errors, "selector", selector, what);
    }

    form->selectors[form->n++] = sel;

    return VET_OK;
}


int
vet_form_decode(vet_form_t *form, vet_role_t role, vet_str_t name,
    vet_errors_t *errors)
{
    size_t         *n;
    vet_decoder_t   decoder;

    n = &form->ndecoders[role];

    if (vet_decoder_find(name, &decoder) != VET_OK) {
        return vet_form_error(errors, "decoder", name,
                              "is unknown, expected \"urldecode\", "
                              "\"entities\", \"tags\" or \"bbcode\"");
    }

    if (role == VET_ROLE_IGNORE) {
        return vet_form_error(errors, "decoder", name,
                              "is for role \"ignore\", which is not "
                              "inspected");
    }

    if (*n == VET_DECODERS_MAX) {
        return vet_form_error(errors, "decoder", name,
                              "is one too many, expected at most 8");
    }

    form->decoders[role][(*n)++] = decoder;

    return VET_OK;
}


size_t
vet_form_decoders(const vet_form_t *form, vet_role_t role)
{
    return form->ndecoders[role];
}


const vet_decoder_t *
vet_form_chain(const vet_form_t *form, vet_role_t role, size_t *n)
{
    if (form == NULL) {
        *n = 0;
        return NULL;
    }

    *n = form->ndecoders[role];

    return form->decoders[role];
}


vet_role_t
vet_form_role(const vet_form_t *form, vet_str_t name)
{
    vet_role_t  role;

    return (vet_form_find(form, name, &role) == VET_OK) ? role
                                                        : VET_ROLE_OTHER;
}


int
vet_form_find(const vet_form_t *form, vet_str_t name, vet_role_t *role)
{
    vet_form_name_t  n;

    *role = VET_ROLE_OTHER;

    if (form == NULL || form->n == 0) {
        return VET_OK;
    }

    n.name = name;
    n.form = form;
    n.match = NULL;
    n.failed = 0;
    n.plain = vet_form_plain(name);
    n.loose = name;

    if (!n.plain) {
        n.loose.data = n.buf;
        n.loose.len = (name.len <= VET_NAME_LEN) ? vet_form_fold(name, n.buf)
                                                 : 0;
    }

    *role = vet_form_first(form, &n);

    pcre2_match_data_free(n.match);

    return n.failed ? VET_ERROR : VET_OK;
}


/*
 * The first selector wins.  One that the name fits loosely stands back behind
 * the very name only: a later "*" must not take the field out of sight.
 */

static vet_role_t
vet_form_first(const vet_form_t *form, vet_form_name_t *n)
{
    size_t                 i;
    const vet_selector_t  *sel, *loose;

    loose = NULL;

    for (i = 0; i < form->n; i++) {
        sel = form->selectors[i];

        if (vet_form_strict(sel, n)) {
            return (loose == NULL || sel->kind == VET_SELECTOR_EXACT)
                   ? sel->role : loose->role;
        }

        if (loose == NULL && vet_form_loose(sel, n)) {
            loose = sel;
        }
    }

    return (loose == NULL) ? VET_ROLE_OTHER : loose->role;
}


static int
vet_form_strict(const vet_selector_t *sel, vet_form_name_t *n)
{
    if (sel->kind == VET_SELECTOR_REGEX) {
        return vet_form_regex(sel, n, n->name);
    }

    return vet_form_compare(sel->kind, sel->text, sel->len, n->name);
}


/* Comes after vet_form_strict(), which is the same where both are plain. */

static int
vet_form_loose(const vet_selector_t *sel, vet_form_name_t *n)
{
    vet_str_t  name;

    if (sel->role == VET_ROLE_IGNORE || sel->role == VET_ROLE_OTHER
        || (sel->plain && n->plain))
    {
        return 0;
    }

    if (sel->kind != VET_SELECTOR_REGEX) {
        return n->loose.len != 0
               && vet_form_compare(sel->kind, sel->loose, sel->loose_len,
                                   n->loose);
    }

    name = n->name;

    while (name.len != 0 && name.data[0] == ' ') {
        name.data++;
        name.len--;
    }

    return name.len != n->name.len && vet_form_regex(sel, n, name);
}


static int
vet_form_compare(vet_selector_kind_t kind, const unsigned char *text,
    size_t len, vet_str_t name)
{
    const unsigned char  *start;

    if (name.len < len || (kind == VET_SELECTOR_EXACT && name.len != len)) {
        return 0;
    }

    if (len == 0) {
        return 1;
    }

    start = name.data;

    if (kind == VET_SELECTOR_SUFFIX) {
        start += name.len - len;
    }

    /* most names differ at once, which is not worth a call */

    return start[0] == text[0] && memcmp(start, text, len) == 0;
}


/*
 * A regex that runs into its limits does not match: the field is then of role
 * other, which is inspected as well, and it is so every time.
 */

static int
vet_form_regex(const vet_selector_t *sel, vet_form_name_t *n, vet_str_t name)
{
    int  rc;

    if (n->match == NULL && !n->failed) {
        n->match = pcre2_match_data_create(1, NULL);
    }

    if (n->match == NULL) {
        n->failed = 1;
        return 0;
    }

    rc = pcre2_match(sel->regex, name.len ? name.data : (PCRE2_SPTR) "",
                     name.len, 0, 0, n->match, n->form->limits);

    if (rc == PCRE2_ERROR_NOMEMORY) {
        n->failed = 1;
    }

    return rc >= 0;
}


/* Tells whether vet_form_fold() would leave the name as it is. */

static int
vet_form_plain(vet_str_t name)
{
    size_t         i;
    unsigned char  folded;

    static const unsigned char  bytes[256] = {
        [0] = 1, [' '] = 1, ['.'] = 1, ['A' ... 'Z'] = 1
    };

    folded = 0;

    for (i = 0; i < name.len; i++) {
        folded |= bytes[name.data[i]];
    }

    return !folded;
}


/* Writes at most name.len bytes and returns how many. */

static size_t
vet_form_fold(vet_str_t name, unsigned char *dst)
{
    size_t          i;
    unsigned char   c, *start;

    start = dst;

    for (i = 0; i < name.len && name.data[i] == ' '; i++) { /* void */ }

    for ( /* void */ ; i < name.len && name.data[i] != '\0'; i++) {
        c = name.data[i];

        if (c == '.' || c == ' ') {
            c = '_';

        } else if (c >= 'A' && c <= 'Z') {
            c |= 0x20;
        }

        *dst++ = c;
    }

    return (size_t) (dst - start);
}


/* Returns NULL, or what is wrong with the selector. */

static const char *
vet_selector_text(vet_selector_t *sel, vet_str_t selector)
{
    if (memchr(selector.data, 0, selector.len) != NULL) {
        return "has a NUL in it";
    }

    if (selector.data[0] == '~') {
        sel->kind = VET_SELECTOR_REGEX;
        selector.data++;
        selector.len--;

        if (selector.len == 0) {
            return "is an empty regex";
        }

    } else if (selector.data[0] == '*') {
        sel->kind = (selector.len == 1) ? VET_SELECTOR_PREFIX
                                        : VET_SELECTOR_SUFFIX;
        selector.data++;
        selector.len--;

    } else if (selector.data[selector.len - 1] == '*') {
        sel->kind = VET_SELECTOR_PREFIX;
        selector.len--;
    }

    if (sel->kind != VET_SELECTOR_REGEX && selector.len != 0
        && memchr(selector.data, '*', selector.len) != NULL)
    {
        return "has a \"*\" that is not its only one at an end, "
               "expected \"prefix*\", \"*suffix\" or \"~regex\"";
    }

    sel->len = selector.len;
    memcpy(sel->text, selector.data, selector.len);

    sel->loose_len = vet_form_fold(selector, sel->loose);
    sel->plain = (sel->kind != VET_SELECTOR_REGEX
                  && vet_form_plain(selector));

    return NULL;
}


static int
vet_selector_compile(vet_selector_t *sel, char *what, size_t size)
{
    int            code;
    size_t         offset;
    unsigned char  text[160];

    sel->regex = pcre2_compile(sel->text, sel->len,
                               PCRE2_UTF | PCRE2_MATCH_INVALID_UTF
                               | PCRE2_DOLLAR_ENDONLY
                               | PCRE2_NEVER_BACKSLASH_C,
                               &code, &offset, NULL);

    if (sel->regex == NULL) {
        (void) pcre2_get_error_message(code, text, sizeof(text));
        (void) snprintf(what, size, "does not compile: %s at offset %zu",
                        (char *) text, offset);
        return VET_ERROR;
    }

    /* where JIT may not be used the interpreter gives the same answers */

    (void) pcre2_jit_compile(sel->regex, PCRE2_JIT_COMPLETE);

    return VET_OK;
}


static int
vet_form_error(vet_errors_t *errors, const char *kind, vet_str_t name,
    const char *what)
{
    size_t         i, n;
    unsigned char  c;
    char           shown[80];

    if (errors == NULL) {
        return VET_ERROR;
    }

    n = errors->n++;

    if (n >= VET_ERRORS_MAX) {
        return VET_ERROR;
    }

    for (i = 0; i < name.len && i < sizeof(shown) - 1; i++) {
        c = name.data[i];
        shown[i] = (c < 0x20 || c == 0x7f) ? '?' : (char) c;
    }

    shown[i] = '\0';

    (void) snprintf(errors->text[n], VET_ERROR_LEN, "%s \"%s%s\" %s",
                    kind, shown, (i < name.len) ? "..." : "", what);

    return VET_ERROR;
}
