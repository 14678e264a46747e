
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
 * For loading rules there: gives what rests after a stretch of work, for which
 * it needs the rest.  A processor that such a thread shares gets a moment in
 * which it has nothing else to do, so that it looks for what waits elsewhere.
 */

typedef struct {
    vet_rest_t                  rest;
    uint64_t                    began;      /* us, of this stretch */
} ngx_http_moderate_rest_t;

const vet_rest_t *ngx_http_moderate_rest(ngx_http_moderate_rest_t *rest);


#endif /* _NGX_HTTP_MODERATE_BACKGROUND_H_INCLUDED_ */
