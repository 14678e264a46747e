
/*
 * Copyright (C) the moderate authors
 *
 * Fuzz targets.  Each tests/fuzz/fuzz_NAME.c is one and has fuzz_one(); what
 * is around it is in fuzz.c, and who calls it is libFuzzer ("make fuzz") or
 * replay.c ("make unit"), which has no need of clang.
 */


#ifndef FUZZ_H_INCLUDED
#define FUZZ_H_INCLUDED


#include "vet.h"


/*
 * Does with the bytes what the target is about and checks all that must hold.
 * in ends where its memory ends.  Allocations of the engine, of PCRE2 and of
 * libyaml may be refused.  VET_OK: digest stands for all that came out; it is
 * the same every time.  VET_ERROR: an allocation was refused, which is the
 * only excuse.  VET_LIMIT: a maximum was reached, every time.
 */
int fuzz_one(vet_str_t in, uint64_t *digest);

/*
 * Runs fuzz_one() with no allocation refused or, when every is not 0, with
 * each every-th one refused: it must fail then or do the very same.  Returns
 * how many allocations were asked for.
 */
size_t fuzz_run(vet_str_t in, size_t every);


#define FUZZ_CHECK(condition)                                                \
    do {                                                                     \
        if (!(condition)) {                                                  \
            fuzz_fail(__FILE__, __LINE__, #condition);                       \
        }                                                                    \
    } while (0)

void fuzz_fail(const char *file, int line, const char *condition)
    __attribute__((noreturn));


/* Add to a digest, which begins with 0. */

void fuzz_digest_bytes(uint64_t *digest, const void *bytes, size_t len);
void fuzz_digest_str(uint64_t *digest, vet_str_t s);
void fuzz_digest_size(uint64_t *digest, size_t n);

/* Takes off what is before the next c, and that c; all when there is none. */
vet_str_t fuzz_until(vet_str_t *in, unsigned char c);

/* Chooses a number below n from the bytes: the same for the same bytes. */
size_t fuzz_choose(vet_str_t in, size_t n);


/*
 * Allocations, alloc.c.  Between fuzz_alloc_begin() and fuzz_alloc_end() each
 * every-th one is refused, other than from a pause to its resume, for what a
 * target needs for itself.  Pauses may be nested.
 */

void fuzz_alloc_begin(size_t every);
size_t fuzz_alloc_end(void);
void fuzz_alloc_pause(void);
void fuzz_alloc_resume(void);
size_t fuzz_alloc_refused(void);

/*
 * Tells whether this run is one that refuses.  What comes out is compared with
 * the run before, so that checks that cost much are for that one only.
 */
int fuzz_alloc_refuses(void);

/* Copies to where memory ends behind the last byte; never refused. */
vet_str_t fuzz_copy(vet_str_t s);
void fuzz_copy_free(vet_str_t s);


/*
 * Bodies, submission.c.  One form for all targets, and a pool that is large
 * enough for any body of a few KiB.
 */

#define FUZZ_POOL  (64 * 1024 * 1024)

const vet_form_t *fuzz_form(void);

/*
 * Reads "1type LF coding LF body": a digit, which is the number of
 * Content-Type headers, the header and Content-Encoding.
 */
void fuzz_message(vet_str_t in, vet_message_t *m);

/*
 * Parses a message whose headers are gone when it returns, and checks what
 * holds for every submission.
 */
int fuzz_parse(vet_pool_t *pool, const vet_message_t *m, vet_submission_t *s);
int fuzz_parse_as(vet_pool_t *pool, const char *type, vet_str_t body,
    vet_submission_t *s);

void fuzz_submission_digest(uint64_t *digest, const vet_submission_t *s);

/*
 * Cuts the body somewhere and parses the first part.  Its fields, the last one
 * aside, must be those of the whole.  Returns the length, 0: nothing was cut;
 * *readable tells whether the part was.
 */
size_t fuzz_cut(const char *type, vet_str_t body, const vet_submission_t *s,
    int *readable);

/* Tells whether the bytes are UTF-8; not by the code that is tested. */
int fuzz_utf8(vet_str_t s);

/* Loads a rule set of the text; NULL with errors set. */
vet_ruleset_t *fuzz_ruleset(vet_str_t yaml, vet_errors_t *errors);


#endif /* FUZZ_H_INCLUDED */
