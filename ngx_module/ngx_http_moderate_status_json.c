
/*
 * Copyright (C) the moderate authors
 *
 * moderate_status, as JSON.
 */


#include "ngx_http_moderate_stats.h"

#include <jansson.h>


static json_t *ngx_http_moderate_json_reasons(
    ngx_http_moderate_status_t *status);
static json_t *ngx_http_moderate_json_sites(
    ngx_http_moderate_stats_t *stats);
static json_t *ngx_http_moderate_json_site(
    ngx_http_moderate_site_stats_t *site);
static json_t *ngx_http_moderate_json_submissions(
    ngx_http_moderate_site_stats_t *site);
static json_t *ngx_http_moderate_json_unreadable(
    ngx_http_moderate_site_stats_t *site);
static json_t *ngx_http_moderate_json_queue(
    ngx_http_moderate_site_stats_t *site);
static json_t *ngx_http_moderate_json_judging(
    ngx_http_moderate_site_stats_t *site);
static json_t *ngx_http_moderate_json_rules(
    ngx_http_moderate_stats_t *stats);
static json_t *ngx_http_moderate_json_shadows(
    ngx_http_moderate_status_t *status);
static json_t *ngx_http_moderate_json_full(ngx_http_moderate_stats_t *stats);
static json_t *ngx_http_moderate_json_workers(
    ngx_http_moderate_status_t *status);
static json_t *ngx_http_moderate_json_worker(
    ngx_http_moderate_status_t *status,
    ngx_http_moderate_worker_stats_t *worker);
static json_t *ngx_http_moderate_json_set(ngx_http_moderate_status_t *status,
    ngx_http_moderate_worker_stats_t *worker,
    ngx_http_moderate_set_stats_t *set);
static json_t *ngx_http_moderate_json_redis(
    ngx_http_moderate_status_t *status,
    ngx_http_moderate_redis_stats_t *redis);
static json_t *ngx_http_moderate_json_message(
    ngx_http_moderate_status_t *status, ngx_http_moderate_stats_text_t *text);
static json_t *ngx_http_moderate_json_count(ngx_atomic_t count);
static json_t *ngx_http_moderate_json_checked(json_t *json, ngx_int_t rc);


/*
 * jansson's functions take NULL for a value, as of no memory, and fail then:
 * the whole is NULL when a part of it is.
 */

void
ngx_http_moderate_status_json(ngx_http_moderate_status_t *status,
    ngx_http_moderate_text_t *text)
{
    char    *dump;
    json_t  *json, *reasons;

    reasons = ngx_http_moderate_json_reasons(status);

    json = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "status", json_array_size(reasons) ? "degraded" : "ok",
                     "reasons", reasons,
                     "sites", ngx_http_moderate_json_sites(status->stats),
                     "rules", ngx_http_moderate_json_rules(status->stats),
                     "shadowed", ngx_http_moderate_json_shadows(status),
                     "not_counted", ngx_http_moderate_json_full(status->stats),
                     "workers", ngx_http_moderate_json_workers(status));

    dump = json ? json_dumps(json, JSON_COMPACT) : NULL;

    if (dump != NULL) {
        ngx_http_moderate_text(text, dump, ngx_strlen(dump));
        ngx_http_moderate_text(text, "\n", 1);

    } else {
        text->failed = 1;
    }

    free(dump);
    json_decref(json);
}


static json_t *
ngx_http_moderate_json_reasons(ngx_http_moderate_status_t *status)
{
    json_t      *json, *reason;
    ngx_int_t    rc;
    ngx_uint_t   i;

    json = json_array();
    rc = NGX_OK;

    for (i = 0; i < NGX_HTTP_MODERATE_DEGRADED_N; i++) {

        if (!status->degraded[i]) {
            continue;
        }

        reason = json_pack("{s:s, s:s}",
                           "code", ngx_http_moderate_degraded[i].code.data,
                           "message", ngx_http_moderate_degraded[i].message);

        rc |= json_array_append_new(json, reason);
    }

    return ngx_http_moderate_json_checked(json, rc);
}


static json_t *
ngx_http_moderate_json_sites(ngx_http_moderate_stats_t *stats)
{
    u_char                           name[NGX_HTTP_MODERATE_STATS_NAME + 1];
    json_t                          *json;
    ngx_int_t                        rc;
    ngx_uint_t                       i;
    ngx_http_moderate_site_stats_t  *site;

    json = json_object();
    rc = NGX_OK;

    for (i = 0; i < stats->nsites; i++) {
        site = &stats->sites[i];
        *ngx_cpymem(name, site->name, site->len) = '\0';

        rc |= json_object_set_new(json, (char *) name,
                                  ngx_http_moderate_json_site(site));
    }

    return ngx_http_moderate_json_checked(json, rc);
}


static json_t *
ngx_http_moderate_json_site(ngx_http_moderate_site_stats_t *site)
{
    ngx_atomic_t  *events;

    events = site->events;

    return json_pack("{s:o, s:o, s:I, s:I, s:I, s:I, s:{s:I, s:I, s:I}, s:I, "
                     "s:o, s:o}",
                     "submissions", ngx_http_moderate_json_submissions(site),
                     "unreadable", ngx_http_moderate_json_unreadable(site),
                     "out_of_budget",
                     (json_int_t) events[NGX_HTTP_MODERATE_STATS_BUDGET],
                     "without_counters",
                     (json_int_t) events[NGX_HTTP_MODERATE_STATS_NO_COUNTERS],
                     "store_failures",
                     (json_int_t) events[NGX_HTTP_MODERATE_STATS_NO_STORE],
                     "not_decrypted",
                     (json_int_t)
                         events[NGX_HTTP_MODERATE_STATS_NOT_DECRYPTED],
                     "deliveries",
                     "delivered",
                     (json_int_t) events[NGX_HTTP_MODERATE_STATS_DELIVERED],
                     "failed",
                     (json_int_t)
                         events[NGX_HTTP_MODERATE_STATS_NOT_DELIVERED],
                     "unknown",
                     (json_int_t) events[NGX_HTTP_MODERATE_STATS_UNCERTAIN],
                     "inspected_bytes",
                     (json_int_t) events[NGX_HTTP_MODERATE_STATS_BYTES],
                     "judging", ngx_http_moderate_json_judging(site),
                     "queue", ngx_http_moderate_json_queue(site));
}


/* null: no keeper has looked yet */

static json_t *
ngx_http_moderate_json_queue(ngx_http_moderate_site_stats_t *site)
{
    json_t                           *states, *categories, *line;
    ngx_int_t                         rc;
    vet_str_t                         name;
    ngx_uint_t                        i;
    ngx_http_moderate_queue_stats_t  *queue;

    queue = &site->queue;

    if (queue->time == 0) {
        return json_null();
    }

    states = json_object();
    categories = json_object();
    rc = NGX_OK;

    for (i = 0; i < NGX_HTTP_MODERATE_STATES; i++) {
        rc |= json_object_set_new(states,
                                  (char *) ngx_http_moderate_states[i].data,
                                  ngx_http_moderate_json_count(
                                      queue->states[i]));
    }

    for (i = 0; i < NGX_HTTP_MODERATE_CATEGORIES; i++) {
        name = vet_category(i);

        if (name.len == 0) {
            break;
        }

        line = json_pack("{s:I, s:I}",
                         "waiting", (json_int_t) queue->categories[i].waiting,
                         "age", (json_int_t) ngx_http_moderate_stats_age(
                                    queue->categories[i].oldest));

        rc |= json_object_set_new(categories, (char *) name.data, line);
    }

    line = json_pack("{s:I, s:I, s:I, s:b, s:o, s:o}",
                     "waiting", (json_int_t) queue->waiting,
                     "age", (json_int_t) ngx_http_moderate_stats_age(
                                queue->oldest),
                     "limit", (json_int_t) queue->limit,
                     "overdue", ngx_http_moderate_stats_overdue(queue),
                     "states", states, "categories", categories);

    return ngx_http_moderate_json_checked(line, rc);
}


static json_t *
ngx_http_moderate_json_submissions(ngx_http_moderate_site_stats_t *site)
{
    json_t      *json;
    ngx_int_t    rc;
    ngx_str_t   *name;
    ngx_uint_t   dry_run, i;

    json = json_object();
    rc = NGX_OK;

    for (dry_run = 0; dry_run < 2; dry_run++) {
        for (i = 0; i < NGX_HTTP_MODERATE_VERDICTS; i++) {
            name = ngx_http_moderate_verdict_name(i, dry_run);

            rc |= json_object_set_new(json, (char *) name->data,
                         ngx_http_moderate_json_count(
                             site->verdicts[i][dry_run]));
        }
    }

    return ngx_http_moderate_json_checked(json, rc);
}


static json_t *
ngx_http_moderate_json_unreadable(ngx_http_moderate_site_stats_t *site)
{
    json_t      *json;
    ngx_int_t    rc;
    ngx_uint_t   i;

    json = json_object();
    rc = NGX_OK;

    for (i = VET_READABLE + 1; i < VET_UNREADABLE_N; i++) {
        rc |= json_object_set_new(json, vet_unreadable_name(i),
                        ngx_http_moderate_json_count(site->unreadable[i]));
    }

    return ngx_http_moderate_json_checked(json, rc);
}


static json_t *
ngx_http_moderate_json_judging(ngx_http_moderate_site_stats_t *site)
{
    u_char      *p, name[NGX_INT_T_LEN + 1];
    json_t      *buckets;
    ngx_int_t    rc;
    ngx_uint_t   i;
    json_int_t   count;

    buckets = json_object();
    rc = NGX_OK;
    count = 0;

    for (i = 0; i <= NGX_HTTP_MODERATE_STATS_BUCKETS; i++) {
        count += site->took[i];

        p = (i < NGX_HTTP_MODERATE_STATS_BUCKETS)
            ? ngx_sprintf(name, "%ui", ngx_http_moderate_stats_bounds[i])
            : ngx_sprintf(name, "+Inf");
        *p = '\0';

        rc |= json_object_set_new(buckets, (char *) name, json_integer(count));
    }

    return json_pack("{s:I, s:I, s:o}", "count", count,
                     "microseconds", (json_int_t) site->microseconds,
                     "buckets", ngx_http_moderate_json_checked(buckets, rc));
}


static json_t *
ngx_http_moderate_json_rules(ngx_http_moderate_stats_t *stats)
{
    u_char                           id[NGX_HTTP_MODERATE_STATS_NAME + 1];
    json_t                          *json, *one;
    ngx_int_t                        rc;
    ngx_uint_t                       i;
    ngx_http_moderate_rule_stats_t  *rule;

    json = json_object();
    rc = NGX_OK;

    for (i = 0; i < NGX_HTTP_MODERATE_STATS_SLOTS; i++) {
        rule = &stats->rules[i];

        if (rule->len == 0) {
            continue;
        }

        ngx_memory_barrier();
        *ngx_cpymem(id, rule->id, rule->len) = '\0';

        one = json_pack("{s:I, s:I, s:I, s:I, s:I}",
                        "hits", (json_int_t) rule->hits,
                        "held", (json_int_t) rule->held,
                        "rejected", (json_int_t) rule->rejected,
                        "overturned", (json_int_t) rule->overturned,
                        "confirmed", (json_int_t) rule->confirmed);

        rc |= json_object_set_new(json, (char *) id, one);
    }

    return ngx_http_moderate_json_checked(json, rc);
}


static json_t *
ngx_http_moderate_json_shadows(ngx_http_moderate_status_t *status)
{
    json_t                            *json, *one;
    ngx_int_t                          rc;
    ngx_str_t                          place;
    ngx_uint_t                         i;
    ngx_http_moderate_shadow_stats_t  *shadow;

    json = json_array();
    rc = NGX_OK;
    shadow = status->shadows.elts;

    for (i = 0; i < status->shadows.nelts; i++) {
        place = ngx_http_moderate_stats_message(status, &shadow[i].place);

        one = json_pack("{s:s%, s:s%, s:s%, s:I}",
                        "rule", shadow[i].id, shadow[i].len,
                        "version", shadow[i].version, shadow[i].version_len,
                        "place", place.data, place.len,
                        "since", (json_int_t) shadow[i].since);

        rc |= json_array_append_new(json, one);
    }

    return ngx_http_moderate_json_checked(json, rc);
}


static json_t *
ngx_http_moderate_json_full(ngx_http_moderate_stats_t *stats)
{
    json_t      *json;
    ngx_int_t    rc;
    ngx_uint_t   i;

    json = json_object();
    rc = NGX_OK;

    for (i = 0; i < NGX_HTTP_MODERATE_STATS_TABLES; i++) {
        rc |= json_object_set_new(json,
                         (char *) ngx_http_moderate_stats_tables[i].data,
                         ngx_http_moderate_json_count(stats->full[i]));
    }

    return ngx_http_moderate_json_checked(json, rc);
}


static json_t *
ngx_http_moderate_json_workers(ngx_http_moderate_status_t *status)
{
    json_t                             *json;
    ngx_int_t                           rc;
    ngx_uint_t                          i;
    ngx_http_moderate_worker_stats_t  **worker;

    json = json_array();
    rc = NGX_OK;
    worker = status->workers.elts;

    for (i = 0; i < status->workers.nelts; i++) {
        rc |= json_array_append_new(json,
                      ngx_http_moderate_json_worker(status, worker[i]));
    }

    return ngx_http_moderate_json_checked(json, rc);
}


static json_t *
ngx_http_moderate_json_worker(ngx_http_moderate_status_t *status,
    ngx_http_moderate_worker_stats_t *worker)
{
    json_t                           *sets, *redis;
    ngx_int_t                         rc;
    ngx_uint_t                        i;
    ngx_http_moderate_redis_stats_t  *queue, *counters;

    sets = json_array();
    rc = NGX_OK;

    for (i = 0; i < worker->nsets; i++) {
        rc |= json_array_append_new(sets,
                 ngx_http_moderate_json_set(status, worker,
                                            &worker->sets[i]));
    }

    queue = ngx_http_moderate_stats_redis_of(worker, 0);
    counters = ngx_http_moderate_stats_redis_of(worker, 1);

    redis = json_pack("{s:o, s:o}",
                      "queue", ngx_http_moderate_json_redis(status, queue),
                      "counters",
                      ngx_http_moderate_json_redis(status, counters));

    return json_pack("{s:I, s:I, s:b, s:o, s:o}",
                     "pid", (json_int_t) worker->pid,
                     "started", (json_int_t) worker->started,
                     "leaving", worker->generation != status->newest,
                     "rulesets", ngx_http_moderate_json_checked(sets, rc),
                     "redis", redis);
}


static json_t *
ngx_http_moderate_json_set(ngx_http_moderate_status_t *status,
    ngx_http_moderate_worker_stats_t *worker,
    ngx_http_moderate_set_stats_t *set)
{
    json_t     *canary;
    ngx_str_t   name;

    name = ngx_http_moderate_stats_paths(status, worker, set);

    canary = (set->canary_len == 0) ? json_null()
             : json_pack("{s:s%, s:I}", "version", set->canary,
                         set->canary_len, "share", (json_int_t) set->share);

    return json_pack("{s:s%, s:s%, s:o, s:I, s:I, s:I, s:I, s:b, s:I, s:I, "
                     "s:o}",
                     "paths", name.data, name.len,
                     "version", set->version, set->version_len,
                     "canary", canary,
                     "rules", (json_int_t) set->rules,
                     "limits", (json_int_t) set->limits,
                     "loaded", (json_int_t) set->loaded,
                     "swaps", (json_int_t) set->swaps,
                     "watched", set->watched != 0,
                     "failures", (json_int_t) set->failures,
                     "problems", (json_int_t) set->problems,
                     "error", ngx_http_moderate_json_message(status,
                                                             &set->error));
}


static json_t *
ngx_http_moderate_json_redis(ngx_http_moderate_status_t *status,
    ngx_http_moderate_redis_stats_t *redis)
{
    if (redis == NULL) {
        return json_null();
    }

    return json_pack("{s:b, s:b, s:b, s:o, s:o}",
                     "connected", redis->connected != 0,
                     "late", redis->late != 0,
                     "refused", redis->refused != 0,
                     "error",
                     ngx_http_moderate_json_message(status, &redis->error),
                     "unsafe",
                     ngx_http_moderate_json_message(status, &redis->unsafe));
}


static json_t *
ngx_http_moderate_json_message(ngx_http_moderate_status_t *status,
    ngx_http_moderate_stats_text_t *text)
{
    ngx_str_t  shown;

    if (text->len == 0) {
        return json_null();
    }

    shown = ngx_http_moderate_stats_message(status, text);

    return json_pack("{s:I, s:s%}", "time", (json_int_t) text->time,
                     "message", shown.data, shown.len);
}


static json_t *
ngx_http_moderate_json_count(ngx_atomic_t count)
{
    return json_integer((json_int_t) count);
}


static json_t *
ngx_http_moderate_json_checked(json_t *json, ngx_int_t rc)
{
    if (rc == NGX_OK) {
        return json;
    }

    json_decref(json);

    return NULL;
}
