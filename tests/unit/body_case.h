
/*
 * Copyright (C) the moderate authors
 *
 * One row of a parser's table and what is checked with every row.
 */


#ifndef BODY_CASE_H_INCLUDED
#define BODY_CASE_H_INCLUDED


#include "vet.h"


/*
 * fields reads "name=value | other=value": a field with a role other than
 * "other" is "name(role)=value", a file "name@filename=content", a value that
 * is not UTF-8 "name!=value".  Bytes outside of 0x20-0x7e, "\" and "|" are
 * written "\x0d".
 */

typedef struct {
    const char             *name;
    const char             *type;       /* Content-Type; NULL: none */
    vet_str_t               body;
    vet_unreadable_t        why;
    const char             *fields;
} body_case_t;

#define BODY(s)  vet_string(s)


/*
 * Tells whether the first len bytes of the body may be read without a
 * complaint; len is less than the body's length and more than 0.
 */

typedef int (*body_cut_pt)(const body_case_t *c, size_t len);

/*
 * Runs each case in many ways: as it is; cut at every place, where it must not
 * crash and must be unreadable unless cut allows it; with pools of every size
 * from 0 on, where it must report VET_LIMIT until there is enough, and then
 * give the same fields; and as body_places.h says.
 */
void body_cases_run(const body_case_t *cases, size_t n,
    const vet_form_t *form, body_cut_pt cut);

/*
 * Parses a body of its own, of any size, and compares like a case does.
 * fields may be NULL.  Returns the number of fields.
 */
size_t body_check(const char *name, const char *type, vet_str_t body,
    const vet_form_t *form, vet_unreadable_t why, const char *fields);

/* Writes the fields as above; the text is to be freed. */
char *body_fields(const vet_submission_t *s);


#endif /* BODY_CASE_H_INCLUDED */
