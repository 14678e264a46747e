
/*
 * Copyright (C) the moderate authors
 *
 * Rule sets for a fleet: their versions are in Redis, and what is in use is on
 * disk too.  "moderate_rules redis:NAME" follows what is active under a name;
 * the API pushes, activates and takes back.
 *
 * A bundle is what a version is made of: JSON with the paths that are loaded
 * and the files below them.  The log of a name has an entry for each change,
 * numbered from 1; the last one is how things are.
 */


#ifndef NGX_HTTP_MODERATE_FLEET_H_INCLUDED_
#define NGX_HTTP_MODERATE_FLEET_H_INCLUDED_


#include "ngx_http_moderate_module.h"

#include <jansson.h>


#define NGX_HTTP_MODERATE_FLEET_NAME      64      /* bytes */
#define NGX_HTTP_MODERATE_FLEET_VERSION   16      /* of a rule set, in hex */
#define NGX_HTTP_MODERATE_FLEET_DIGEST    64      /* SHA-256 in hex */
#define NGX_HTTP_MODERATE_FLEET_BUNDLE    (8 * 1024 * 1024)
#define NGX_HTTP_MODERATE_FLEET_CHUNK     (128 * 1024)
#define NGX_HTTP_MODERATE_FLEET_FILES     1000
#define NGX_HTTP_MODERATE_FLEET_PATHS     64
#define NGX_HTTP_MODERATE_FLEET_ENTRY     (64 * 1024)   /* of the log */
#define NGX_HTTP_MODERATE_FLEET_LOG       10000   /* entries */
#define NGX_HTTP_MODERATE_FLEET_KEPT      20      /* versions of a name */
#define NGX_HTTP_MODERATE_FLEET_EARLIER   10      /* to roll back to */
#define NGX_HTTP_MODERATE_FLEET_NOTE      200     /* bytes */
#define NGX_HTTP_MODERATE_FLEET_PROPOSAL  86400   /* seconds to confirm one */
#define NGX_HTTP_MODERATE_FLEET_SHARES    10000   /* hundredths of a percent */
#define NGX_HTTP_MODERATE_FLEET_COUNTED   4       /* versions at a time */


/* Tells whether this may be the name of a rule set, and a version. */
ngx_uint_t ngx_http_moderate_fleet_name_ok(const u_char *data, size_t len);
ngx_uint_t ngx_http_moderate_fleet_version_ok(const char *version);


/*
 * ngx_http_moderate_bundle.c: bundles on disk.  For threads and for the start
 * of nginx: files are read and written.
 */

typedef struct {
    const char                 *dir;        /* of the name, in the cache */
    u_char                     *data;       /* in: JSON; NULL: from disk */
    size_t                      len;

    const vet_rest_t           *rest;       /* in: while it loads; or NULL */

    /* in: as it should be; out: as it is.  Empty: any */
    char                        version[NGX_HTTP_MODERATE_FLEET_VERSION + 1];
    char                        digest[NGX_HTTP_MODERATE_FLEET_DIGEST + 1];

    /* out */
    char                       *text;       /* the bundle anew; or NULL */
    char                        note[NGX_HTTP_MODERATE_FLEET_NOTE + 1];
    vet_ruleset_t              *ruleset;    /* or NULL */
    vet_errors_t                errors;
    ngx_uint_t                  trouble;    /* with disk or memory */
    ngx_uint_t                  damaged;    /* the copy is to be replaced */
} ngx_http_moderate_bundle_t;

/*
 * Loads a version from disk.  VET_DECLINED: it is not there, or is not what
 * it should be, then damaged is set, and errors may say why.
 */
int ngx_http_moderate_bundle_load(ngx_http_moderate_bundle_t *bundle);

/*
 * Takes a bundle apart, writes it to disk (to a name of its own, synced, then
 * renamed) and loads it from there.  With a version it has to have that one;
 * without one, any that loads will do, and text is set, to be freed by the
 * caller.  VET_ERROR: errors say why.
 */
int ngx_http_moderate_bundle_write(ngx_http_moderate_bundle_t *bundle);

/* The same in the background, for a thread of a pool. */
int ngx_http_moderate_bundle_take(ngx_http_moderate_bundle_t *bundle);

/*
 * Notes which version nginx begins with, and removes all but the newest
 * copies.  Returns VET_OK or VET_ERROR with errno.
 */
int ngx_http_moderate_bundle_begin_with(const char *dir, const char *version,
    const char *canary);

/* Reads that version; VET_DECLINED: there is none. */
int ngx_http_moderate_bundle_begins_with(const char *dir, char *version);


/* ngx_http_moderate_fleet_state.c: the log's last entry */

/* One version under a name, or none. */

typedef struct {
    ngx_uint_t                  revision;   /* 0: there is no entry */
    char                        active[NGX_HTTP_MODERATE_FLEET_VERSION + 1];
    char                        canary[NGX_HTTP_MODERATE_FLEET_VERSION + 1];
    char                        active_digest[NGX_HTTP_MODERATE_FLEET_DIGEST
                                              + 1];
    char                        canary_digest[NGX_HTTP_MODERATE_FLEET_DIGEST
                                              + 1];
    ngx_uint_t                  share;      /* of the canary, of SHARES */
} ngx_http_moderate_fleet_state_t;

/* Reads an entry; NGX_ERROR: it is none. */
ngx_int_t ngx_http_moderate_fleet_read(json_t *entry,
    ngx_http_moderate_fleet_state_t *state);

/* What somebody asks for. */

typedef struct {
    const char                 *action;     /* push, activate, rollback, ... */
    const char                 *actor;
    const char                 *version;    /* or NULL */
    ngx_uint_t                  share;
    ngx_uint_t                  on;         /* of the policy */
    json_t                     *pushed;     /* a version; or NULL */
    uint64_t                    now;        /* ms */
} ngx_http_moderate_fleet_change_t;

/*
 * Returns the entry that follows one (NULL: the first), or NULL when that is
 * not allowed: then *status, *code and *message say why.  With two persons a
 * change becomes a proposal until another person asks for the same.
 */
json_t *ngx_http_moderate_fleet_next(json_t *entry,
    ngx_http_moderate_fleet_change_t *change, ngx_uint_t *status,
    char **code, char **message);


/*
 * ngx_http_moderate_fleet_store.c: Redis.  Each returns NGX_ERROR when nothing
 * was sent; else the handler is called, with NGX_OK, NGX_DECLINED (refused) or
 * NGX_ERROR, unless the wait is detached.
 */

typedef void (*ngx_http_moderate_fleet_pt)(void *data, ngx_int_t rc);

typedef struct {
    ngx_http_moderate_redis_t  *redis;
    ngx_str_t                   name;
    ngx_http_moderate_fleet_pt  handler;
    void                       *data;
    ngx_http_moderate_wait_t   *wait;

    /* what is read: the handler may take it, and set it to NULL */
    ngx_uint_t                  revision;
    json_t                     *entry;

    json_t                     *list;       /* of a history, or counts */

    /* chunks of a bundle */
    char                        version[NGX_HTTP_MODERATE_FLEET_VERSION + 1];
    u_char                     *bundle;     /* malloc() */
    size_t                      len;
    size_t                      size;
    ngx_uint_t                  chunk;
    ngx_uint_t                  first;      /* of the history */
    ngx_uint_t                  won;        /* the entry is the next one */
} ngx_http_moderate_fleet_ask_t;

/* How many entries there are; revision is set. */
ngx_int_t ngx_http_moderate_fleet_ask_revision(
    ngx_http_moderate_fleet_ask_t *ask);

/* Entry number revision; entry is set, or NULL. */
ngx_int_t ngx_http_moderate_fleet_ask_entry(
    ngx_http_moderate_fleet_ask_t *ask);

/* n entries up to number revision; list is set, the newest first. */
ngx_int_t ngx_http_moderate_fleet_ask_history(
    ngx_http_moderate_fleet_ask_t *ask, ngx_uint_t n);

/* The bundle of version; bundle and len are set. */
ngx_int_t ngx_http_moderate_fleet_ask_bundle(
    ngx_http_moderate_fleet_ask_t *ask);

/* What was counted of n versions; list is set, an object for each. */
ngx_int_t ngx_http_moderate_fleet_ask_counts(
    ngx_http_moderate_fleet_ask_t *ask, const char **versions, ngx_uint_t n);

/* Writes a bundle that is not there yet; what is there is not touched. */
ngx_int_t ngx_http_moderate_fleet_put_bundle(
    ngx_http_moderate_fleet_ask_t *ask, const char *text, size_t len);

/* Writes entry number revision + 1, of one line; won tells whether it is it */
ngx_int_t ngx_http_moderate_fleet_put_entry(
    ngx_http_moderate_fleet_ask_t *ask, json_t *entry);

/* Removes the bundle of a version; nobody is told. */
void ngx_http_moderate_fleet_drop(ngx_http_moderate_redis_t *redis,
    ngx_str_t *name, const char *version);

/* Adds what happened to the audit log of a site; nobody is told. */
void ngx_http_moderate_fleet_event(ngx_str_t *site, ngx_str_t *name,
    json_t *entry);

/* Adds what was counted of a version; nobody is told. */
ngx_int_t ngx_http_moderate_fleet_add_counts(ngx_http_moderate_redis_t *redis,
    ngx_str_t *name, const char *version, ngx_uint_t *counts);

/* Lets go of what is in flight, and frees what was read. */
void ngx_http_moderate_fleet_ask_end(ngx_http_moderate_fleet_ask_t *ask);


/* ngx_http_moderate_fleet.c: a worker follows what is active under a name */

typedef struct {
    char                        version[NGX_HTTP_MODERATE_FLEET_VERSION + 1];
    ngx_uint_t                  n[NGX_HTTP_MODERATE_VERDICTS];
} ngx_http_moderate_fleet_count_t;

struct ngx_http_moderate_fleet_s {
    ngx_http_moderate_rules_t  *rules;
    ngx_str_t                   name;
    char                       *dir;        /* in the cache */

    /* of this process */
    ngx_http_moderate_fleet_ask_t    ask;
    ngx_http_moderate_fleet_state_t  state; /* wanted */
    char                        live[NGX_HTTP_MODERATE_FLEET_VERSION + 1];
    char                        canary[NGX_HTTP_MODERATE_FLEET_VERSION + 1];
    char                        begins[NGX_HTTP_MODERATE_FLEET_VERSION + 1];
    ngx_uint_t                  revision;   /* done with, or given up */
    ngx_uint_t                  loading;    /* 1: active, 2: canary */
    time_t                      again;      /* not before */
    ngx_event_t                 timer;
    ngx_http_moderate_fleet_count_t
                                counts[NGX_HTTP_MODERATE_FLEET_COUNTED];
    unsigned                    busy:1;
    unsigned                    damaged:1;  /* the copy on disk */
};

/*
 * Gives rules of a name what they begin with: the copy on disk, else the files
 * named beside it.  NGX_ERROR after a message.
 */
ngx_int_t ngx_http_moderate_fleet_begin(ngx_conf_t *cf,
    ngx_http_moderate_rules_t *rules);

/* Starts following in a worker; and stops. */
void ngx_http_moderate_fleet_start(ngx_http_moderate_rules_t *rules,
    ngx_cycle_t *cycle);
void ngx_http_moderate_fleet_stop(ngx_http_moderate_rules_t *rules);

/*
 * While there is a canary, gives it its share of the submissions: which ones
 * depends on what was sent, so that the same again is judged by the same set.
 */
void ngx_http_moderate_fleet_choose(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx);

/* Counts a verdict for the version that made it. */
void ngx_http_moderate_fleet_count(ngx_http_moderate_ctx_t *ctx);


/* ngx_http_moderate_rules.c */

/* Loads the files of the rules, for the start of nginx. */
ngx_int_t ngx_http_moderate_rules_load(ngx_conf_t *cf,
    ngx_http_moderate_rules_t *rules);

/*
 * For a thread, or the start: makes ready what a new set needs at first, and
 * what the one that it follows had ready.  The caller has a reference to that
 * one; old may be NULL, and so may ruleset and rest.
 */
void ngx_http_moderate_rules_warm(vet_ruleset_t *ruleset,
    const ngx_http_moderate_set_t *old, const vet_rest_t *rest);

/* Makes a set the live one of rules that have none yet; else see swap. */
ngx_int_t ngx_http_moderate_rules_set(ngx_http_moderate_rules_t *rules,
    vet_ruleset_t *ruleset);

/*
 * Makes a loaded set the live one, or the canary; it is taken over in any
 * case.  NGX_ERROR after a message: the one before stays.  NULL: no canary.
 */
ngx_int_t ngx_http_moderate_rules_swap(ngx_http_moderate_rules_t *rules,
    vet_ruleset_t *ruleset);
ngx_int_t ngx_http_moderate_rules_canary(ngx_http_moderate_rules_t *rules,
    vet_ruleset_t *ruleset);

/* Makes the canary the live set. */
void ngx_http_moderate_rules_promote(ngx_http_moderate_rules_t *rules);

/* Tells that a set cannot be used, in the log and in the status. */
void ngx_http_moderate_rules_failed(ngx_http_moderate_rules_t *rules,
    vet_errors_t *errors);


#endif /* NGX_HTTP_MODERATE_FLEET_H_INCLUDED_ */
