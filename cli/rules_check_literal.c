
/*
 * Copyright (C) the moderate authors
 *
 * Rules that no literal leads to: they are tried on every text, and this is
 * what that costs.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rules_check.h"


#define LITERAL_TEXT     16384
#define LITERAL_ROUNDS   7
#define LITERAL_MEMORY   ((size_t) 16 * 1024 * 1024)


/* Ordinary sentences, as what a rule costs that hits nothing is asked for. */

static const char  literal_sentences[] =
    "Đề nghị phường kiểm tra và xử lý điểm tập kết rác trên phố này. "
    "Hồ sơ nộp trực tuyến từ tháng trước đến nay chưa có kết quả, mong cán "
    "bộ trả lời. The light in our street has been out for 3 weeks, please "
    "repair it. Thank you for the quick answer about the permit! ";


static double literal_cost(moderatectl_check_t *c, size_t i,
    const vet_look_t *look, vet_str_t text);
static size_t literal_other(moderatectl_check_t *c, const vet_look_t *look);
static double literal_run(moderatectl_check_t *c, size_t i, vet_str_t text);
static double literal_time(void);


int
moderatectl_check_literal(moderatectl_check_t *c, size_t i,
    const vet_look_t *look)
{
    char       *bytes;
    size_t      n;
    double      cost;
    vet_str_t   text;

    if (vet_ruleset_filtered(c->judge.rules, i)) {
        return MODERATECTL_OK;
    }

    bytes = malloc(LITERAL_TEXT);
    if (bytes == NULL) {
        return moderatectl_no_memory();
    }

    /* whole sentences, so that no character is cut */

    n = sizeof(literal_sentences) - 1;

    for (text.len = 0; text.len + n <= LITERAL_TEXT; text.len += n) {
        memcpy(bytes + text.len, literal_sentences, n);
    }

    text.data = (const unsigned char *) bytes;
    cost = literal_cost(c, i, look, text);
    free(bytes);

    if (cost < 0) {
        return moderatectl_no_memory();
    }

    moderatectl_check_note(look, NULL);
    fprintf(stderr, "no literal leads to it, so it is tried on every text, "
            "which takes %.1f us for each KiB; expected three characters in "
            "a row that each hit has\n", cost * 1024 / (double) text.len);

    return MODERATECTL_OK;
}


/*
 * Returns microseconds for the text, without what is done for any rule: that
 * is what one on the same view takes that a literal has to lead to.
 */

static double
literal_cost(moderatectl_check_t *c, size_t i, const vet_look_t *look,
    vet_str_t text)
{
    int     round;
    size_t  other;
    double  own, any, least[2];

    other = literal_other(c, look);
    least[0] = 0;
    least[1] = 0;

    for (round = 0; round < LITERAL_ROUNDS; round++) {
        own = literal_run(c, i, text);
        any = (other == i) ? 0 : literal_run(c, other, text);

        if (own < 0 || any < 0) {
            return -1;
        }

        /* what else the machine does only adds to both */

        least[0] = (round == 0 || own < least[0]) ? own : least[0];
        least[1] = (round == 0 || any < least[1]) ? any : least[1];
    }

    return (least[0] > least[1]) ? least[0] - least[1] : 0;
}


/* Returns a rule on that view with a literal, or the index of this one. */

static size_t
literal_other(moderatectl_check_t *c, const vet_look_t *look)
{
    size_t      i, self;
    vet_look_t  other;

    self = 0;

    for (i = 0; vet_look(c->judge.rules, i, &other) == VET_OK; i++) {
        if (other.rule == look->rule) {
            self = i;

        } else if (vet_ruleset_filtered(c->judge.rules, i)
                   && other.role == look->role
                   && strcmp(other.view, look->view) == 0)
        {
            return i;
        }
    }

    return self;
}


/* -1: memory is out. */

static double
literal_run(moderatectl_check_t *c, size_t i, vet_str_t text)
{
    int          rc;
    double       time;
    vet_hits_t   hits;
    vet_pool_t  *pool;

    memset(&hits, 0, sizeof(vet_hits_t));

    pool = vet_pool_create(LITERAL_MEMORY);
    if (pool == NULL) {
        return -1;
    }

    time = literal_time();
    rc = vet_look_try(pool, c->judge.rules, i, c->judge.scratch, text, &hits);
    time = literal_time() - time;

    vet_pool_destroy(pool);

    return (rc == VET_OK) ? time : -1;
}


/* The processor's time in microseconds. */

static double
literal_time(void)
{
    struct timespec  now;

    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) != 0) {
        return 0;
    }

    return 1e6 * (double) now.tv_sec + (double) now.tv_nsec / 1e3;
}
