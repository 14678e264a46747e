
/*
 * Copyright (C) the moderate authors
 *
 * Measuring.  Each tests/bench/bench_NAME.c is a program: it writes its lines
 * of the table to standard output and, as JSON, to the file that is its first
 * argument.  With a second one only shapes with that in their names are run.
 *
 * Times are CPU time of the thread.  What is compared is measured in turn,
 * round by round, and the median of the rounds is taken: a machine that has
 * other work to do slows down both.
 */


#ifndef BENCH_H_INCLUDED
#define BENCH_H_INCLUDED


#include <stddef.h>


#define BENCH_ROUNDS  9
#define BENCH_SIZES   16


/* Does the work once, with the input of sizes[i]. */

typedef void (*bench_pt)(void *data, size_t i);

/*
 * A shape of input in sizes that double, and what memcpy() of as many bytes
 * does.
 */

typedef struct {
    const char             *name;
    bench_pt                work;
    bench_pt                copy;
    void                   *data;
    size_t                  sizes[BENCH_SIZES];
    size_t                  n;
} bench_shape_t;

typedef struct bench_s  bench_t;

/* Begins the output; argc and argv as of main(). */
bench_t *bench_begin(const char *name, int argc, char **argv);

/* Tells whether the shape is to be run. */
int bench_wanted(const bench_t *b, const char *name);

/*
 * Measures a shape and writes it.  A doubling of the size may take "growth"
 * times the time; 0: any.  Returns the nanoseconds for the first size, the
 * least that were measured.
 */
double bench_run(bench_t *b, const bench_shape_t *shape, double growth);

/*
 * Measures the work of sizes[i] alone and notes it for JSON, without a line of
 * the table.  Returns the least nanoseconds.
 */
double bench_cell(bench_t *b, const char *name, size_t bytes, bench_pt work,
    void *data, size_t i);

/* Adds a figure to reach: value may be limit at most. */
void bench_figure(bench_t *b, const char *name, const char *what,
    double value, double limit);

/* Ends the output; returns the program's exit code: 1 if a figure is missed. */
int bench_end(bench_t *b);


#endif /* BENCH_H_INCLUDED */
