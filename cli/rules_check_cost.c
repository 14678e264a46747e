
/*
 * Copyright (C) the moderate authors
 *
 * How long a pattern takes for texts that are made to slow it down.
 */


#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rules_check.h"


#define COST_TEXT     16384
#define COST_PIECES   16
#define COST_MEMORY   ((size_t) 16 * 1024 * 1024)
#define COST_REPEATS  3


typedef struct {
    moderatectl_check_t    *check;
    size_t                  rule;
    size_t                  n;
    moderatectl_piece_t     pieces[COST_PIECES];
    char                    text[COST_TEXT];
    double                  worst;      /* milliseconds */
    char                    worst_of[2 * MODERATECTL_PIECE_LEN];
    size_t                  worst_len;
    int                     spent;      /* a limit of the engine ran out */
    int                     rc;
} cost_t;


static void cost_piece(void *data, const moderatectl_piece_t *piece);
static void cost_texts(cost_t *t);
static void cost_text(cost_t *t, size_t head, size_t body, size_t tail);
static void cost_end(cost_t *t);
static size_t cost_append(cost_t *t, size_t len, size_t piece);
static void cost_measure(cost_t *t, const char *of, size_t len);
static double cost_run(cost_t *t);
static double cost_time(void);
static void cost_warn(const cost_t *t, const vet_look_t *look,
    const vet_look_text_t *source);


int
moderatectl_check_cost(moderatectl_check_t *c, size_t i,
    const vet_look_t *look)
{
    int              rc;
    cost_t          *t;
    vet_look_text_t  source;

    if (vet_look_source(c->judge.rules, i, 0, &source) != VET_OK) {
        return MODERATECTL_OK;
    }

    t = calloc(1, sizeof(cost_t));
    if (t == NULL) {
        return moderatectl_no_memory();
    }

    t->check = c;
    t->rule = i;

    moderatectl_pattern(source.text, cost_piece, t);
    cost_texts(t);

    if (t->rc == MODERATECTL_OK && (t->spent || t->worst > c->budget)) {
        cost_warn(t, look, &source);
    }

    rc = t->rc;
    free(t);

    return rc;
}


static void
cost_piece(void *data, const moderatectl_piece_t *piece)
{
    size_t   i;
    cost_t  *t;

    t = data;

    for (i = 0; i < t->n; i++) {
        if (t->pieces[i].len == piece->len
            && memcmp(t->pieces[i].text, piece->text, piece->len) == 0)
        {
            return;
        }
    }

    if (t->n < COST_PIECES) {
        t->pieces[t->n++] = *piece;
    }
}


/* Each again and again, behind the first one, and by turns with the next. */

static void
cost_texts(cost_t *t)
{
    size_t  i;

    for (i = 0; i < t->n; i++) {
        cost_text(t, i, i, i);
        cost_text(t, 0, i, i);
        cost_text(t, i, i, (i + 1) % t->n);
    }
}


static void
cost_text(cost_t *t, size_t head, size_t body, size_t tail)
{
    char    of[2 * MODERATECTL_PIECE_LEN];
    size_t  len, n;

    len = cost_append(t, 0, head);

    memcpy(of, t->pieces[body].text, t->pieces[body].len);
    n = t->pieces[body].len;

    if (tail != body) {
        memcpy(of + n, t->pieces[tail].text, t->pieces[tail].len);
        n += t->pieces[tail].len;
    }

    while (len < COST_TEXT) {
        len = cost_append(t, len, body);

        if (tail != body) {
            len = cost_append(t, len, tail);
        }
    }

    cost_end(t);
    cost_measure(t, of, n);
}


/*
 * No text ends as it should, for what is found at once costs nothing; yet all
 * pieces are there, for PCRE2 tries nothing where it misses one.
 */

static void
cost_end(cost_t *t)
{
    char    *p;
    size_t   i;

    p = t->text + COST_TEXT;

    for (i = 0; i < t->n; i++) {
        p -= t->pieces[i].len;
        memcpy(p, t->pieces[i].text, t->pieces[i].len);
        *--p = '\x01';
    }
}


static size_t
cost_append(cost_t *t, size_t len, size_t piece)
{
    size_t  n;

    n = t->pieces[piece].len;
    n = (n < COST_TEXT - len) ? n : COST_TEXT - len;

    memcpy(t->text + len, t->pieces[piece].text, n);

    return len + n;
}


static void
cost_measure(cost_t *t, const char *of, size_t len)
{
    int     i;
    double  time, again;

    time = cost_run(t);

    /* another program may have had the processor's caches */

    for (i = 1; i < COST_REPEATS && time > t->worst
                && time > t->check->budget; i++)
    {
        again = cost_run(t);
        time = (again < time) ? again : time;
    }

    if (time > t->worst) {
        t->worst = time;
        memcpy(t->worst_of, of, len);
        t->worst_len = len;
    }
}


static double
cost_run(cost_t *t)
{
    int          rc;
    double       start;
    size_t       i;
    vet_str_t    text;
    vet_hits_t   hits;
    vet_pool_t  *pool;

    memset(&hits, 0, sizeof(vet_hits_t));
    text.data = (const unsigned char *) t->text;
    text.len = COST_TEXT;

    pool = vet_pool_create(COST_MEMORY);

    if (pool == NULL) {
        t->rc = moderatectl_no_memory();
        return 0;
    }

    start = cost_time();
    rc = vet_look_try(pool, t->check->judge.rules, t->rule,
                      t->check->judge.scratch, text, &hits);
    start = cost_time() - start;

    for (i = 0; rc == VET_OK && i < hits.n; i++) {
        t->spent |= hits.elts[i].rule->id.len == sizeof("engine.budget") - 1
                    && memcmp(hits.elts[i].rule->id.data, "engine.budget",
                              sizeof("engine.budget") - 1) == 0;
    }

    if (rc != VET_OK) {
        t->rc = moderatectl_no_memory();
    }

    vet_pool_destroy(pool);

    return start;
}


/* The processor's time in milliseconds: others do not count. */

static double
cost_time(void)
{
    struct timespec  now;

    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) != 0) {
        return 0;
    }

    return 1000.0 * (double) now.tv_sec + (double) now.tv_nsec / 1000000.0;
}


static void
cost_warn(const cost_t *t, const vet_look_t *look,
    const vet_look_text_t *source)
{
    moderatectl_check_warn(t->check, look, source);

    fprintf(stderr, "pattern %s %.1f ms for 16 KiB of \"",
            t->spent ? "runs out of its limits, at worst after" : "takes",
            t->worst);
    moderatectl_print(stderr, t->worst_of, t->worst_len, -1);
    fprintf(stderr, "\", expected at most %g ms\n", t->check->budget);
}
