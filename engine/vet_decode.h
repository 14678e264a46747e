
/*
 * Copyright (C) the moderate authors
 *
 * Decoders: what a portal makes of a text before people read it.
 */


#ifndef VET_DECODE_H_INCLUDED
#define VET_DECODE_H_INCLUDED


#include "vet.h"


typedef enum {
    VET_DECODER_URLDECODE = 0,
    VET_DECODER_ENTITIES,
    VET_DECODER_TAGS,
    VET_DECODER_BBCODE,
    VET_DECODER_N
} vet_decoder_t;

/* Finds a decoder by its name; VET_DECLINED when there is none. */
int vet_decoder_find(vet_str_t name, vet_decoder_t *decoder);

/*
 * Returns the decoders of a role, in order, and their number.  form may be
 * NULL: there are none.
 */
const vet_decoder_t *vet_form_chain(const vet_form_t *form, vet_role_t role,
    size_t *n);


#endif /* VET_DECODE_H_INCLUDED */
