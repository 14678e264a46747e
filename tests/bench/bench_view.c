
/*
 * Copyright (C) the moderate authors
 *
 * Views of ordinary text, and of text made to be slow.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "vet_rules.h"


#define BENCH_POOL    (256 * 1024 * 1024)
#define BENCH_LEAST   (16 * 1024)
#define BENCH_MOST    (1024 * 1024)
#define BENCH_GROWTH  2.5

#define ENGLISH                                                               \
    "The office answers questions about land certificates every Tuesday, "    \
    "and the form is on page 12. Please bring a copy of your letter! "

#define VIETNAMESE                                                            \
    "Tôi đề nghị ủy ban trả lời rõ về thủ tục cấp giấy chứng nhận quyền sử "  \
    "dụng đất, vì hồ sơ đã nộp từ tháng 3 mà đến nay chưa có kết quả. "


/* Whole characters up to any power of two. */

#define MARK   "\u064e\u0651\u094d"
#define MARKS                                                                 \
    "\u0628\u094d" MARK MARK MARK MARK MARK MARK MARK MARK


/*
 * Squeezed and joined views are made of another, as matching does it: that one
 * is there already, and has a line of its own.
 *
 * A text is its unit again and again; limits in ns for each byte, or 0.
 */

typedef struct {
    const char             *name;
    const char             *unit;
    double                  limit;
} shape_t;

typedef struct {
    vet_view_kind_t         kind;
    vet_str_t               texts[BENCH_SIZES];
    vet_view_t              bases[BENCH_SIZES];
    unsigned char          *copy;
} views_t;


static void views_shape(bench_t *b, views_t *v, const shape_t *shape,
    const char *name);
static void views_once(void *data, size_t i);
static void views_copy(void *data, size_t i);


static const char *const  views[VET_VIEW_JOINED + 1] = {
    "raw", "text", "folded", "squeezed", "joined"
};

static const shape_t  shapes[] = {
    { "ASCII", ENGLISH, 2 },
    { "Vietnamese", VIETNAMESE, 4 },

    { "marks", "\xcc\x81\xcc\xa3\xcc\x80", 0 },
    { "marks on another letter", "\xd1\x8b\xcc\x81", 0 },
    { "separators", ".,;", 0 },
    { "spaces", " ", 0 },
    { "single letters", "a b ", 0 },
    { "single letters, one again", "a a ", 0 },
    { "one token", "ab", 0 },
    { "one letter", "a", 0 },
    { "letters and digits", "a1", 0 },
    { "digits between letters", "a 1 b 1 1 ", 0 },
    { "digits", "0 ", 0 },
    { "signs", "@", 0 },
    { "letters and signs", "a@$b!", 0 },
    { "invisible", "\xe2\x80\x8b", 0 },
    { "joiners", "\xe2\x80\x8c", 0 },
    { "joiners between letters", "\u1820\u064e\u200c", 0 },
    { "joiners behind viramas", "\u0915\u094d\u200d", 0 },
    { "marks before a joiner", MARKS "\u200c", 0 },
    { "Hangul", "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", 0 },
    { "long ligatures", "\xef\xb7\xba", 0 },
    { "not UTF-8", "\xff", 0 },
};


int
main(int argc, char **argv)
{
    int       kind;
    char      name[128];
    size_t    i;
    bench_t  *b;
    views_t   v;

    b = bench_begin("view", argc, argv);

    memset(&v, 0, sizeof(views_t));
    v.copy = malloc(BENCH_MOST);

    for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        for (kind = VET_VIEW_RAW; kind <= VET_VIEW_JOINED; kind++) {
            (void) snprintf(name, sizeof(name), "%s, %s", shapes[i].name,
                            views[kind]);

            if (bench_wanted(b, name)) {
                v.kind = (vet_view_kind_t) kind;
                views_shape(b, &v, &shapes[i], name);
            }
        }
    }

    free(v.copy);

    return bench_end(b);
}


static void
views_shape(bench_t *b, views_t *v, const shape_t *shape, const char *name)
{
    size_t          i, k, size, unit;
    double          ns;
    vet_pool_t     *pool;
    unsigned char  *text;
    bench_shape_t   run;

    memset(&run, 0, sizeof(bench_shape_t));
    run.name = name;
    run.work = views_once;
    run.copy = views_copy;
    run.data = v;

    unit = strlen(shape->unit);

    pool = vet_pool_create(BENCH_POOL);
    if (pool == NULL) {
        abort();
    }

    for (size = BENCH_LEAST; size <= BENCH_MOST; size *= 2) {
        text = malloc(size);

        if (text == NULL || v->copy == NULL) {
            abort();
        }

        for (k = 0; k < size; k++) {
            text[k] = (unsigned char) shape->unit[k % unit];
        }

        i = run.n++;
        run.sizes[i] = size;
        v->texts[i].data = text;
        v->texts[i].len = size;

        if (v->kind >= VET_VIEW_SQUEEZED
            && vet_view_build(pool, v->texts[i],
                              vet_view_bases[v->kind], &v->bases[i]) != VET_OK)
        {
            abort();
        }
    }

    ns = bench_run(b, &run, BENCH_GROWTH);

    if (shape->limit > 0) {
        bench_figure(b, name, "ns for each byte", ns / BENCH_LEAST,
                     shape->limit);
    }

    vet_pool_destroy(pool);

    for (i = 0; i < run.n; i++) {
        free((void *) v->texts[i].data);
    }
}


static void
views_once(void *data, size_t i)
{
    int          rc;
    views_t     *v = data;
    vet_pool_t  *pool;
    vet_view_t   view;

    pool = vet_pool_create(BENCH_POOL);
    if (pool == NULL) {
        abort();
    }

    rc = (v->kind < VET_VIEW_SQUEEZED)
         ? vet_view_build(pool, v->texts[i], v->kind, &view)
         : vet_view_squeeze(pool, &v->bases[i], &view);

    if (rc != VET_OK) {
        abort();
    }

    vet_pool_destroy(pool);
}


static void
views_copy(void *data, size_t i)
{
    views_t  *v = data;

    memcpy(v->copy, v->texts[i].data, v->texts[i].len);

    /* or the compiler would leave it out */

    __asm__ __volatile__ ("" : : "r" (v->copy) : "memory");
}
