
/*
 * Copyright (C) the moderate authors
 *
 * The glue between nginx, the engine (vet.h) and Redis.  A submission travels
 * through the files in this order: handler, body, judge, counter store,
 * handler again, record, queue store, answer.  A moderator's request travels
 * through api, queue store and replay.
 */


#ifndef NGX_HTTP_MODERATE_MODULE_H_INCLUDED_
#define NGX_HTTP_MODERATE_MODULE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <vet.h>


#if !(NGX_THREADS)
#error "moderate compiles rules in threads: configure nginx --with-threads"
#endif


#define NGX_HTTP_MODERATE_ID_LEN        32     /* 128 random bits in hex */
#define NGX_HTTP_MODERATE_SECRET_LEN    32
#define NGX_HTTP_MODERATE_KEYED_LEN     32     /* of a hash under it */
#define NGX_HTTP_MODERATE_USER_LEN      128    /* of a moderator's name */
#define NGX_HTTP_MODERATE_SEQ_LEN       41     /* "ms-number" of an event */


typedef struct ngx_http_moderate_redis_s  ngx_http_moderate_redis_t;
typedef struct ngx_http_moderate_wait_s   ngx_http_moderate_wait_t;
typedef struct ngx_http_moderate_fleet_s  ngx_http_moderate_fleet_t;
typedef struct ngx_http_moderate_secret_s  ngx_http_moderate_secret_t;
typedef struct ngx_http_moderate_hit_counts_s
    ngx_http_moderate_hit_counts_t;
typedef struct ngx_http_moderate_keeper_s  ngx_http_moderate_keeper_t;
typedef struct ngx_http_moderate_stats_s  ngx_http_moderate_stats_t;
typedef struct ngx_http_moderate_site_stats_s
    ngx_http_moderate_site_stats_t;
typedef struct ngx_http_moderate_set_stats_s  ngx_http_moderate_set_stats_t;
typedef struct ngx_http_moderate_redis_stats_s
    ngx_http_moderate_redis_stats_t;
typedef struct ngx_http_moderate_worker_stats_s
    ngx_http_moderate_worker_stats_t;


/*
 * Rule files named together by one moderate_rules, or a name that a fleet
 * shares and the files to begin with; and their live set.
 */

typedef struct {
    ngx_array_t                 paths;          /* of vet_str_t */
    ngx_array_t                 users;          /* of loc_conf_t * */
    ngx_str_t                   name;           /* the first, for messages */
    ngx_http_moderate_fleet_t  *fleet;          /* redis:NAME; or NULL */

    struct ngx_http_moderate_set_s  *live;
    struct ngx_http_moderate_set_s  *canary;    /* or NULL */
    ngx_uint_t                  share;          /* of the canary */
    uint64_t                    signature;      /* of the live or tried set */
    uint64_t                    seen;           /* waits until it is stable */

    time_t                      loaded;         /* the live set */
    ngx_uint_t                  swaps;          /* in this process */
    ngx_http_moderate_set_stats_t  *stats;      /* or NULL */

    ngx_event_t                 timer;
    unsigned                    busy:1;         /* a thread is at work */
    unsigned                    watched:1;      /* changes are told of */
    unsigned                    changed:1;      /* since the last look began */
} ngx_http_moderate_rules_t;


/* a loaded set; the loop of one worker counts who uses it */

typedef struct ngx_http_moderate_set_s {
    vet_ruleset_t              *ruleset;
    ngx_uint_t                  refs;
    u_char                     *shadow;         /* a bit a rule; or NULL */
    ngx_atomic_uint_t           shadows;        /* as they were looked up */
} ngx_http_moderate_set_t;


typedef struct {
    ngx_str_t                   name;
    ngx_http_complex_value_t    value;
} ngx_http_moderate_key_t;


typedef struct {
    ngx_str_t                   name;           /* without "$" */
    ngx_int_t                   index;
} ngx_http_moderate_kept_t;


/* the chain of a site, as far as this worker has read it */

typedef struct {
    ngx_str_t                   site;
    u_char                      head[VET_MAC_LEN];
    uint64_t                    count;
    ngx_str_t                   upto;       /* of the last event; or empty */
    u_char                      upto_buf[NGX_HTTP_MODERATE_SEQ_LEN];
    uint64_t                    sealed;     /* count, in the file */
    unsigned                    reading:1;
    unsigned                    writing:1;  /* a thread is at it */
} ngx_http_moderate_chain_t;


typedef struct {
    ngx_open_file_t            *file;       /* NULL: no moderate_audit_file */
    u_char                      key[VET_MAC_LEN];
    ngx_array_t                 chains;     /* of chain_t, a site each */

    /* of this process */
    ngx_event_t                 seal;
    ngx_event_t                 retry;
    ngx_queue_t                 late;       /* refused by Redis, in order */
    ngx_uint_t                  nlate;
    unsigned                    sending:1;
} ngx_http_moderate_audit_t;


typedef struct {
    ngx_array_t                 rules;          /* of rules_t * */
    ngx_array_t                 kept;       /* of kept_t, by all locations */
    ngx_array_t                 sites;          /* of srv_conf_t * */

    ngx_http_moderate_redis_t  *counters;
    ngx_http_moderate_redis_t  *queue;
    ngx_msec_t                  redis_timeout;

    ngx_str_t                   secret_file;
    u_char                      secret[NGX_HTTP_MODERATE_SECRET_LEN];

    vet_seal_keys_t            *payload_keys;   /* or NULL */
    ngx_uint_t                  payload_refuse; /* what is not encrypted */

    ngx_path_t                 *rules_cache;    /* or NULL */
    ngx_http_moderate_audit_t   audit;

    ngx_str_t                   thread_pool_name;
    ngx_thread_pool_t          *thread_pool;

    ngx_http_moderate_stats_t  *stats;          /* in shared memory */
    ngx_slab_pool_t            *stats_pool;
    ngx_uint_t                  generation;     /* of this configuration */

    /* of this process */
    ngx_http_moderate_secret_t *keyed;
    ngx_event_t                 hits;           /* are told to Redis */
    ngx_event_t                 sweep;          /* of what a crash has left */
    ngx_event_t                 keep;           /* of all that is held */
    ngx_http_moderate_worker_stats_t  *worker_stats;    /* or NULL */
    vet_scratch_t              *scratch;
    vet_pools_t                 pools;          /* of submissions, spare */
    ngx_connection_t           *watch;          /* of rule files; or NULL */
} ngx_http_moderate_main_conf_t;


typedef struct {
    ngx_str_t                   site;
    ngx_str_t                   receipt;    /* location of moderate_receipt */
    ngx_http_moderate_site_stats_t  *stats;     /* NULL: no room */
    ngx_http_moderate_hit_counts_t  *hits;      /* of this process; or NULL */
    time_t                     *retention;  /* by state; 0: it is kept */
    time_t                      queue_age;  /* later it is overdue; 0: never */
    ngx_http_moderate_keeper_t *keeper;     /* of this process; or NULL */
    unsigned                    counted:1;
} ngx_http_moderate_srv_conf_t;


typedef struct {
    ngx_flag_t                  enable;
    ngx_flag_t                  dry_run;
    ngx_array_t                *methods;        /* of ngx_str_t */
    ngx_http_moderate_rules_t  *rules;
    vet_form_t                 *form;
    ngx_uint_t                  form_fields;
    ngx_array_t                *keys;           /* of key_t */
    size_t                      body_size;
    size_t                      hold_size;
    size_t                      thread_size;
    ngx_uint_t                  unreadable;     /* vet_action_t */
    ngx_uint_t                  failure_counters;
    ngx_uint_t                  failure_store;
    ngx_array_t                *keep_headers;   /* of ngx_str_t */
    ngx_array_t                *keep_variables; /* of kept_t */
    ngx_array_t                *set_headers;    /* of key_t */
    ngx_array_t                *replay_ok;      /* of ngx_uint_t, codes */
    ngx_http_complex_value_t   *held_page;      /* or NULL: the built-in one */
    ngx_http_complex_value_t   *reject_page;
    ngx_http_complex_value_t   *receipt_page;

    u_char                     *file;           /* where it is switched on */
    ngx_uint_t                  line;

    /* moderate_api */
    ngx_http_complex_value_t   *role;
    ngx_http_complex_value_t   *user;

    ngx_uint_t                  status;         /* moderate_status, or 0 */
    ngx_uint_t                  receipt;        /* 1: moderate_receipt */
} ngx_http_moderate_loc_conf_t;


#define NGX_HTTP_MODERATE_STATUS_JSON        1
#define NGX_HTTP_MODERATE_STATUS_PROMETHEUS  2


#define NGX_HTTP_MODERATE_FAILURE_HOLD    0
#define NGX_HTTP_MODERATE_FAILURE_PASS    1
#define NGX_HTTP_MODERATE_FAILURE_REFUSE  2


typedef enum {
    NGX_HTTP_MODERATE_READING = 0,
    NGX_HTTP_MODERATE_JUDGING,      /* in a thread */
    NGX_HTTP_MODERATE_COUNTING,
    NGX_HTTP_MODERATE_STORING,
    NGX_HTTP_MODERATE_PASSED,       /* from here on the verdict is made */
    NGX_HTTP_MODERATE_HELD,
    NGX_HTTP_MODERATE_REJECTED,
    NGX_HTTP_MODERATE_TOO_LARGE,    /* to be held, but larger than hold_size */
    NGX_HTTP_MODERATE_FAILED        /* the store was away: nothing is kept */
} ngx_http_moderate_state_e;


/* what $moderate_verdict says */

typedef enum {
    NGX_HTTP_MODERATE_VERDICT_PASSED = 0,       /* as vet_action_t */
    NGX_HTTP_MODERATE_VERDICT_HELD,
    NGX_HTTP_MODERATE_VERDICT_REJECTED,
    NGX_HTTP_MODERATE_VERDICT_UNREADABLE,
    NGX_HTTP_MODERATE_VERDICT_FAILED,
    NGX_HTTP_MODERATE_VERDICTS
} ngx_http_moderate_verdict_e;


/* one submission; found again through the pool after internal redirects */

typedef struct {
    ngx_http_moderate_state_e   state;
    ngx_http_moderate_loc_conf_t  *conf;        /* where it was received */
    ngx_http_moderate_wait_t   *wait;
    ngx_http_moderate_set_t    *set;
    ngx_thread_task_t          *judging;

    vet_pool_t                 *pool;
    vet_pools_t                *pools;          /* where it goes then */
    vet_submission_t            submission;
    vet_hits_t                  hits;
    vet_verdict_t               verdict;
    ngx_str_t                   body;

    ngx_str_t                   fingerprint;    /* of the folded text */
    ngx_str_t                   rules;          /* ids, for the variable */
    ngx_str_t                   ruleset;        /* version */
    ngx_str_t                   reason;         /* public code */
    uint64_t                    received;       /* ms since the epoch */
    uint64_t                    spent;          /* us, for $moderate_time */
    u_char                      id[NGX_HTTP_MODERATE_ID_LEN];

    unsigned                    unreadable:1;
    unsigned                    dry_run:1;
    unsigned                    answered:1;
} ngx_http_moderate_ctx_t;


/* what is stored of a held submission, and read back */

typedef struct {
    ngx_str_t                   id;
    ngx_str_t                   site;
    ngx_str_t                   method;
    ngx_str_t                   uri;            /* unparsed */
    ngx_str_t                   host;
    ngx_str_t                   server;         /* server_name */
    ngx_str_t                   address;
    ngx_str_t                   headers;        /* "Name: value\n" lines */
    ngx_str_t                   variables;      /* "name value\n" lines */
    ngx_str_t                   body;
    ngx_str_t                   form;           /* path of the URI */
    ngx_str_t                   fields;         /* JSON */
    ngx_str_t                   hits;           /* JSON */
    ngx_str_t                   excerpt;
    ngx_str_t                   unreadable;
    ngx_str_t                   reason;
    ngx_str_t                   ruleset;
    ngx_str_t                   score;
    ngx_str_t                   received;       /* ms */
} ngx_http_moderate_record_t;


/* ngx_http_moderate_handler.c: the path of a submission */

/* The PRECONTENT phase handler. */
ngx_int_t ngx_http_moderate_handler(ngx_http_request_t *r);

/* Returns the main request's submission, or NULL where there is none. */
ngx_http_moderate_ctx_t *ngx_http_moderate_get_ctx(ngx_http_request_t *r);


/* ngx_http_moderate_form_token.c: what is known besides the body */

/* Gives the form and the site, and the secret of the form's token. */
void ngx_http_moderate_context(ngx_http_request_t *r, vet_context_t *context,
    vet_str_t *secret);

/* $moderate_form_token */
ngx_int_t ngx_http_moderate_token_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


/* ngx_http_moderate_body.c: bytes in, message out */

/*
 * Makes the body that nginx has read, in memory or in a temporary file, one
 * string in the request's pool.  NGX_DECLINED when it is larger than max, then
 * body->len is its size and body->data is NULL.
 */
ngx_int_t ngx_http_moderate_body(ngx_http_request_t *r, size_t max,
    ngx_str_t *body);

/* Makes the request one with an empty body, for whoever handles it next. */
void ngx_http_moderate_drop_body(ngx_http_request_t *r);

/* Fills in what the engine has to know of the request's headers. */
void ngx_http_moderate_message(ngx_http_request_t *r, ngx_str_t *body,
    vet_message_t *m);


/* ngx_http_moderate_rules.c: rule sets, loaded, watched and swapped */

/*
 * Returns the rules of these paths, loading them when no other location named
 * the same ones; NULL after a message in the log.  name is that of a fleet's
 * rules, or its length is 0.
 */
ngx_http_moderate_rules_t *ngx_http_moderate_rules_add(ngx_conf_t *cf,
    ngx_str_t *name, ngx_array_t *paths);

/*
 * Checks that every key that the set's limits count by is defined where the
 * set is used.  NGX_ERROR after a message of that level.
 */
ngx_int_t ngx_http_moderate_rules_keys(ngx_http_moderate_rules_t *rules,
    ngx_http_moderate_set_t *set, ngx_uint_t level, ngx_log_t *log);

/* Starts watching in a worker. */
void ngx_http_moderate_rules_watch(ngx_http_moderate_rules_t *rules,
    ngx_cycle_t *cycle);

/* Gives back a set taken with refs++. */
void ngx_http_moderate_set_release(ngx_http_moderate_set_t *set);


/* ngx_http_moderate_secret.c: in a worker, between start and stop */

ngx_int_t ngx_http_moderate_secret_start(ngx_http_moderate_main_conf_t *mmcf);
void ngx_http_moderate_secret_stop(ngx_http_moderate_main_conf_t *mmcf);

/*
 * Writes the HMAC-SHA256 under the secret, KEYED_LEN bytes: a plain hash of an
 * address would be undone by trying them all.  What is hashed are the n parts,
 * one behind the other.
 */
ngx_int_t ngx_http_moderate_keyed(ngx_http_moderate_main_conf_t *mmcf,
    const ngx_str_t *parts, ngx_uint_t n, u_char *md);

/* Writes random bytes, some dozens at most. */
ngx_int_t ngx_http_moderate_random(ngx_http_moderate_main_conf_t *mmcf,
    u_char *p, size_t len);


/* ngx_http_moderate_redis.c: the connection, see ngx_http_moderate_redis.h */

ngx_http_moderate_redis_t *ngx_http_moderate_redis_create(ngx_conf_t *cf,
    ngx_str_t *args, ngx_uint_t nargs);
void ngx_http_moderate_redis_start(ngx_http_moderate_redis_t *redis,
    ngx_msec_t timeout, ngx_http_moderate_redis_stats_t *stats,
    ngx_cycle_t *cycle);
void ngx_http_moderate_redis_stop(ngx_http_moderate_redis_t *redis);

/*
 * Cuts the tie between a command in flight and its owner: the handler will not
 * be called.  NULL is allowed.
 */
void ngx_http_moderate_detach(ngx_http_moderate_wait_t *wait);


/* ngx_http_moderate_counter_store.c */

/*
 * The handler of a count: NGX_OK with one estimate per limit of the rule set
 * (-1: not counted), NGX_ERROR when the counters are out of reach.
 */
typedef void (*ngx_http_moderate_count_pt)(ngx_http_request_t *r,
    ngx_int_t rc, ngx_int_t *counts);

/*
 * Counts the submission for all limits in one round trip.  NGX_AGAIN: the
 * handler will be called; NGX_DECLINED: there is nothing to count; NGX_ERROR.
 */
ngx_int_t ngx_http_moderate_count(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_count_pt handler);

/* Adds the outcome to the limits that count outcomes; waits for nothing. */
void ngx_http_moderate_count_outcome(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx);


/* ngx_http_moderate_hits_store.c */

/* Counts a hit of a rule in the figures of the site, which lag by a second. */
void ngx_http_moderate_hits_add(ngx_http_request_t *r, const vet_str_t *id);
void ngx_http_moderate_hits_stop(ngx_http_moderate_main_conf_t *mmcf);


/* ngx_http_moderate_recover_store.c */

/* Starts looking, in one worker, for what a crash has left. */
void ngx_http_moderate_sweep_start(ngx_http_moderate_main_conf_t *mmcf,
    ngx_cycle_t *cycle);


/*
 * ngx_http_moderate_conf.c: several servers may be one site.  Returns the place
 * in sites, from i on, of the next that no server before it is of; their number
 * behind the last.
 */
ngx_uint_t ngx_http_moderate_next_site(ngx_http_moderate_main_conf_t *mmcf,
    ngx_uint_t i);


/* ngx_http_moderate_keep_store.c */

/* Starts going round what is held, in one worker. */
void ngx_http_moderate_keep_start(ngx_http_moderate_main_conf_t *mmcf,
    ngx_cycle_t *cycle);


/* ngx_http_moderate_record.c */

/* Writes down the request as it was received.  NGX_ERROR: out of memory. */
ngx_int_t ngx_http_moderate_record(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_record_t *record);

/* Takes the next line "name<sep>value\n" off lines; NGX_DONE at the end. */
ngx_int_t ngx_http_moderate_record_line(ngx_str_t *lines, ngx_str_t *sep,
    ngx_str_t *name, ngx_str_t *value);

/*
 * Writes a label without bytes that are not UTF-8 or that are control
 * characters, cut after max bytes with an ellipsis.  NGX_ERROR: out of memory.
 */
ngx_int_t ngx_http_moderate_excerpt(ngx_pool_t *pool, size_t max,
    const u_char *p, size_t len, ngx_str_t *excerpt);


/* ngx_http_moderate_answer.c: what the person who commented is told */

/* Sends or returns the answer of a decided submission, as a phase handler. */
ngx_int_t ngx_http_moderate_answer(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx);

/* Tells whether this is the code of a public reason. */
ngx_uint_t ngx_http_moderate_reason_known(ngx_str_t *code);


/* ngx_http_moderate_receipt.c */

char *ngx_http_moderate_receipt_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * Makes the receipt of a submission and the URI of its page; where the server
 * has no such page the receipt is the id, and the URI is empty.
 */
ngx_int_t ngx_http_moderate_receipt(ngx_http_request_t *r, u_char *id,
    ngx_str_t *receipt, ngx_str_t *uri);


/*
 * Gives the id that a receipt is of, or one that nothing is held under when
 * nobody was given this receipt.  NGX_ERROR: memory is out.
 */
ngx_int_t ngx_http_moderate_receipt_id(ngx_http_request_t *r,
    ngx_str_t *receipt, ngx_str_t *id);


/* ngx_http_moderate_api.c, ngx_http_moderate_replay.c */

char *ngx_http_moderate_api_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

typedef struct {
    ngx_http_request_t         *request;    /* the moderator's */
    ngx_uint_t                  status;     /* of the backend, 0: none */
    unsigned                    accepted:1; /* by moderate_replay_ok */
    unsigned                    uncertain:1;    /* sent, but not answered */
} ngx_http_moderate_delivery_t;

typedef void (*ngx_http_moderate_delivery_pt)(ngx_http_request_t *r,
    ngx_http_moderate_delivery_t *delivery);

/*
 * Delivers a record in a background subrequest of r.  The handler is called
 * once, with r or, when the client has left, during r's end; it must not
 * finalize r before it has returned.  NGX_ERROR: not delivered, no call;
 * why is set then.
 */
ngx_int_t ngx_http_moderate_replay(ngx_http_request_t *r,
    ngx_http_moderate_record_t *record, ngx_http_moderate_delivery_pt handler,
    char **why);

/*
 * For the phase handler, with a subrequest: NGX_DECLINED, but a delivery to a
 * location where moderate is not on is refused.
 */
ngx_int_t ngx_http_moderate_replay_guard(ngx_http_request_t *r,
    ngx_http_moderate_loc_conf_t *mlcf);

void ngx_http_moderate_replay_init(void);


/* ngx_http_moderate_variables.c */

ngx_int_t ngx_http_moderate_add_variables(ngx_conf_t *cf);

/* Returns the verdict of a submission that has one, and a verdict's name. */
ngx_uint_t ngx_http_moderate_verdict(ngx_http_moderate_ctx_t *ctx);
ngx_str_t *ngx_http_moderate_verdict_name(ngx_uint_t verdict,
    ngx_uint_t dry_run);


/* ngx_http_moderate_headers.c: of the request, and of the answer */

typedef struct {
    ngx_list_part_t            *part;       /* NULL: before the first */
    ngx_uint_t                  i;
} ngx_http_moderate_walk_t;

/*
 * Returns the next of the request's headers of that name, or of any when name
 * is NULL, in the order they came; NULL behind the last.  The caller zeroes
 * the walk before its first step.
 */
ngx_table_elt_t *ngx_http_moderate_next_header(ngx_http_request_t *r,
    ngx_http_moderate_walk_t *walk, char *name);

/* Tells whether this is the header of that name. */
ngx_uint_t ngx_http_moderate_header_is(ngx_table_elt_t *h, char *name);

/* Adds a header to the answer; name and value live as long as the request. */
ngx_int_t ngx_http_moderate_add_header(ngx_http_request_t *r, char *name,
    char *value);


/* ngx_http_moderate_stats.c: counters, see ngx_http_moderate_stats.h */

/* Makes the zone of shared memory. */
ngx_int_t ngx_http_moderate_stats_add(ngx_conf_t *cf);

/* Counts a submission that has its verdict, with all that it was hit by. */
void ngx_http_moderate_stats_submission(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx);

/* Counts for a rule what a moderator did with what it has hit. */
void ngx_http_moderate_stats_decided(ngx_str_t *id, ngx_uint_t confirmed);

/* Counts an NGX_HTTP_MODERATE_STATS_... event for the site of r's server. */
void ngx_http_moderate_stats_event(ngx_http_request_t *r, ngx_uint_t event);


/*
 * ngx_http_moderate_stats_worker.c: what this worker says of itself.  Without
 * room in the zone it says nothing: then stats is NULL.
 */

void ngx_http_moderate_stats_start(ngx_http_moderate_main_conf_t *mmcf,
    ngx_cycle_t *cycle);
void ngx_http_moderate_stats_stop(ngx_http_moderate_main_conf_t *mmcf);

void ngx_http_moderate_stats_set(ngx_http_moderate_rules_t *rules);
void ngx_http_moderate_stats_set_failed(ngx_http_moderate_rules_t *rules,
    const u_char *data, size_t len, size_t problems);

ngx_http_moderate_redis_stats_t *ngx_http_moderate_stats_redis(
    ngx_http_moderate_main_conf_t *mmcf, ngx_http_moderate_redis_t *redis);
void ngx_http_moderate_stats_redis_state(
    ngx_http_moderate_redis_stats_t *stats, ngx_uint_t connected,
    ngx_uint_t late, ngx_uint_t refused);
void ngx_http_moderate_stats_redis_error(
    ngx_http_moderate_redis_stats_t *stats, const u_char *data, size_t len);

/* Which settings may lose what is held; len 0: none. */
void ngx_http_moderate_stats_redis_unsafe(
    ngx_http_moderate_redis_stats_t *stats, const u_char *data, size_t len);


/* ngx_http_moderate_status.c */

char *ngx_http_moderate_status_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


extern ngx_module_t  ngx_http_moderate_module;


#endif /* NGX_HTTP_MODERATE_MODULE_H_INCLUDED_ */
