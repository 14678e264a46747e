
/*
 * Copyright (C) the moderate authors
 */


#ifndef _NGX_HTTP_MODERATE_BACKGROUND_H_INCLUDED_
#define _NGX_HTTP_MODERATE_BACKGROUND_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * Calls work with data in a thread of low priority and returns when it is done:
 * for a thread of a pool, not for the event loop.  Where there is no thread to
 * be had it is done by the caller.
 */
void ngx_http_moderate_background(void (*work)(void *data), void *data);


#endif /* _NGX_HTTP_MODERATE_BACKGROUND_H_INCLUDED_ */
