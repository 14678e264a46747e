
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
    NGX_HTTP_MODERATE_STATES,
    NGX_HTTP_MODERATE_REMOVING      /* no state: what is left is forgotten */
} ngx_http_moderate_item_state_e;

extern ngx_str_t  ngx_http_moderate_states[];


/*
 * Each writes a key into the pool.  NGX_ERROR: out of memory.
 *
 * counter  string with TTL, one bucket of a sliding window
 * held     hash, one held submission
 * index    sorted set, ids of all held submissions by time of receipt in ms
 * queue    sorted set, ids of those that wait for a person, by time of receipt;
 *          kind 0: all, or those of a value: 'c' category, 'r' rule, 'f' form
 * state    set, ids in one state, or REMOVING
 * overdue  string with TTL: it was told that the queue of a category is late
 * events   stream, what happened
 * figures  hash with TTL, counters of one day, in UTC
 */
ngx_int_t ngx_http_moderate_key_counter(ngx_pool_t *pool, ngx_str_t *site,
    vet_str_t *limit, ngx_str_t *key, time_t bucket, ngx_str_t *name);
ngx_int_t ngx_http_moderate_key_held(ngx_pool_t *pool, ngx_str_t *site,
    ngx_str_t *id, ngx_str_t *name);
ngx_int_t ngx_http_moderate_key_index(ngx_pool_t *pool, ngx_str_t *site,
    ngx_str_t *name);
ngx_int_t ngx_http_moderate_key_queue(ngx_pool_t *pool, ngx_str_t *site,
    u_char kind, ngx_str_t *value, ngx_str_t *name);
ngx_int_t ngx_http_moderate_key_state(ngx_pool_t *pool, ngx_str_t *site,
    ngx_uint_t state, ngx_str_t *name);
ngx_int_t ngx_http_moderate_key_overdue(ngx_pool_t *pool, ngx_str_t *site,
    ngx_str_t *category, ngx_str_t *name);
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
