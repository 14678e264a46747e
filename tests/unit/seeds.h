
/*
 * Copyright (C) the moderate authors
 *
 * Inputs of the tests as inputs to begin fuzzing with: "make fuzz" runs the
 * test programs with SEEDS=folder in the environment.  Without it nothing is
 * written.
 */


#ifndef SEEDS_H_INCLUDED
#define SEEDS_H_INCLUDED


#include "vet.h"


/* type is a Content-Type; NULL: none. */
void seeds_body(const char *type, vet_str_t body);

void seeds_rules(const char *data, size_t len);


#endif /* SEEDS_H_INCLUDED */
