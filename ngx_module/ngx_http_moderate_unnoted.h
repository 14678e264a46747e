
/*
 * Copyright (C) the moderate authors
 *
 * Steps that stand and have no note.
 */


#ifndef NGX_HTTP_MODERATE_UNNOTED_H_INCLUDED_
#define NGX_HTTP_MODERATE_UNNOTED_H_INCLUDED_


#include "ngx_http_moderate_store.h"


#define NGX_HTTP_MODERATE_UNNOTED_MAX  256     /* of a round */


/* those of a site, as one keeper sees them; zeroed at first */

typedef struct {
    u_char                      id[NGX_HTTP_MODERATE_ID_LEN];
    ngx_uint_t                  state;
} ngx_http_moderate_unnoted_item_t;

typedef struct {
    time_t                            refused;  /* Redis was full; or 0 */
    ngx_uint_t                        nseen;    /* in the round before */
    ngx_uint_t                        nnow;     /* in this one */
    ngx_http_moderate_unnoted_item_t  seen[NGX_HTTP_MODERATE_UNNOTED_MAX];
    ngx_http_moderate_unnoted_item_t  now[NGX_HTTP_MODERATE_UNNOTED_MAX];
} ngx_http_moderate_unnoted_t;


/*
 * Looks at an item, its id, state and version, of which the last note says
 * another state, or the same.  One that is so in two rounds is noted and told
 * of.  unnoted lives as long as the process.
 */
void ngx_http_moderate_unnoted_look(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_srv_conf_t *mscf, ngx_http_moderate_unnoted_t *unnoted,
    ngx_http_moderate_item_t *item, ngx_uint_t noted);

/* A round of all that is held is over. */
void ngx_http_moderate_unnoted_round(ngx_http_moderate_unnoted_t *unnoted);


#endif /* NGX_HTTP_MODERATE_UNNOTED_H_INCLUDED_ */
