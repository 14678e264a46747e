
/*
 * Copyright (C) the moderate authors
 *
 * Personal data that its digits or its form show to be such.
 */


#ifndef VET_PERSONAL_H_INCLUDED
#define VET_PERSONAL_H_INCLUDED


#include "vet_rules.h"


/* in the order of vet_personals[] */

typedef enum {
    VET_PERSONAL_CITIZEN = 0,
    VET_PERSONAL_PHONE,
    VET_PERSONAL_CARD,
    VET_PERSONAL_EMAIL,
    VET_PERSONAL_N
} vet_personal_kind_t;

#define VET_PERSONAL_LEN    19       /* digits of the longest number */

typedef struct {
    vet_personal_kind_t     kind;
    vet_str_t               value;      /* without separators, comparable */
    size_t                  start;      /* in the text */
    size_t                  end;
} vet_personal_t;

/*
 * Finds all of the kinds, as bits, in a text view, and adds them to a list of
 * vet_personal_t.  VET_LIMIT and VET_ERROR as of vet_parse.
 */
int vet_personal_find(vet_str_t text, unsigned kinds, vet_list_t *found);


#endif /* VET_PERSONAL_H_INCLUDED */
