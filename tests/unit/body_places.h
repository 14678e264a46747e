
/*
 * Copyright (C) the moderate authors
 *
 * Invariance of what is read: a row of a parser's table gives the same among
 * others, wherever it stands, and a NUL anywhere is seen or told of.
 */


#ifndef BODY_PLACES_H_INCLUDED
#define BODY_PLACES_H_INCLUDED


#include "body_case.h"


/*
 * Puts what is in the body of a row between good fields, at every place of
 * BODY_PLACES, with names of their own and all with the name "a": the row's
 * reason is found and its fields are among the others.  Rows about a body as
 * a whole, as of what stands before its first delimiter, are passed over.
 */
#define BODY_PLACES  6

void body_places_run(const body_case_t *c, const vet_form_t *form);

/*
 * Puts a NUL at every offset of the body of a row that is readable: then it
 * is in a value, or the body is unreadable.
 */
void body_nuls_run(const body_case_t *c, const vet_form_t *form);


#endif /* BODY_PLACES_H_INCLUDED */
