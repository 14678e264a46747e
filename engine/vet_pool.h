
/*
 * Copyright (C) the moderate authors
 *
 * Memory that stays.  Nothing outside engine/ includes this file.
 */


#ifndef VET_POOL_H_INCLUDED
#define VET_POOL_H_INCLUDED


#include "vet.h"


/*
 * A pool for what is needed while one submission is matched: its first block
 * stays, so that it is warm.  vet_pool_begin frees all that it has; it then
 * hands out what is left of another one's maximum.  vet_pool_end tells the
 * other one whether that was not enough.
 */
vet_pool_t *vet_pool_create_work(void);
void vet_pool_begin(vet_pool_t *pool, const vet_pool_t *within);
void vet_pool_end(const vet_pool_t *pool, vet_pool_t *within);

/*
 * Calls the handler before each allocation from then on, until rest is NULL:
 * most of what takes long allocates all the time.  vet_pool_pause is for what
 * does not: it calls the handler, if there is one.
 */
void vet_pool_rest(vet_pool_t *pool, const vet_rest_t *rest);
void vet_pool_pause(const vet_pool_t *pool);


#endif /* VET_POOL_H_INCLUDED */
