
/*
 * Copyright (C) the moderate authors
 *
 * A worker follows what is active under a name: it asks Redis each second for
 * the number of the log's last entry, reads that when it has changed, and
 * loads what it names in a thread, from disk or from Redis.  Where that does
 * not work the last good set stays.
 */


#include "ngx_http_moderate_background.h"
#include "ngx_http_moderate_fleet.h"
#include "ngx_http_moderate_judge.h"
#include "ngx_http_moderate_stats.h"

#include <ngx_thread_pool.h>


#define NGX_HTTP_MODERATE_FLEET_ASK    1000     /* ms, and some chance */
#define NGX_HTTP_MODERATE_FLEET_AGAIN  10       /* s, after trouble */
#define NGX_HTTP_MODERATE_FLEET_SOON   2        /* s, with a damaged copy */
#define NGX_HTTP_MODERATE_FLEET_HASHED (64 * 1024)      /* bytes of a body */

#define NGX_HTTP_MODERATE_FLEET_ACTIVE  1
#define NGX_HTTP_MODERATE_FLEET_CANARY  2


typedef struct {
    ngx_http_moderate_fleet_t   *fleet;
    ngx_http_moderate_set_t     *old;   /* that it will follow, referred to */
    ngx_http_moderate_bundle_t   bundle;
    int                          rc;
} ngx_http_moderate_fleet_load_t;


typedef struct {
    ngx_http_moderate_fleet_t   *fleet;
    char                         version[NGX_HTTP_MODERATE_FLEET_VERSION + 1];
    char                         canary[NGX_HTTP_MODERATE_FLEET_VERSION + 1];
    int                          rc;
    int                          err;
} ngx_http_moderate_fleet_keep_t;


static ngx_int_t ngx_http_moderate_fleet_from_disk(ngx_conf_t *cf,
    ngx_http_moderate_rules_t *rules);
static void ngx_http_moderate_fleet_timer(ngx_event_t *ev);
static void ngx_http_moderate_fleet_flush(ngx_http_moderate_fleet_t *fleet);
static void ngx_http_moderate_fleet_number(void *data, ngx_int_t rc);
static void ngx_http_moderate_fleet_wanted(void *data, ngx_int_t rc);
static void ngx_http_moderate_fleet_step(ngx_http_moderate_fleet_t *fleet);
static void ngx_http_moderate_fleet_load(ngx_http_moderate_fleet_t *fleet,
    ngx_uint_t which);
static ngx_int_t ngx_http_moderate_fleet_post(
    ngx_http_moderate_fleet_t *fleet, u_char *data, size_t len);
static void ngx_http_moderate_fleet_thread(void *data, ngx_log_t *log);
static void ngx_http_moderate_fleet_bundle(void *data);
static void ngx_http_moderate_fleet_loaded(ngx_event_t *ev);
static void ngx_http_moderate_fleet_use(ngx_http_moderate_fleet_t *fleet,
    vet_ruleset_t *ruleset);
static void ngx_http_moderate_fleet_fetched(void *data, ngx_int_t rc);
static void ngx_http_moderate_fleet_give_up(ngx_http_moderate_fleet_t *fleet);
static void ngx_http_moderate_fleet_later(ngx_http_moderate_fleet_t *fleet);
static void ngx_http_moderate_fleet_keep(ngx_http_moderate_fleet_t *fleet);
static void ngx_http_moderate_fleet_keep_thread(void *data, ngx_log_t *log);
static void ngx_http_moderate_fleet_kept(ngx_event_t *ev);
static ngx_thread_task_t *ngx_http_moderate_fleet_task(size_t size,
    void (*thread)(void *data, ngx_log_t *log), ngx_event_handler_pt handler);


/* configuration */


/* rules->name is "redis:NAME" */

ngx_int_t
ngx_http_moderate_fleet_begin(ngx_conf_t *cf,
    ngx_http_moderate_rules_t *rules)
{
    u_char                         *p;
    ngx_http_moderate_fleet_t      *fleet;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_moderate_module);

    fleet = ngx_pcalloc(cf->pool, sizeof(ngx_http_moderate_fleet_t));
    if (fleet == NULL) {
        return NGX_ERROR;
    }

    fleet->rules = rules;
    fleet->name.data = rules->name.data + 6;
    fleet->name.len = rules->name.len - 6;

    if (!ngx_http_moderate_fleet_name_ok(fleet->name.data, fleet->name.len)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "bad name in \"%V\", expected \"redis:NAME\" with 1 "
                           "to %d letters, digits, \".\", \"_\" and \"-\"",
                           &rules->name, NGX_HTTP_MODERATE_FLEET_NAME);
        return NGX_ERROR;
    }

    if (mmcf->rules_cache == NULL || mmcf->queue == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" needs \"moderate_redis\" and "
                           "\"moderate_rules_cache\" before it", &rules->name);
        return NGX_ERROR;
    }

    p = ngx_pnalloc(cf->pool, mmcf->rules_cache->name.len + 1
                              + fleet->name.len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    *ngx_sprintf(p, "%V/%V", &mmcf->rules_cache->name, &fleet->name) = '\0';

    fleet->dir = (char *) p;
    rules->fleet = fleet;

    if (ngx_http_moderate_fleet_from_disk(cf, rules) == NGX_OK) {
        return NGX_OK;
    }

    if (rules->paths.nelts) {
        return ngx_http_moderate_rules_load(cf, rules);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"%V\" has no copy in \"%s\" yet, expected rule files "
                       "to begin with, as in \"moderate_rules %V /path;\"",
                       &rules->name, fleet->dir, &rules->name);

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_moderate_fleet_from_disk(ngx_conf_t *cf,
    ngx_http_moderate_rules_t *rules)
{
    int                         rc;
    size_t                      i;
    ngx_http_moderate_fleet_t  *fleet;
    ngx_http_moderate_bundle_t  bundle;

    fleet = rules->fleet;

    ngx_memzero(&bundle, sizeof(ngx_http_moderate_bundle_t));
    bundle.dir = fleet->dir;

    if (ngx_http_moderate_bundle_begins_with(fleet->dir, bundle.version)
        != VET_OK)
    {
        return NGX_DECLINED;
    }

    rc = ngx_http_moderate_bundle_load(&bundle);

    ngx_http_moderate_rules_warm(bundle.ruleset, NULL, NULL);

    if (rc != VET_OK) {

        for (i = 0; i < bundle.errors.n && i < VET_ERRORS_MAX; i++) {
            ngx_log_error(NGX_LOG_ERR, cf->log, 0, "%s",
                          bundle.errors.text[i]);
        }

        ngx_log_error(NGX_LOG_ERR, cf->log, 0,
                      "rules \"%V\": the copy of version %s in \"%s\" cannot "
                      "be used", &rules->name, bundle.version, fleet->dir);

        return NGX_DECLINED;
    }

    if (ngx_http_moderate_rules_set(rules, bundle.ruleset) != NGX_OK) {
        vet_ruleset_destroy(bundle.ruleset);
        return NGX_ERROR;
    }

    ngx_memcpy(fleet->live, bundle.version, sizeof(fleet->live));
    ngx_memcpy(fleet->begins, bundle.version, sizeof(fleet->begins));

    return NGX_OK;
}


/* the worker */


void
ngx_http_moderate_fleet_start(ngx_http_moderate_rules_t *rules,
    ngx_cycle_t *cycle)
{
    ngx_http_moderate_fleet_t      *fleet;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_moderate_module);

    fleet = rules->fleet;

    fleet->revision = NGX_MAX_UINT32_VALUE;
    fleet->ask.redis = mmcf->queue;
    fleet->ask.name = fleet->name;
    fleet->ask.data = fleet;

    fleet->timer.handler = ngx_http_moderate_fleet_timer;
    fleet->timer.data = fleet;
    fleet->timer.log = cycle->log;
    fleet->timer.cancelable = 1;

    ngx_add_timer(&fleet->timer, 1);
}


void
ngx_http_moderate_fleet_stop(ngx_http_moderate_rules_t *rules)
{
    ngx_http_moderate_fleet_ask_end(&rules->fleet->ask);
}


static void
ngx_http_moderate_fleet_timer(ngx_event_t *ev)
{
    ngx_http_moderate_fleet_t *fleet = ev->data;

    ngx_http_moderate_fleet_flush(fleet);

    if (ngx_exiting) {
        return;
    }

    ngx_add_timer(ev, NGX_HTTP_MODERATE_FLEET_ASK
                      + ngx_random() % (NGX_HTTP_MODERATE_FLEET_ASK / 4));

    if (fleet->busy || ngx_time() < fleet->again) {
        return;
    }

    fleet->ask.handler = ngx_http_moderate_fleet_number;

    if (ngx_http_moderate_fleet_ask_revision(&fleet->ask) == NGX_OK) {
        fleet->busy = 1;
    }
}


/* what Redis does not take now is tried again, and added to meanwhile */

static void
ngx_http_moderate_fleet_flush(ngx_http_moderate_fleet_t *fleet)
{
    ngx_uint_t                        i, k, n;
    ngx_http_moderate_fleet_count_t  *count;

    for (i = 0; i < NGX_HTTP_MODERATE_FLEET_COUNTED; i++) {
        count = &fleet->counts[i];
        n = 0;

        for (k = 0; k < NGX_HTTP_MODERATE_VERDICTS; k++) {
            n += count->n[k];
        }

        if (n != 0
            && ngx_http_moderate_fleet_add_counts(fleet->ask.redis,
                                                  &fleet->name,
                                                  count->version, count->n)
               == NGX_OK)
        {
            ngx_memzero(count, sizeof(ngx_http_moderate_fleet_count_t));
        }
    }
}


static void
ngx_http_moderate_fleet_number(void *data, ngx_int_t rc)
{
    ngx_http_moderate_fleet_t *fleet = data;

    fleet->busy = 0;

    if (rc != NGX_OK || fleet->ask.revision == fleet->revision) {
        return;
    }

    if (fleet->ask.revision == 0) {
        fleet->revision = 0;

        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "rules \"%V\": Redis has none, what is in use stays",
                      &fleet->rules->name);
        return;
    }

    fleet->ask.handler = ngx_http_moderate_fleet_wanted;

    if (ngx_http_moderate_fleet_ask_entry(&fleet->ask) == NGX_OK) {
        fleet->busy = 1;
    }
}


static void
ngx_http_moderate_fleet_wanted(void *data, ngx_int_t rc)
{
    ngx_http_moderate_fleet_t *fleet = data;

    vet_errors_t  errors;

    fleet->busy = 0;

    if (rc != NGX_OK) {
        return;
    }

    if (ngx_http_moderate_fleet_read(fleet->ask.entry, &fleet->state)
        != NGX_OK
        || fleet->state.revision != fleet->ask.revision)
    {
        ngx_memzero(&errors, sizeof(vet_errors_t));
        errors.n = 1;
        (void) snprintf(errors.text[0], VET_ERROR_LEN, "what Redis has of "
                        "the log of rule set \"%.*s\" is no entry",
                        (int) fleet->name.len, fleet->name.data);

        ngx_http_moderate_rules_failed(fleet->rules, &errors);

        fleet->revision = fleet->ask.revision;
        return;
    }

    ngx_http_moderate_fleet_step(fleet);
}


/* the next thing that is not as it should be; each of them leads back here */

static void
ngx_http_moderate_fleet_step(ngx_http_moderate_fleet_t *fleet)
{
    ngx_http_moderate_rules_t        *rules;
    ngx_http_moderate_fleet_state_t  *state;

    rules = fleet->rules;
    state = &fleet->state;

    if (state->active[0] == '\0') {
        fleet->revision = state->revision;
        return;
    }

    if (ngx_strcmp(state->active, fleet->live) != 0) {

        if (ngx_strcmp(state->active, fleet->canary) != 0) {
            ngx_http_moderate_fleet_load(fleet,
                                         NGX_HTTP_MODERATE_FLEET_ACTIVE);
            return;
        }

        ngx_http_moderate_rules_promote(rules);

        ngx_memcpy(fleet->live, state->active, sizeof(fleet->live));
        fleet->canary[0] = '\0';
    }

    if (ngx_strcmp(state->canary, fleet->canary) != 0) {

        if (state->canary[0] != '\0') {
            ngx_http_moderate_fleet_load(fleet,
                                         NGX_HTTP_MODERATE_FLEET_CANARY);
            return;
        }

        (void) ngx_http_moderate_rules_canary(rules, NULL);
        fleet->canary[0] = '\0';
    }

    rules->share = state->share;
    fleet->revision = state->revision;

    ngx_http_moderate_stats_set(rules);

    if (ngx_strcmp(fleet->begins, fleet->live) != 0) {
        ngx_http_moderate_fleet_keep(fleet);
    }
}


static void
ngx_http_moderate_fleet_load(ngx_http_moderate_fleet_t *fleet,
    ngx_uint_t which)
{
    fleet->loading = which;
    fleet->damaged = 0;

    if (ngx_http_moderate_fleet_post(fleet, NULL, 0) != NGX_OK) {
        ngx_http_moderate_fleet_later(fleet);
    }
}


/* data is taken over in any case */

static ngx_int_t
ngx_http_moderate_fleet_post(ngx_http_moderate_fleet_t *fleet, u_char *data,
    size_t len)
{
    ngx_thread_task_t                *task;
    ngx_http_moderate_main_conf_t    *mmcf;
    ngx_http_moderate_fleet_load_t   *load;
    ngx_http_moderate_fleet_state_t  *state;

    mmcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                               ngx_http_moderate_module);

    task = ngx_http_moderate_fleet_task(sizeof(ngx_http_moderate_fleet_load_t),
                                        ngx_http_moderate_fleet_thread,
                                        ngx_http_moderate_fleet_loaded);
    if (task == NULL) {
        free(data);
        return NGX_ERROR;
    }

    state = &fleet->state;

    load = task->ctx;
    load->fleet = fleet;
    load->old = fleet->rules->live;
    load->bundle.dir = fleet->dir;
    load->bundle.data = data;
    load->bundle.len = len;
    load->bundle.damaged = fleet->damaged;

    if (fleet->loading == NGX_HTTP_MODERATE_FLEET_ACTIVE) {
        ngx_memcpy(load->bundle.version, state->active,
                   sizeof(state->active));
        ngx_memcpy(load->bundle.digest, state->active_digest,
                   sizeof(state->active_digest));

    } else {
        ngx_memcpy(load->bundle.version, state->canary,
                   sizeof(state->canary));
        ngx_memcpy(load->bundle.digest, state->canary_digest,
                   sizeof(state->canary_digest));
    }

    if (ngx_thread_task_post(mmcf->thread_pool, task) != NGX_OK) {
        free(data);
        ngx_free(task);
        return NGX_ERROR;
    }

    load->old->refs++;
    fleet->busy = 1;

    return NGX_OK;
}


/* in a thread: the engine and libc only */

static void
ngx_http_moderate_fleet_thread(void *data, ngx_log_t *log)
{
    ngx_http_moderate_background(ngx_http_moderate_fleet_bundle, data);
}


static void
ngx_http_moderate_fleet_bundle(void *data)
{
    ngx_http_moderate_fleet_load_t *load = data;

    ngx_http_moderate_rest_t  rest;

    load->bundle.rest = ngx_http_moderate_rest(&rest);

    load->rc = (load->bundle.data == NULL)
               ? ngx_http_moderate_bundle_load(&load->bundle)
               : ngx_http_moderate_bundle_write(&load->bundle);

    ngx_http_moderate_rules_warm(load->bundle.ruleset, load->old,
                                 load->bundle.rest);
    load->bundle.rest = NULL;
}


static void
ngx_http_moderate_fleet_loaded(ngx_event_t *ev)
{
    ngx_thread_task_t               *task;
    ngx_http_moderate_fleet_t       *fleet;
    ngx_http_moderate_fleet_load_t  *load;

    task = ev->data;
    load = task->ctx;
    fleet = load->fleet;

    fleet->busy = 0;
    free(load->bundle.data);
    ngx_http_moderate_set_release(load->old);

    if (load->rc == VET_OK) {
        ngx_http_moderate_fleet_use(fleet, load->bundle.ruleset);

    } else if (load->bundle.data == NULL) {

        /* the disk has none, or none that can be used */

        fleet->damaged = (load->bundle.damaged != 0);

        ngx_memcpy(fleet->ask.version, load->bundle.version,
                   sizeof(load->bundle.version));
        fleet->ask.handler = ngx_http_moderate_fleet_fetched;

        if (ngx_http_moderate_fleet_ask_bundle(&fleet->ask) == NGX_OK) {
            fleet->busy = 1;

        } else {
            ngx_http_moderate_fleet_later(fleet);
        }

    } else {
        ngx_http_moderate_rules_failed(fleet->rules, &load->bundle.errors);

        if (load->bundle.trouble) {
            ngx_http_moderate_fleet_later(fleet);

        } else {
            ngx_http_moderate_fleet_give_up(fleet);
        }
    }

    ngx_free(task);
}


static void
ngx_http_moderate_fleet_use(ngx_http_moderate_fleet_t *fleet,
    vet_ruleset_t *ruleset)
{
    ngx_http_moderate_fleet_state_t  *state;

    state = &fleet->state;

    if (fleet->loading == NGX_HTTP_MODERATE_FLEET_ACTIVE) {

        if (ngx_http_moderate_rules_swap(fleet->rules, ruleset) != NGX_OK) {
            ngx_http_moderate_fleet_give_up(fleet);
            return;
        }

        ngx_memcpy(fleet->live, state->active, sizeof(fleet->live));

    } else {

        if (ngx_http_moderate_rules_canary(fleet->rules, ruleset) != NGX_OK) {
            ngx_http_moderate_fleet_give_up(fleet);
            return;
        }

        ngx_memcpy(fleet->canary, state->canary, sizeof(fleet->canary));
    }

    ngx_http_moderate_fleet_step(fleet);
}


static void
ngx_http_moderate_fleet_fetched(void *data, ngx_int_t rc)
{
    ngx_http_moderate_fleet_t *fleet = data;

    u_char        *bundle;
    vet_errors_t   errors;

    fleet->busy = 0;

    bundle = fleet->ask.bundle;
    fleet->ask.bundle = NULL;

    if (rc == NGX_OK
        && ngx_http_moderate_fleet_post(fleet, bundle, fleet->ask.len)
           == NGX_OK)
    {
        return;
    }

    if (rc != NGX_OK) {
        free(bundle);
    }

    ngx_memzero(&errors, sizeof(vet_errors_t));
    errors.n = 1;
    (void) snprintf(errors.text[0], VET_ERROR_LEN, "version %s of rule set "
                    "\"%.*s\" cannot be fetched from Redis",
                    fleet->ask.version, (int) fleet->name.len,
                    fleet->name.data);

    ngx_http_moderate_rules_failed(fleet->rules, &errors);
    ngx_http_moderate_fleet_later(fleet);
}


/* until something is changed again; a canary is tried beside its active one */

static void
ngx_http_moderate_fleet_give_up(ngx_http_moderate_fleet_t *fleet)
{
    if (fleet->loading == NGX_HTTP_MODERATE_FLEET_ACTIVE
        || ngx_strcmp(fleet->canary, fleet->state.canary) != 0)
    {
        (void) ngx_http_moderate_rules_canary(fleet->rules, NULL);
        fleet->canary[0] = '\0';
    }

    fleet->revision = fleet->state.revision;
}


static void
ngx_http_moderate_fleet_later(ngx_http_moderate_fleet_t *fleet)
{
    fleet->again = ngx_time() + (fleet->damaged
                                 ? NGX_HTTP_MODERATE_FLEET_SOON
                                 : NGX_HTTP_MODERATE_FLEET_AGAIN);
}


/* nginx begins with it next time, with Redis or without */

static void
ngx_http_moderate_fleet_keep(ngx_http_moderate_fleet_t *fleet)
{
    ngx_thread_task_t               *task;
    ngx_http_moderate_main_conf_t   *mmcf;
    ngx_http_moderate_fleet_keep_t  *keep;

    mmcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                               ngx_http_moderate_module);

    task = ngx_http_moderate_fleet_task(sizeof(ngx_http_moderate_fleet_keep_t),
                                        ngx_http_moderate_fleet_keep_thread,
                                        ngx_http_moderate_fleet_kept);
    if (task == NULL) {
        return;
    }

    keep = task->ctx;
    keep->fleet = fleet;
    ngx_memcpy(keep->version, fleet->live, sizeof(fleet->live));
    ngx_memcpy(keep->canary, fleet->canary, sizeof(fleet->canary));

    if (ngx_thread_task_post(mmcf->thread_pool, task) != NGX_OK) {
        ngx_free(task);
        return;
    }

    fleet->busy = 1;
}


static void
ngx_http_moderate_fleet_keep_thread(void *data, ngx_log_t *log)
{
    ngx_http_moderate_fleet_keep_t *keep = data;

    keep->rc = ngx_http_moderate_bundle_begin_with(keep->fleet->dir,
                                                   keep->version,
                                                   keep->canary);
    keep->err = errno;
}


static void
ngx_http_moderate_fleet_kept(ngx_event_t *ev)
{
    ngx_thread_task_t               *task;
    ngx_http_moderate_fleet_t       *fleet;
    ngx_http_moderate_fleet_keep_t  *keep;

    task = ev->data;
    keep = task->ctx;
    fleet = keep->fleet;

    fleet->busy = 0;

    if (keep->rc == VET_OK) {
        ngx_memcpy(fleet->begins, keep->version, sizeof(fleet->begins));

    } else {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, keep->err,
                      "rules \"%V\": \"%s\" cannot note version %s as the one "
                      "to begin with", &fleet->rules->name, fleet->dir,
                      keep->version);
    }

    ngx_free(task);
}


static ngx_thread_task_t *
ngx_http_moderate_fleet_task(size_t size,
    void (*thread)(void *data, ngx_log_t *log), ngx_event_handler_pt handler)
{
    ngx_thread_task_t  *task;

    task = ngx_calloc(sizeof(ngx_thread_task_t) + size, ngx_cycle->log);

    if (task != NULL) {
        task->ctx = task + 1;
        task->handler = thread;
        task->event.handler = handler;
        task->event.data = task;
        task->event.log = ngx_cycle->log;
    }

    return task;
}


/* submissions */


void
ngx_http_moderate_fleet_choose(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx)
{
    u_char                          md[NGX_HTTP_MODERATE_KEYED_LEN];
    uint32_t                        n;
    ngx_str_t                       body;
    ngx_http_moderate_rules_t      *rules;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);
    rules = ctx->conf->rules;

    /* under the secret, so that nobody can choose by what is sent */

    body.data = ctx->body.data;
    body.len = ngx_min(ctx->body.len, NGX_HTTP_MODERATE_FLEET_HASHED);

    if (ngx_http_moderate_keyed(mmcf, &body, 1, md) != NGX_OK) {
        return;
    }

    ngx_memcpy(&n, md, sizeof(uint32_t));
    n ^= (uint32_t) ngx_crc32_short((u_char *) rules->fleet->canary,
                                    NGX_HTTP_MODERATE_FLEET_VERSION);

    if (n % NGX_HTTP_MODERATE_FLEET_SHARES >= rules->share) {
        return;
    }

    ngx_http_moderate_set_release(ctx->set);

    ctx->set = rules->canary;
    ctx->set->refs++;

    /* versions have one length */

    ngx_memcpy(ctx->ruleset.data,
               vet_ruleset_version(ctx->set->ruleset).data,
               ctx->ruleset.len);
}


void
ngx_http_moderate_fleet_count(ngx_http_moderate_ctx_t *ctx)
{
    ngx_uint_t                        i;
    ngx_http_moderate_fleet_t        *fleet;
    ngx_http_moderate_fleet_count_t  *count;

    fleet = ctx->conf->rules->fleet;

    for (i = 0; i < NGX_HTTP_MODERATE_FLEET_COUNTED; i++) {
        count = &fleet->counts[i];

        if (count->version[0] == '\0') {
            ngx_memcpy(count->version, ctx->ruleset.data,
                       NGX_HTTP_MODERATE_FLEET_VERSION);
        }

        if (ngx_memcmp(count->version, ctx->ruleset.data,
                       NGX_HTTP_MODERATE_FLEET_VERSION)
            == 0)
        {
            count->n[ngx_http_moderate_verdict(ctx)]++;
            return;
        }
    }
}
