
/*
 * Copyright (C) the moderate authors
 */


#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"


#define BENCH_ROUND    500000.0     /* ns, the least time of one measurement */
#define BENCH_LONG     50000000.0   /* ns, of a call: once is enough */
#define BENCH_FIGURES  256
#define BENCH_KEPT     (32 * 1024 * 1024)   /* malloc takes no more */
#define BENCH_TEXT     64


typedef struct {
    char                    name[BENCH_TEXT];
    char                    what[BENCH_TEXT];
    double                  value;
    double                  limit;
} bench_figure_t;

/* Nanoseconds of one call. */

typedef struct {
    size_t                  calls;      /* of one measurement */
    double                  rounds[BENCH_ROUNDS];
    double                  median;
    double                  least;
    double                  most;
} bench_time_t;

struct bench_s {
    FILE                   *json;
    const char             *only;       /* NULL: all shapes */
    size_t                  rows;
    bench_figure_t          figures[BENCH_FIGURES];
    size_t                  nfigures;
};


static void bench_measure(const bench_shape_t *shape, bench_time_t *work,
    bench_time_t *copy);
static size_t bench_calls(bench_pt work, void *data, size_t i);
static double bench_time(bench_pt work, void *data, size_t i, size_t calls);
static double bench_growth(const bench_time_t *times, size_t n);
static void bench_summary(bench_time_t *time);
static double bench_median(const double *values);
static int bench_order(const void *one, const void *two);
static double bench_spread(const bench_time_t *time);
static double bench_now(void);
static void bench_name(FILE *json, const char *name);


bench_t *
bench_begin(const char *name, int argc, char **argv)
{
    bench_t  *b;

    b = calloc(1, sizeof(bench_t));

    if (b == NULL || argc < 2 || argc > 3) {
        fprintf(stderr, "usage: %s JSON [SHAPE]\n", argv[0]);
        exit(2);
    }

    /* memory that goes back to the system is not what is measured */

    (void) mallopt(M_MMAP_THRESHOLD, BENCH_KEPT);
    (void) mallopt(M_TRIM_THRESHOLD, BENCH_KEPT);

    b->only = argv[2];
    b->json = fopen(argv[1], "w");

    if (b->json == NULL) {
        perror(argv[1]);
        exit(2);
    }

    fprintf(b->json, "{\"bench\":\"%s\",\"rows\":[", name);

    printf("%-29s %9s %5s %10s %5s %8s %9s %7s\n", name, "first ns", "+-%",
           "last ns", "+-%", "ns/byte", "x memcpy", "2n / n");

    return b;
}


int
bench_wanted(const bench_t *b, const char *name)
{
    return b->only == NULL || strstr(name, b->only) != NULL;
}


double
bench_run(bench_t *b, const bench_shape_t *shape, double growth)
{
    size_t        i, last;
    double        grown;
    bench_time_t  work[BENCH_SIZES], copy[BENCH_SIZES];

    bench_measure(shape, work, copy);

    for (i = 0; i < shape->n; i++) {
        fprintf(b->json, "%s\n{\"shape\":\"", (b->rows++ == 0) ? "" : ",");
        bench_name(b->json, shape->name);
        fprintf(b->json, "\",\"bytes\":%zu,\"ns\":%.1f,\"least\":%.1f,"
                "\"most\":%.1f,\"memcpy_ns\":%.1f}", shape->sizes[i],
                work[i].median, work[i].least, work[i].most, copy[i].median);
    }

    last = shape->n - 1;
    grown = bench_growth(work, shape->n);

    printf("%-29s %9.0f %5.1f %10.0f %5.1f %8.3f %9.1f %7.2f%s\n",
           shape->name, work[0].median, bench_spread(&work[0]),
           work[last].median, bench_spread(&work[last]),
           work[last].median / (double) shape->sizes[last],
           work[last].median / copy[last].median, grown,
           (growth > 0 && grown > growth) ? " !" : "");
    fflush(stdout);

    if (growth > 0) {
        bench_figure(b, shape->name, "time(2n) / time(n)", grown, growth);
    }

    /* what else the machine does only adds to it; the table has the spread */

    return work[0].least;
}


/* What takes long is measured less often.  Other work only adds to it. */

double
bench_cell(bench_t *b, const char *name, size_t bytes, bench_pt work,
    void *data, size_t i)
{
    size_t        round;
    bench_time_t  time;

    time.calls = bench_calls(work, data, i);
    time.rounds[0] = bench_time(work, data, i, time.calls);

    for (round = 1; round < BENCH_ROUNDS; round++) {
        time.rounds[round] = (time.rounds[0] > BENCH_LONG)
                             ? time.rounds[0]
                             : bench_time(work, data, i, time.calls);
    }

    bench_summary(&time);

    fprintf(b->json, "%s\n{\"shape\":\"", (b->rows++ == 0) ? "" : ",");
    bench_name(b->json, name);
    fprintf(b->json, "\",\"bytes\":%zu,\"ns\":%.1f,\"least\":%.1f,"
            "\"most\":%.1f}", bytes, time.median, time.least, time.most);

    return time.least;
}


/* All sizes in each round, so that neighbours are measured together. */

static void
bench_measure(const bench_shape_t *shape, bench_time_t *work,
    bench_time_t *copy)
{
    size_t  i, round;

    for (i = 0; i < shape->n; i++) {
        work[i].calls = bench_calls(shape->work, shape->data, i);
        copy[i].calls = bench_calls(shape->copy, shape->data, i);
    }

    for (round = 0; round < BENCH_ROUNDS; round++) {
        for (i = 0; i < shape->n; i++) {
            work[i].rounds[round] = bench_time(shape->work, shape->data, i,
                                               work[i].calls);
            copy[i].rounds[round] = bench_time(shape->copy, shape->data, i,
                                               copy[i].calls);
        }
    }

    for (i = 0; i < shape->n; i++) {
        bench_summary(&work[i]);
        bench_summary(&copy[i]);
    }
}


/* Returns how many calls take long enough; this also warms up. */

static size_t
bench_calls(bench_pt work, void *data, size_t i)
{
    size_t  calls;

    for (calls = 1; /* void */ ; calls *= 2) {
        if (bench_time(work, data, i, calls) * (double) calls >= BENCH_ROUND) {
            return calls;
        }
    }
}


static double
bench_time(bench_pt work, void *data, size_t i, size_t calls)
{
    size_t  n;
    double  start;

    start = bench_now();

    for (n = 0; n < calls; n++) {
        work(data, i);
    }

    return (bench_now() - start) / (double) calls;
}


/* Returns the largest of the medians of what a doubling costs. */

static double
bench_growth(const bench_time_t *times, size_t n)
{
    size_t  i, round;
    double  most, median, rounds[BENCH_ROUNDS];

    most = 0;

    for (i = 1; i < n; i++) {

        for (round = 0; round < BENCH_ROUNDS; round++) {
            rounds[round] = times[i].rounds[round]
                            / times[i - 1].rounds[round];
        }

        median = bench_median(rounds);
        most = (median > most) ? median : most;
    }

    return most;
}


static void
bench_summary(bench_time_t *time)
{
    size_t  i;

    time->median = bench_median(time->rounds);
    time->least = time->median;
    time->most = time->median;

    for (i = 0; i < BENCH_ROUNDS; i++) {
        if (time->rounds[i] < time->least) {
            time->least = time->rounds[i];
        }

        if (time->rounds[i] > time->most) {
            time->most = time->rounds[i];
        }
    }
}


static double
bench_median(const double *values)
{
    double  sorted[BENCH_ROUNDS];

    memcpy(sorted, values, sizeof(sorted));
    qsort(sorted, BENCH_ROUNDS, sizeof(double), bench_order);

    return sorted[BENCH_ROUNDS / 2];
}


static int
bench_order(const void *one, const void *two)
{
    double  a, b;

    a = *(const double *) one;
    b = *(const double *) two;

    return (a > b) - (a < b);
}


static double
bench_spread(const bench_time_t *time)
{
    return (time->most - time->least) / time->median * 50;
}


static double
bench_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);

    return (double) ts.tv_sec * 1e9 + (double) ts.tv_nsec;
}


void
bench_figure(bench_t *b, const char *name, const char *what, double value,
    double limit)
{
    bench_figure_t  *figure;

    if (b->nfigures == BENCH_FIGURES) {
        abort();
    }

    figure = &b->figures[b->nfigures++];

    (void) snprintf(figure->name, BENCH_TEXT, "%s", name);
    (void) snprintf(figure->what, BENCH_TEXT, "%s", what);
    figure->value = value;
    figure->limit = limit;
}


int
bench_end(bench_t *b)
{
    int              ok;
    size_t           i, missed;
    bench_figure_t  *figure;

    fprintf(b->json, "],\"figures\":[");
    printf("\n");
    missed = 0;

    for (i = 0; i < b->nfigures; i++) {
        figure = &b->figures[i];
        ok = (figure->value <= figure->limit);
        missed += !ok;

        fprintf(b->json, "%s\n{\"shape\":\"", (i == 0) ? "" : ",");
        bench_name(b->json, figure->name);
        fprintf(b->json, "\",\"what\":\"%s\",\"value\":%.3f,\"limit\":%.3f,"
                "\"ok\":%s}", figure->what, figure->value, figure->limit,
                ok ? "true" : "false");

        /* those of growth are in the table */

        if (!ok || strncmp(figure->what, "time(2n)", 8) != 0) {
            printf("%-8s %s: %s is %.2f, expected at most %.2f\n",
                   ok ? "reached" : "MISSED", figure->name, figure->what,
                   figure->value, figure->limit);
        }
    }

    fprintf(b->json, "]}\n");
    printf("%zu of %zu figures reached\n\n", b->nfigures - missed,
           b->nfigures);

    if (fclose(b->json) != 0) {
        perror("bench");
        exit(2);
    }

    free(b);

    return (missed != 0);
}


static void
bench_name(FILE *json, const char *name)
{
    for ( /* void */ ; *name != '\0'; name++) {
        fprintf(json, (*name == '"' || *name == '\\') ? "\\%c" : "%c", *name);
    }
}
