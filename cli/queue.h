
/*
 * Copyright (C) the moderate authors
 *
 * What moderatectl queue shows.  All that comes from a submission is made safe
 * for a terminal.
 */


#ifndef QUEUE_H_INCLUDED
#define QUEUE_H_INCLUDED


#include "moderatectl.h"


/* Prints an item of a page, in a line. */
void moderatectl_queue_item(const json_t *item);

/* Print a hit, and a field, of an item. */
void moderatectl_queue_hit(const json_t *hit);
void moderatectl_queue_field(const json_t *field);

/* Prints JSON as it is, for programs. */
void moderatectl_queue_json(const json_t *json);

/* Print a name and a value in a line, a value, and a time in ms. */
void moderatectl_queue_pair(const char *name, const json_t *value);
void moderatectl_queue_value(const json_t *value);
void moderatectl_queue_time(const json_t *value);


#endif /* QUEUE_H_INCLUDED */
