
/*
 * Copyright (C) the moderate authors
 *
 * Many character references in one text: what was found before is remembered,
 * and must be what is found.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "vet_rules.h"


typedef struct {
    uint32_t                first;
    uint16_t                second;
    uint16_t                name;
} vet_entity_t;

#include <vet_entities_tables.h>


/* references of one text, and bytes of the longest one or its characters */

#define MANY  (4 * VET_ENTITIES_N)
#define ROOM  (VET_ENTITY_LEN + 8)


static void test_every_pair(void **state);
static void test_same_letters(void **state);
static void test_no_name(void **state);
static size_t reference(const vet_entity_t *e, unsigned char *dst);
static size_t characters(const vet_entity_t *e, unsigned char *dst);
static void decoded(vet_str_t value, vet_str_t want);


/* Each name beside one from far away, and both once more. */

static void
test_every_pair(void **state)
{
    size_t               i, j, step;
    vet_str_t            value, want;
    unsigned char       *sent, *shown;
    const vet_entity_t  *e;

    static const size_t  steps[] = { 1, 37, 1000 };

    (void) state;

    sent = malloc(MANY * ROOM);
    shown = malloc(MANY * ROOM);
    assert_non_null(sent);
    assert_non_null(shown);

    for (step = 0; step < sizeof(steps) / sizeof(steps[0]); step++) {
        value.len = 0;
        want.len = 0;

        for (i = 0; i < VET_ENTITIES_N; i++) {
            for (j = 0; j < 4; j++) {
                e = &vet_entities[(i + (j % 2) * steps[step])
                                  % VET_ENTITIES_N];

                value.len += reference(e, sent + value.len);
                want.len += characters(e, shown + want.len);
            }
        }

        value.data = sent;
        want.data = shown;
        decoded(value, want);
    }

    free(sent);
    free(shown);
}


/* What is no name stays, also when it is as long as one or begins as one. */

static void
test_same_letters(void **state)
{
    size_t     i;
    vet_str_t  value, want;

    static const struct {
        const char  *sent;
        const char  *shown;
    } texts[] = {
        { "&eacute;&eacutf;&eacute;&Eacute;&eacute", "é&eacutf;éÉé" },
        { "&agrave;&agravf;&agrave;;&agrave", "à&agravf;à;à" },
        { "&nbspx;&nbsp;&nbspx;", "\xc2\xa0x;\xc2\xa0\xc2\xa0x;" },
        { "&notin;&notit;&notin;&not;", "∉¬it;∉¬" },
        { "&;&;&a;&a;&lt;&lt;&;", "&;&;&a;&a;<<&;" },
        { "&OverBar;&overbar;&OverBar;&xOverBar;",
          "‾&overbar;‾&xOverBar;" },
    };

    (void) state;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        value.data = (const unsigned char *) texts[i].sent;
        value.len = strlen(texts[i].sent);
        want.data = (const unsigned char *) texts[i].shown;
        want.len = strlen(texts[i].shown);

        decoded(value, want);
    }
}


/*
 * Behind each name a reference without one: it is not among those that were
 * found before, nor what an earlier text left in their places.
 */

static void
test_no_name(void **state)
{
    size_t         i;
    vet_str_t      value, want;
    unsigned char  sent[2 * ROOM], shown[2 * ROOM];

    test_every_pair(state);

    for (i = 0; i < VET_ENTITIES_N; i++) {
        value.data = sent;
        value.len = reference(&vet_entities[i], sent);
        want.data = shown;
        want.len = characters(&vet_entities[i], shown);

        memcpy(sent + value.len, "&;", 2);
        memcpy(shown + want.len, "&;", 2);
        value.len += 2;
        want.len += 2;

        decoded(value, want);
    }
}


static size_t
reference(const vet_entity_t *e, unsigned char *dst)
{
    size_t  len;

    len = (size_t) (e[1].name - e[0].name);

    dst[0] = '&';
    memcpy(dst + 1, vet_entity_names + e->name, len);

    /* in no name, so that no longer one is found */

    dst[len + 1] = '!';

    return len + 2;
}


static size_t
characters(const vet_entity_t *e, unsigned char *dst)
{
    size_t  n;

    n = vet_uni_write(e->first, dst);

    if (e->second != 0) {
        n += vet_uni_write(e->second, dst + n);
    }

    dst[n] = '!';

    return n + 1;
}


static void
decoded(vet_str_t value, vet_str_t want)
{
    vet_str_t        decoder = vet_string("entities");
    vet_form_t      *form;
    vet_pool_t      *pool;
    vet_field_t      field;
    vet_reading_t   *r;
    vet_readings_t   readings;

    form = vet_form_create();
    pool = vet_pool_create(64 * 1024 * 1024);
    assert_non_null(form);
    assert_non_null(pool);
    assert_int_equal(vet_form_decode(form, VET_ROLE_TEXT, decoder, NULL),
                     VET_OK);

    memset(&field, 0, sizeof(vet_field_t));
    field.role = VET_ROLE_TEXT;
    field.value = value;
    field.utf8 = 1;

    assert_int_equal(vet_readings_make(pool, form, &field, &readings), VET_OK);

    r = &readings.elts[readings.plain];

    assert_int_equal(r->text.len, want.len);
    assert_memory_equal(r->text.data, want.data, want.len);

    vet_pool_destroy(pool);
    vet_form_destroy(form);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_every_pair),
        cmocka_unit_test(test_same_letters),
        cmocka_unit_test(test_no_name),
    };

    return cmocka_run_group_tests_name("entities", tests, NULL, NULL);
}
