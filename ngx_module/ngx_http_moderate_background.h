
/*
 * Copyright (C) the moderate authors
 */


#ifndef _NGX_HTTP_MODERATE_BACKGROUND_H_INCLUDED_
#define _NGX_HTTP_MODERATE_BACKGROUND_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "vet.h"


/*
 * Calls work with data in a thread of low priority and returns when it is done:
 * for a thread of a pool, not for the event loop.  Where there is no thread to
 * be had it is done by the caller.
 */
void ngx_http_moderate_background(void (*work)(void *data), void *data);

/*
 * For loading rules there: fills in rest, which has to last until they are
 * loaded, and returns what vet_ruleset_load_resting takes.  The thread sleeps
 * for a moment after each stretch of work: then its processor has nothing to
 * do and takes over what waits at another one.
 */

typedef struct {
    vet_rest_t                  rest;
    uint64_t                    began;      /* us, of this stretch */
} ngx_http_moderate_rest_t;

const vet_rest_t *ngx_http_moderate_rest(ngx_http_moderate_rest_t *rest);


#endif /* _NGX_HTTP_MODERATE_BACKGROUND_H_INCLUDED_ */
