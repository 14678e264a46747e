
/*
 * Copyright (C) the moderate authors
 *
 * What is counted, and what each worker says of itself: in one zone of shared
 * memory, which outlives reloads.  Only numbers, names of the configuration
 * and of rules, and messages for its administrator are here: nothing of what
 * somebody wrote, nothing that identifies a person or a submission.
 */


#ifndef NGX_HTTP_MODERATE_STATS_H_INCLUDED_
#define NGX_HTTP_MODERATE_STATS_H_INCLUDED_


#include "ngx_http_moderate_module.h"
#include "ngx_http_moderate_waiting.h"


#define NGX_HTTP_MODERATE_STATS_SITES    256
#define NGX_HTTP_MODERATE_STATS_RULES    4096   /* ids that were ever hit */
#define NGX_HTTP_MODERATE_STATS_SLOTS    8192   /* a power of 2, half free */
#define NGX_HTTP_MODERATE_STATS_NAME     64     /* bytes of a site or an id */
#define NGX_HTTP_MODERATE_STATS_TEXT     512
#define NGX_HTTP_MODERATE_STATS_BUCKETS  8
#define NGX_HTTP_MODERATE_STATS_SHADOWS  128    /* rules that ran out */
#define NGX_HTTP_MODERATE_STATS_STRIKES  5      /* so often, in so long: */
#define NGX_HTTP_MODERATE_STATS_STRIKE_TIME  600        /* seconds */


/* events of a site */

typedef enum {
    NGX_HTTP_MODERATE_STATS_BYTES = 0,          /* inspected */
    NGX_HTTP_MODERATE_STATS_BUDGET,
    NGX_HTTP_MODERATE_STATS_NO_COUNTERS,
    NGX_HTTP_MODERATE_STATS_NO_STORE,
    NGX_HTTP_MODERATE_STATS_NOT_DECRYPTED,
    NGX_HTTP_MODERATE_STATS_DELIVERED,
    NGX_HTTP_MODERATE_STATS_NOT_DELIVERED,
    NGX_HTTP_MODERATE_STATS_UNCERTAIN,
    NGX_HTTP_MODERATE_STATS_EVENTS
} ngx_http_moderate_stats_event_e;


/* how the queue was when a keeper last looked */

typedef struct {
    ngx_atomic_t                waiting;
    ngx_atomic_t                oldest;         /* received; 0: none */
} ngx_http_moderate_queue_line_t;

typedef struct {
    ngx_atomic_t                time;           /* 0: not yet */
    ngx_atomic_t                states[NGX_HTTP_MODERATE_STATES];
    ngx_atomic_t                waiting;
    ngx_atomic_t                oldest;
    ngx_atomic_t                limit;          /* of its age; 0: none */
    ngx_http_moderate_queue_line_t
                                categories[NGX_HTTP_MODERATE_CATEGORIES];
} ngx_http_moderate_queue_stats_t;


struct ngx_http_moderate_site_stats_s {
    size_t                      len;
    u_char                      name[NGX_HTTP_MODERATE_STATS_NAME];

    ngx_atomic_t                verdicts[NGX_HTTP_MODERATE_VERDICTS][2];
    ngx_atomic_t                unreadable[VET_UNREADABLE_N];
    ngx_atomic_t                events[NGX_HTTP_MODERATE_STATS_EVENTS];

    ngx_http_moderate_queue_stats_t  queue;

    /* judging; the last bucket is of all that took longer */

    ngx_atomic_t                microseconds;
    ngx_atomic_t                took[NGX_HTTP_MODERATE_STATS_BUCKETS + 1];
};


typedef struct {
    ngx_atomic_t                len;            /* 0: free; written last */
    u_char                      id[NGX_HTTP_MODERATE_STATS_NAME];
    ngx_atomic_t                hits;
    ngx_atomic_t                held;
    ngx_atomic_t                rejected;
    ngx_atomic_t                overturned;     /* held, and approved */
    ngx_atomic_t                confirmed;      /* held, and rejected */
} ngx_http_moderate_rule_stats_t;


/* a message; written and read with the zone locked */

typedef struct {
    time_t                      time;
    size_t                      len;            /* 0: none */
    u_char                      data[NGX_HTTP_MODERATE_STATS_TEXT];
} ngx_http_moderate_stats_text_t;


/* of one worker, rules named together by one moderate_rules */

struct ngx_http_moderate_set_stats_s {
    size_t                      name;           /* offset from the worker */
    size_t                      name_len;
    size_t                      version_len;
    u_char                      version[NGX_HTTP_MODERATE_STATS_NAME];
    size_t                      rules;
    size_t                      limits;
    time_t                      loaded;
    ngx_uint_t                  swaps;
    ngx_uint_t                  watched;        /* changes are told of */
    size_t                      canary_len;     /* 0: there is none */
    u_char                      canary[NGX_HTTP_MODERATE_STATS_NAME];
    ngx_uint_t                  share;          /* of it, of 10000 */
    ngx_uint_t                  failures;
    size_t                      problems;       /* of the set that failed */
    ngx_http_moderate_stats_text_t  error;      /* the first of them */
};


struct ngx_http_moderate_redis_stats_s {
    ngx_uint_t                  connected;
    ngx_uint_t                  late;           /* not answered in time */
    ngx_uint_t                  refused;        /* the last write */
    ngx_http_moderate_stats_text_t  error;      /* the last, or none */
    ngx_http_moderate_stats_text_t  unsafe;     /* settings; or none */
};


/* one block: the worker, its sets, the names of these */

struct ngx_http_moderate_worker_stats_s {
    ngx_queue_t                 queue;
    size_t                      size;
    ngx_pid_t                   pid;
    ngx_int_t                   slot;           /* ngx_process_slot */
    ngx_uint_t                  generation;     /* of the configuration */
    time_t                      started;
    ngx_uint_t                  nredis;         /* 0, 1: for both, or 2 */
    ngx_http_moderate_redis_stats_t  redis[2];  /* queue, counters */
    ngx_uint_t                  nsets;
    ngx_http_moderate_set_stats_t  sets[1];     /* nsets of them */
};


/* a rule of a set that ran out of its limits; with the zone locked */

typedef struct {
    size_t                      len;            /* 0: free */
    u_char                      id[NGX_HTTP_MODERATE_STATS_NAME];
    size_t                      version_len;
    u_char                      version[NGX_HTTP_MODERATE_STATS_NAME];
    ngx_uint_t                  generation;     /* of the configuration */
    ngx_uint_t                  n;              /* of strikes, ever */
    time_t                      strikes[NGX_HTTP_MODERATE_STATS_STRIKES];
    time_t                      since;          /* in the shadow; 0: is not */
    ngx_http_moderate_stats_text_t  place;      /* file:line */
} ngx_http_moderate_shadow_stats_t;


typedef enum {
    NGX_HTTP_MODERATE_STATS_FULL_SITES = 0,
    NGX_HTTP_MODERATE_STATS_FULL_RULES,
    NGX_HTTP_MODERATE_STATS_FULL_WORKERS,
    NGX_HTTP_MODERATE_STATS_FULL_SHADOWS,
    NGX_HTTP_MODERATE_STATS_TABLES
} ngx_http_moderate_stats_table_e;


struct ngx_http_moderate_stats_s {
    ngx_uint_t                  generation;
    ngx_queue_t                 workers;        /* with the zone locked */
    ngx_atomic_t                full[NGX_HTTP_MODERATE_STATS_TABLES];

    ngx_atomic_t                shadows;        /* changes of the table */
    ngx_http_moderate_shadow_stats_t
                                shadow[NGX_HTTP_MODERATE_STATS_SHADOWS];

    ngx_atomic_t                nsites;
    ngx_http_moderate_site_stats_t  sites[NGX_HTTP_MODERATE_STATS_SITES];

    ngx_atomic_t                nrules;
    ngx_http_moderate_rule_stats_t  rules[NGX_HTTP_MODERATE_STATS_SLOTS];
};


/* Seconds since then; 0 for 0. */
#define ngx_http_moderate_stats_age(since)                                   \
    ((since) && (time_t) (since) < ngx_time()                                \
     ? (ngx_uint_t) (ngx_time() - (time_t) (since)) : 0)

#define ngx_http_moderate_stats_overdue(queue)                               \
    ((queue)->limit != 0                                                     \
     && ngx_http_moderate_stats_age((queue)->oldest) > (queue)->limit)


/* ngx_http_moderate_stats.c: the zone, and what is counted in it */

/* Upper bounds of the buckets, microseconds. */
extern const ngx_uint_t
    ngx_http_moderate_stats_bounds[NGX_HTTP_MODERATE_STATS_BUCKETS];


/* Returns a rule's place, with len 0 when it was never hit; or NULL. */
ngx_http_moderate_rule_stats_t *ngx_http_moderate_stats_find(
    ngx_http_moderate_stats_t *stats, const vet_str_t *id);


/* ngx_http_moderate_stats_worker.c: what a worker says of itself */

/* Copies what all workers say, of worker_stats_t *, into the pool. */
ngx_int_t ngx_http_moderate_stats_workers(
    ngx_http_moderate_main_conf_t *mmcf, ngx_pool_t *pool,
    ngx_array_t *workers);


/* ngx_http_moderate_status.c: all of it, at one moment */

typedef enum {
    NGX_HTTP_MODERATE_RULES_BROKEN = 0,
    NGX_HTTP_MODERATE_RULES_DIFFER,
    NGX_HTTP_MODERATE_RULES_SHADOWED,
    NGX_HTTP_MODERATE_REDIS_AWAY,
    NGX_HTTP_MODERATE_REDIS_REFUSES,
    NGX_HTTP_MODERATE_REDIS_UNSAFE,
    NGX_HTTP_MODERATE_QUEUE_OVERDUE,
    NGX_HTTP_MODERATE_ZONE_FULL,
    NGX_HTTP_MODERATE_DEGRADED_N
} ngx_http_moderate_degraded_e;


typedef struct {
    ngx_pool_t                 *pool;
    ngx_http_moderate_stats_t  *stats;
    ngx_array_t                 workers;        /* of worker_stats_t * */
    ngx_uint_t                  newest;         /* generation */
    ngx_array_t                 shadows;        /* of shadow_stats_t */
    unsigned                    degraded[NGX_HTTP_MODERATE_DEGRADED_N];
} ngx_http_moderate_status_t;


typedef struct {
    ngx_str_t                   code;
    char                       *message;
} ngx_http_moderate_reason_t;

extern const ngx_http_moderate_reason_t
    ngx_http_moderate_degraded[NGX_HTTP_MODERATE_DEGRADED_N];
extern const ngx_str_t
    ngx_http_moderate_stats_tables[NGX_HTTP_MODERATE_STATS_TABLES];


/* text of any length, in buffers of a pool */

typedef struct {
    ngx_pool_t                 *pool;
    ngx_chain_t                *out;
    ngx_chain_t               **last;
    ngx_buf_t                  *buf;
    off_t                       size;
    ngx_uint_t                  labels;         /* of this sample */
    unsigned                    failed:1;       /* sticky: out of memory */
} ngx_http_moderate_text_t;

void ngx_http_moderate_text(ngx_http_moderate_text_t *text, const void *data,
    size_t len);

/* Copies the rules that are in the shadow in this configuration. */
ngx_int_t ngx_http_moderate_stats_shadows(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_status_t *status);

/* Returns a stored message fit to be shown; its length is 0 without one. */
ngx_str_t ngx_http_moderate_stats_message(ngx_http_moderate_status_t *status,
    ngx_http_moderate_stats_text_t *text);

/* Likewise the paths of a set, in one line. */
ngx_str_t ngx_http_moderate_stats_paths(ngx_http_moderate_status_t *status,
    ngx_http_moderate_worker_stats_t *worker,
    ngx_http_moderate_set_stats_t *set);

/* Returns what a worker has for "queue" (0) or "counters" (1), or NULL. */
ngx_http_moderate_redis_stats_t *ngx_http_moderate_stats_redis_of(
    ngx_http_moderate_worker_stats_t *worker, ngx_uint_t n);


/* ngx_http_moderate_status_json.c, ngx_http_moderate_status_prometheus.c */

void ngx_http_moderate_status_json(ngx_http_moderate_status_t *status,
    ngx_http_moderate_text_t *text);
void ngx_http_moderate_status_prometheus(ngx_http_moderate_status_t *status,
    ngx_http_moderate_text_t *text);


#endif /* NGX_HTTP_MODERATE_STATS_H_INCLUDED_ */
