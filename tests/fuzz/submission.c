
/*
 * Copyright (C) the moderate authors
 *
 * Bodies into fields, for the targets that begin so.
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE     /* memfd_create() */
#endif

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <sanitizer/asan_interface.h>

#include "fuzz.h"


static void fuzz_submission_check(const vet_message_t *m,
    const vet_submission_t *s);
static int fuzz_inside(vet_str_t body, vet_str_t s);
static int fuzz_same(vet_str_t a, vet_str_t b);


const vet_form_t *
fuzz_form(void)
{
    size_t              i;
    vet_str_t           selector;

    static vet_form_t  *form;

    static const struct {
        vet_role_t   role;
        const char  *selector;
    } selectors[] = {
        { VET_ROLE_TEXT, "a" },
        { VET_ROLE_TEXT, "my_comment" },
        { VET_ROLE_TITLE, "*_title" },
        { VET_ROLE_TEXT, "c[].text" },
        { VET_ROLE_IGNORE, "__*" },
        { VET_ROLE_AUTHOR, "~^n\\d?$" },
    };

    if (form != NULL) {
        return form;
    }

    fuzz_alloc_pause();

    form = vet_form_create();
    FUZZ_CHECK(form != NULL);

    for (i = 0; i < sizeof(selectors) / sizeof(selectors[0]); i++) {
        selector.data = (const unsigned char *) selectors[i].selector;
        selector.len = strlen(selectors[i].selector);

        FUZZ_CHECK(vet_form_add(form, selectors[i].role, selector, NULL)
                   == VET_OK);
    }

    fuzz_alloc_resume();

    return form;
}


void
fuzz_message(vet_str_t in, vet_message_t *m)
{
    memset(m, 0, sizeof(vet_message_t));

    if (in.len != 0) {
        m->content_types = in.data[0] % 4;      /* '1' % 4 is 1 */
        in.data++;
        in.len--;
    }

    m->content_type = fuzz_until(&in, '\n');
    m->content_encoding = fuzz_until(&in, '\n');
    m->body = in;
}


int
fuzz_parse_as(vet_pool_t *pool, const char *type, vet_str_t body,
    vet_submission_t *s)
{
    vet_message_t  m;

    memset(&m, 0, sizeof(vet_message_t));
    m.content_type.data = (const unsigned char *) type;
    m.content_type.len = strlen(type);
    m.content_types = 1;
    m.body = body;

    return fuzz_parse(pool, &m, s);
}


int
fuzz_parse(vet_pool_t *pool, const vet_message_t *m, vet_submission_t *s)
{
    int                rc;
    vet_message_t      copy;
    const vet_form_t  *form;

    copy = *m;
    copy.content_type = fuzz_copy(m->content_type);
    copy.content_encoding = fuzz_copy(m->content_encoding);

    form = fuzz_form();

    memset(s, 0xa5, sizeof(vet_submission_t));

    rc = vet_parse(pool, &copy, form, s);

    fuzz_copy_free(copy.content_type);
    fuzz_copy_free(copy.content_encoding);

    if (rc == VET_OK) {
        if (!fuzz_alloc_refuses()) {
            fuzz_submission_check(m, s);
        }

        return VET_OK;
    }

    FUZZ_CHECK(rc == (vet_pool_exhausted(pool) ? VET_LIMIT : VET_ERROR));

    return rc;
}


static void
fuzz_submission_check(const vet_message_t *m, const vet_submission_t *s)
{
    size_t              i;
    const vet_field_t  *f;

    FUZZ_CHECK(s->unreadable < VET_UNREADABLE_N);
    FUZZ_CHECK(s->offset <= m->body.len);
    FUZZ_CHECK(s->nfields <= VET_FIELDS_MAX);
    FUZZ_CHECK(s->unreadable == VET_READABLE || m->body.len != 0);
    FUZZ_CHECK((*vet_unreadable_name(s->unreadable) == '\0')
               == (s->unreadable == VET_READABLE));

    fuzz_alloc_pause();

    for (i = 0; i < s->nfields; i++) {
        f = &s->fields[i];

        FUZZ_CHECK(f->name.len <= VET_NAME_LEN);
        FUZZ_CHECK(fuzz_inside(m->body, f->name));
        FUZZ_CHECK(fuzz_inside(m->body, f->value));
        FUZZ_CHECK(fuzz_inside(m->body, f->filename));
        FUZZ_CHECK(f->role == vet_form_role(fuzz_form(), f->name));
        FUZZ_CHECK(f->utf8 == (unsigned) fuzz_utf8(f->value));
        FUZZ_CHECK(!f->file || f->role == VET_ROLE_OTHER
                   || f->role == VET_ROLE_IGNORE);
        FUZZ_CHECK(f->name.len == 0 || s->unreadable != VET_READABLE
                   || memchr(f->name.data, 0, f->name.len) == NULL);
    }

    fuzz_alloc_resume();
}


/* Tells whether s is in the body or in one allocation: the pool's. */

static int
fuzz_inside(vet_str_t body, vet_str_t s)
{
    void    *start;
    size_t   size;
    char     name[8];

    if (s.len == 0) {
        return 1;
    }

    if (s.data >= body.data && s.data + s.len <= body.data + body.len) {
        return 1;
    }

    return __asan_region_is_poisoned((void *) s.data, s.len) == NULL
           && strcmp(__asan_locate_address((void *) s.data, name, sizeof(name),
                                           &start, &size), "heap") == 0;
}


void
fuzz_submission_digest(uint64_t *digest, const vet_submission_t *s)
{
    size_t              i;
    const vet_field_t  *f;

    fuzz_digest_size(digest, s->unreadable);
    fuzz_digest_size(digest, s->offset);

    for (i = 0; i < s->nfields; i++) {
        f = &s->fields[i];

        fuzz_digest_str(digest, f->name);
        fuzz_digest_str(digest, f->value);
        fuzz_digest_str(digest, f->filename);
        fuzz_digest_size(digest, f->role * 4u + f->file * 2u + f->utf8);

        if (f->charset != NULL) {
            fuzz_digest_bytes(digest, f->charset, strlen(f->charset));
        }
    }
}


size_t
fuzz_cut(const char *type, vet_str_t body, const vet_submission_t *s,
    int *readable)
{
    size_t             i, n;
    vet_str_t          part;
    vet_pool_t        *pool;
    vet_submission_t   cut;

    if (body.len < 2 || fuzz_alloc_refuses()) {
        return 0;
    }

    fuzz_alloc_pause();

    part.data = body.data;
    part.len = 1 + fuzz_choose(body, body.len - 1);
    part = fuzz_copy(part);

    pool = vet_pool_create(FUZZ_POOL);
    FUZZ_CHECK(pool != NULL);

    FUZZ_CHECK(fuzz_parse_as(pool, type, part, &cut) == VET_OK);

    *readable = (cut.unreadable == VET_READABLE);

    n = cut.nfields;

    /* the last one may be there twice, as sent and converted */

    n -= (n != 0);
    n -= (n != 0 && cut.fields[n].charset != NULL);

    for (i = 0; i < n; i++) {
        FUZZ_CHECK(i < s->nfields);
        FUZZ_CHECK(fuzz_same(cut.fields[i].name, s->fields[i].name));
        FUZZ_CHECK(fuzz_same(cut.fields[i].value, s->fields[i].value));
        FUZZ_CHECK(cut.fields[i].file == s->fields[i].file);
    }

    vet_pool_destroy(pool);
    fuzz_copy_free(part);
    fuzz_alloc_resume();

    return part.len;
}


static int
fuzz_same(vet_str_t a, vet_str_t b)
{
    return a.len == b.len
           && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}


/* Decodes, and looks whether the shortest way was taken. */

int
fuzz_utf8(vet_str_t s)
{
    size_t    i, j, n;
    uint32_t  cp;

    static const uint32_t  least[] = { 0, 0, 0x80, 0x800, 0x10000 };

    for (i = 0; i < s.len; i += n) {

        n = (s.data[i] < 0x80) ? 1
            : (s.data[i] >> 5 == 6) ? 2
            : (s.data[i] >> 4 == 14) ? 3
            : (s.data[i] >> 3 == 30) ? 4 : 0;

        if (n == 0 || n > s.len - i) {
            return 0;
        }

        if (n == 1) {
            continue;
        }

        cp = s.data[i] & (0x7fu >> n);

        for (j = 1; j < n; j++) {
            if (s.data[i + j] >> 6 != 2) {
                return 0;
            }

            cp = cp << 6 | (s.data[i + j] & 0x3f);
        }

        if (cp < least[n] || cp > 0x10ffff || cp >> 11 == 0x1b) {
            return 0;
        }
    }

    return 1;
}


/* From a file that is in memory only, the same one for all inputs. */

vet_ruleset_t *
fuzz_ruleset(vet_str_t yaml, vet_errors_t *errors)
{
    vet_str_t    path;
    static int   fd = -1;
    static char  name[32];

    memset(errors, 0, sizeof(vet_errors_t));

    if (fd == -1) {
        fd = memfd_create("rules", MFD_CLOEXEC);
        FUZZ_CHECK(fd != -1);
        (void) snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    }

    FUZZ_CHECK(ftruncate(fd, 0) == 0);
    FUZZ_CHECK(pwrite(fd, yaml.data, yaml.len, 0) == (ssize_t) yaml.len);

    path.data = (const unsigned char *) name;
    path.len = strlen(name);

    return vet_ruleset_load(&path, 1, errors);
}
