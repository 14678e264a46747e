
/*
 * Copyright (C) the moderate authors
 *
 * What a worker says of itself: its rule sets and its Redis.  Each worker has
 * a block of the zone, made when it starts; what it says is seen by all.
 */


#include "ngx_http_moderate_stats.h"


static ngx_http_moderate_worker_stats_t *ngx_http_moderate_stats_block(
    ngx_http_moderate_main_conf_t *mmcf);
static void ngx_http_moderate_stats_bury(ngx_http_moderate_main_conf_t *mmcf);
static void ngx_http_moderate_stats_lock(void);
static void ngx_http_moderate_stats_unlock(void);
static void ngx_http_moderate_stats_write(
    ngx_http_moderate_stats_text_t *text, const u_char *data, size_t len);


void
ngx_http_moderate_stats_start(ngx_http_moderate_main_conf_t *mmcf,
    ngx_cycle_t *cycle)
{
    u_char                            *p;
    vet_str_t                         *path;
    ngx_uint_t                         i, j;
    ngx_http_moderate_rules_t        **rules;
    ngx_http_moderate_worker_stats_t  *worker;

    worker = ngx_http_moderate_stats_block(mmcf);

    if (worker == NULL) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "no room in the zone \"moderate\": \"moderate_status\" "
                      "does not list this worker");
        return;
    }

    mmcf->worker_stats = worker;
    rules = mmcf->rules.elts;

    p = (u_char *) &worker->sets[worker->nsets];

    for (i = 0; i < worker->nsets; i++) {
        worker->sets[i].name = p - (u_char *) worker;

        if (rules[i]->fleet != NULL) {
            p = ngx_cpymem(p, rules[i]->name.data, rules[i]->name.len);
        }

        path = rules[i]->paths.elts;

        for (j = 0; j < rules[i]->paths.nelts; j++) {
            if (j > 0 || rules[i]->fleet != NULL) {
                *p++ = ' ';
            }

            p = ngx_cpymem(p, path[j].data, path[j].len);
        }

        worker->sets[i].name_len = p - (u_char *) worker
                                   - worker->sets[i].name;

        rules[i]->stats = &worker->sets[i];
        ngx_http_moderate_stats_set(rules[i]);
    }

    worker->nredis = (mmcf->queue != NULL)
                     + (mmcf->counters != NULL
                        && mmcf->counters != mmcf->queue);

    ngx_shmtx_lock(&mmcf->stats_pool->mutex);
    ngx_queue_insert_tail(&mmcf->stats->workers, &worker->queue);
    ngx_shmtx_unlock(&mmcf->stats_pool->mutex);
}


static ngx_http_moderate_worker_stats_t *
ngx_http_moderate_stats_block(ngx_http_moderate_main_conf_t *mmcf)
{
    size_t                             size;
    vet_str_t                         *path;
    ngx_uint_t                         i, j;
    ngx_http_moderate_rules_t        **rules;
    ngx_http_moderate_worker_stats_t  *worker;

    size = sizeof(ngx_http_moderate_worker_stats_t)
           + mmcf->rules.nelts * sizeof(ngx_http_moderate_set_stats_t);

    rules = mmcf->rules.elts;

    for (i = 0; i < mmcf->rules.nelts; i++) {
        path = rules[i]->paths.elts;

        for (j = 0; j < rules[i]->paths.nelts; j++) {
            size += path[j].len + 1;
        }

        size += rules[i]->name.len + 1;
    }

    ngx_http_moderate_stats_bury(mmcf);

    worker = ngx_slab_calloc(mmcf->stats_pool, size);

    if (worker == NULL) {
        (void) ngx_atomic_fetch_add(
                 &mmcf->stats->full[NGX_HTTP_MODERATE_STATS_FULL_WORKERS], 1);
        return NULL;
    }

    worker->size = size;
    worker->pid = ngx_pid;
    worker->slot = ngx_process_slot;
    worker->generation = mmcf->generation;
    worker->started = ngx_time();
    worker->nsets = mmcf->rules.nelts;

    return worker;
}


/* a worker that crashed has left its block; a process slot has one owner */

static void
ngx_http_moderate_stats_bury(ngx_http_moderate_main_conf_t *mmcf)
{
    ngx_queue_t                       *q, *next;
    ngx_http_moderate_worker_stats_t  *worker;

    ngx_shmtx_lock(&mmcf->stats_pool->mutex);

    for (q = ngx_queue_head(&mmcf->stats->workers);
         q != ngx_queue_sentinel(&mmcf->stats->workers);
         q = next)
    {
        next = ngx_queue_next(q);
        worker = ngx_queue_data(q, ngx_http_moderate_worker_stats_t, queue);

        if (worker->slot == ngx_process_slot
            || (kill(worker->pid, 0) == -1 && ngx_errno == NGX_ESRCH))
        {
            ngx_queue_remove(q);
            ngx_slab_free_locked(mmcf->stats_pool, worker);
        }
    }

    ngx_shmtx_unlock(&mmcf->stats_pool->mutex);
}


void
ngx_http_moderate_stats_stop(ngx_http_moderate_main_conf_t *mmcf)
{
    ngx_uint_t                   i;
    ngx_http_moderate_rules_t  **rules;

    if (mmcf->worker_stats == NULL) {
        return;
    }

    rules = mmcf->rules.elts;

    for (i = 0; i < mmcf->rules.nelts; i++) {
        rules[i]->stats = NULL;
    }

    ngx_shmtx_lock(&mmcf->stats_pool->mutex);

    ngx_queue_remove(&mmcf->worker_stats->queue);
    ngx_slab_free_locked(mmcf->stats_pool, mmcf->worker_stats);

    ngx_shmtx_unlock(&mmcf->stats_pool->mutex);

    mmcf->worker_stats = NULL;
}


ngx_http_moderate_redis_stats_t *
ngx_http_moderate_stats_redis(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_redis_t *redis)
{
    if (mmcf->worker_stats == NULL) {
        return NULL;
    }

    return &mmcf->worker_stats->redis[redis != mmcf->queue];
}


/* a set has been loaded */

void
ngx_http_moderate_stats_set(ngx_http_moderate_rules_t *rules)
{
    vet_str_t                       version;
    vet_ruleset_t                  *ruleset;
    ngx_http_moderate_set_stats_t  *set;

    set = rules->stats;

    if (set == NULL) {
        return;
    }

    ruleset = rules->live->ruleset;
    version = vet_ruleset_version(ruleset);

    ngx_http_moderate_stats_lock();

    set->version_len = ngx_min(version.len, NGX_HTTP_MODERATE_STATS_NAME);
    ngx_memcpy(set->version, version.data, set->version_len);

    set->canary_len = 0;
    set->share = 0;

    if (rules->canary != NULL) {
        version = vet_ruleset_version(rules->canary->ruleset);

        set->canary_len = ngx_min(version.len, NGX_HTTP_MODERATE_STATS_NAME);
        ngx_memcpy(set->canary, version.data, set->canary_len);
        set->share = rules->share;
    }

    set->rules = vet_ruleset_rules(ruleset);
    (void) vet_ruleset_limits(ruleset, &set->limits);

    set->loaded = rules->loaded;
    set->swaps = rules->swaps;
    set->problems = 0;
    set->error.len = 0;

    ngx_http_moderate_stats_unlock();
}


/* a set could not be; the message is the first of so many problems */

void
ngx_http_moderate_stats_set_failed(ngx_http_moderate_rules_t *rules,
    const u_char *data, size_t len, size_t problems)
{
    ngx_http_moderate_set_stats_t  *set;

    set = rules->stats;

    if (set == NULL) {
        return;
    }

    ngx_http_moderate_stats_lock();

    set->failures++;
    set->problems = problems;
    ngx_http_moderate_stats_write(&set->error, data, len);

    ngx_http_moderate_stats_unlock();
}


void
ngx_http_moderate_stats_redis_error(ngx_http_moderate_redis_stats_t *stats,
    const u_char *data, size_t len)
{
    if (stats != NULL) {
        ngx_http_moderate_stats_lock();
        ngx_http_moderate_stats_write(&stats->error, data, len);
        ngx_http_moderate_stats_unlock();
    }
}


void
ngx_http_moderate_stats_redis_unsafe(ngx_http_moderate_redis_stats_t *stats,
    const u_char *data, size_t len)
{
    if (stats != NULL) {
        ngx_http_moderate_stats_lock();
        ngx_http_moderate_stats_write(&stats->unsafe, data, len);
        ngx_http_moderate_stats_unlock();
    }
}


void
ngx_http_moderate_stats_redis_state(ngx_http_moderate_redis_stats_t *stats,
    ngx_uint_t connected, ngx_uint_t late, ngx_uint_t refused)
{
    if (stats != NULL) {
        stats->connected = connected;
        stats->late = late;
        stats->refused = refused;
    }
}


/* what is longer is cut, with a mark, when it is shown */

static void
ngx_http_moderate_stats_write(ngx_http_moderate_stats_text_t *text,
    const u_char *data, size_t len)
{
    text->time = ngx_time();
    text->len = ngx_min(len, NGX_HTTP_MODERATE_STATS_TEXT);

    if (text->len) {
        ngx_memcpy(text->data, data, text->len);
    }
}


static void
ngx_http_moderate_stats_lock(void)
{
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                               ngx_http_moderate_module);

    ngx_shmtx_lock(&mmcf->stats_pool->mutex);
}


static void
ngx_http_moderate_stats_unlock(void)
{
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                               ngx_http_moderate_module);

    ngx_shmtx_unlock(&mmcf->stats_pool->mutex);
}


ngx_int_t
ngx_http_moderate_stats_workers(ngx_http_moderate_main_conf_t *mmcf,
    ngx_pool_t *pool, ngx_array_t *workers)
{
    ngx_int_t                           rc;
    ngx_queue_t                        *q;
    ngx_http_moderate_worker_stats_t   *worker, **copy;

    if (ngx_array_init(workers, pool, 16, sizeof(void *)) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = NGX_OK;

    ngx_shmtx_lock(&mmcf->stats_pool->mutex);

    for (q = ngx_queue_head(&mmcf->stats->workers);
         q != ngx_queue_sentinel(&mmcf->stats->workers);
         q = ngx_queue_next(q))
    {
        worker = ngx_queue_data(q, ngx_http_moderate_worker_stats_t, queue);

        if (kill(worker->pid, 0) == -1 && ngx_errno == NGX_ESRCH) {
            continue;
        }

        copy = ngx_array_push(workers);
        if (copy == NULL) {
            rc = NGX_ERROR;
            break;
        }

        *copy = ngx_palloc(pool, worker->size);
        if (*copy == NULL) {
            rc = NGX_ERROR;
            break;
        }

        ngx_memcpy(*copy, worker, worker->size);
    }

    ngx_shmtx_unlock(&mmcf->stats_pool->mutex);

    return rc;
}
