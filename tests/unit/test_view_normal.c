
/*
 * Copyright (C) the moderate authors
 *
 * The vectors of the Unicode Standard for normal forms, of the package
 * unicode-data: what is canonically the same has the same views.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <vet_rules.h>


#define VECTORS  "/usr/share/unicode/NormalizationTest.txt.bz2"
#define LEAST    18000       /* lines; fewer: it was not read */
#define COLUMNS  3           /* source, NFC, NFD; NFKC and NFKD not */


/* Assigned in Unicode 15: the order of these marks is not known before. */

static const uint32_t  later[] = {
    0x10efd, 0x10efe, 0x10eff, 0x11f41, 0x11f42, 0x1e08f, 0x1e4ec, 0x1e4ed,
    0x1e4ee, 0x1e4ef
};


static int vector(const char *line);
static int column(const char **line, unsigned char *bytes, size_t *len);

static void test_vectors(void **state);


static int
vector(const char *line)
{
    int            kind, known;
    size_t         i, lens[COLUMNS];
    vet_str_t      value;
    vet_view_t     first, view;
    vet_pool_t    *pool;
    const char    *p;
    unsigned char  bytes[COLUMNS][256];

    known = 1;
    p = line;

    for (i = 0; i < COLUMNS; i++) {
        known &= column(&p, bytes[i], &lens[i]);
    }

    pool = vet_pool_create(1 << 20);

    for (kind = VET_VIEW_TEXT; known && kind < VET_VIEW_N; kind++) {

        for (i = 0; i < COLUMNS; i++) {
            value.data = bytes[i];
            value.len = lens[i];

            assert_int_equal(vet_view_build(pool, value,
                                            (vet_view_kind_t) kind, &view),
                             VET_OK);

            first = (i == 0) ? view : first;

            if (view.text.len != first.text.len
                || memcmp(view.text.data, first.text.data, view.text.len)
                   != 0)
            {
                fail_msg("view %d of column %zu: %s", kind, i + 1, line);
            }
        }
    }

    vet_pool_destroy(pool);

    return known;
}


/* Reads code points up to ";"; returns 0 when one of them is a later one. */

static int
column(const char **line, unsigned char *bytes, size_t *len)
{
    int        known;
    char      *end;
    size_t     i;
    uint32_t   cp;

    known = 1;
    *len = 0;

    while (**line != ';') {
        cp = (uint32_t) strtoul(*line, &end, 16);
        assert_ptr_not_equal(end, *line);

        for (i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
            known &= (later[i] != cp);
        }

        *len += vet_uni_write(cp, bytes + *len);
        assert_true(*len < 250);
        *line = end;
    }

    (*line)++;

    return known;
}


static void
test_vectors(void **state)
{
    int     later_lines;
    char    line[2048];
    FILE   *f;
    size_t  n;

    (void) state;

    f = popen("bzip2 -dc " VECTORS, "r");
    assert_non_null(f);

    n = 0;
    later_lines = 0;

    while (fgets(line, sizeof(line), f) != NULL) {

        if ((line[0] >= '0' && line[0] <= '9')
            || (line[0] >= 'A' && line[0] <= 'F'))
        {
            later_lines += !vector(line);
            n++;
        }
    }

    assert_int_equal(pclose(f), 0);
    assert_true(n > LEAST);
    assert_true(later_lines < 30);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_vectors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
