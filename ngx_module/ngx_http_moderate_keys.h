
/*
 * Copyright (C) the moderate authors
 *
 * How things are named in Redis.  {site} is the hash tag: what belongs to one
 * site is in one slot, so that it can be read and written in one transaction.
 */


#ifndef NGX_HTTP_MODERATE_KEYS_H_INCLUDED_
#define NGX_HTTP_MODERATE_KEYS_H_INCLUDED_


#include "ngx_http_moderate_module.h"


/* the states of a held submission, in the order of its life */

typedef enum {
    NGX_HTTP_MODERATE_PENDING_STATE = 0,
    NGX_HTTP_MODERATE_CLAIMED,
    NGX_HTTP_MODERATE_APPROVED,
    NGX_HTTP_MODERATE_REPLAYING,
    NGX_HTTP_MODERATE_DELIVERED,
    NGX_HTTP_MODERATE_FAILED_STATE,
    NGX_HTTP_MODERATE_UNKNOWN,
    NGX_HTTP_MODERATE_REJECTED_STATE,
    NGX_HTTP_MODERATE_APPEALED,
    NGX_HTTP_MODERATE_STATES
} ngx_http_moderate_item_state_e;

extern ngx_str_t  ngx_http_moderate_states[];


/*
 * Each writes a key into the pool.  NGX_ERROR: out of memory.
 *
 * counter  string with TTL, one bucket of a sliding window
 * held     hash, one held submission
 * index    sorted set, ids of all held submissions by time of receipt in ms
 * state    set, ids in one state
 * events   stream, what happened
 * figures  hash with TTL, counters of one day, in UTC
 */
ngx_int_t ngx_http_moderate_key_counter(ngx_pool_t *pool, ngx_str_t *site,
    vet_str_t *limit, ngx_str_t *key, time_t bucket, ngx_str_t *name);
ngx_int_t ngx_http_moderate_key_held(ngx_pool_t *pool, ngx_str_t *site,
    ngx_str_t *id, ngx_str_t *name);
ngx_int_t ngx_http_moderate_key_index(ngx_pool_t *pool, ngx_str_t *site,
    ngx_str_t *name);
ngx_int_t ngx_http_moderate_key_state(ngx_pool_t *pool, ngx_str_t *site,
    ngx_uint_t state, ngx_str_t *name);
ngx_int_t ngx_http_moderate_key_events(ngx_pool_t *pool, ngx_str_t *site,
    ngx_str_t *name);
ngx_int_t ngx_http_moderate_key_figures(ngx_pool_t *pool, ngx_str_t *site,
    time_t day, ngx_str_t *name);

/*
 * Of rule sets that a fleet shares, by their name:
 *
 * log      hash, what was done, numbered from 1; its last entry is how it is
 * version  hash, the files of one version, in chunks
 * counts   hash with TTL, verdicts by one version
 */
ngx_int_t ngx_http_moderate_key_ruleset_log(ngx_pool_t *pool,
    ngx_str_t *ruleset, ngx_str_t *name);
ngx_int_t ngx_http_moderate_key_ruleset_version(ngx_pool_t *pool,
    ngx_str_t *ruleset, const char *version, ngx_str_t *name);
ngx_int_t ngx_http_moderate_key_ruleset_counts(ngx_pool_t *pool,
    ngx_str_t *ruleset, const char *version, ngx_str_t *name);


#endif /* NGX_HTTP_MODERATE_KEYS_H_INCLUDED_ */
