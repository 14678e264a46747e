
/*
 * Copyright (C) the moderate authors
 *
 * Rule sets are loaded with the configuration, so that "nginx -t" speaks of
 * them, and are inherited by the workers.  Each worker then watches the files
 * and loads a changed set in a thread.  One pointer is swapped; submissions in
 * flight keep the set they began with.
 */


#include "ngx_http_moderate_background.h"
#include "ngx_http_moderate_fleet.h"
#include "ngx_http_moderate_judge.h"
#include "ngx_http_moderate_stats.h"
#include "ngx_http_moderate_watch.h"

#include <ngx_thread_pool.h>


/*
 * A change is loaded when two looks in a row see the same: files are often
 * written in several steps.  Both looks and the load stay below two seconds.
 * Where changes are told of, looks begin with one, and are rare else.
 */

#define NGX_HTTP_MODERATE_LOOK   400
#define NGX_HTTP_MODERATE_SOON   100
#define NGX_HTTP_MODERATE_RARE   5000

#define NGX_HTTP_MODERATE_WARM_POOL  (8 * 1024 * 1024)


typedef struct {
    ngx_http_moderate_rules_t  *rules;
    ngx_http_moderate_set_t    *old;            /* in: live, referred to */
    uint64_t                    signature;      /* in: of the live set */
    uint64_t                    seen;           /* in: of the last look */
    int                         watch;          /* in: a descriptor, or -1 */

    ngx_uint_t                  watched;        /* out */
    vet_ruleset_t              *ruleset;        /* out: a new set, or NULL */
    vet_errors_t                errors;         /* out */
} ngx_http_moderate_look_t;


static ngx_http_moderate_rules_t *ngx_http_moderate_rules_find(
    ngx_http_moderate_main_conf_t *mmcf, ngx_str_t *name, ngx_array_t *paths);
static ngx_http_moderate_set_t *ngx_http_moderate_rules_create(
    vet_ruleset_t *ruleset);
static void ngx_http_moderate_rules_forget(vet_ruleset_t *ruleset);
static void ngx_http_moderate_rules_free(void *data, ngx_log_t *log);
static void ngx_http_moderate_rules_destroy(void *data);
static void ngx_http_moderate_rules_freed(ngx_event_t *ev);
static void ngx_http_moderate_rules_cleanup(void *data);
static ngx_uint_t ngx_http_moderate_rules_of_fleet(
    ngx_http_moderate_rules_t *rules);
static void ngx_http_moderate_rules_timer(ngx_event_t *ev);
static void ngx_http_moderate_rules_look(void *data, ngx_log_t *log);
static void ngx_http_moderate_rules_look_load(void *data);
static void ngx_http_moderate_rules_looked(ngx_event_t *ev);
static void ngx_http_moderate_rules_live(ngx_http_moderate_rules_t *rules,
    ngx_http_moderate_set_t *old);
static void ngx_http_moderate_rules_kept(ngx_http_moderate_rules_t *rules);
static void ngx_http_moderate_rules_errors(ngx_http_moderate_rules_t *rules,
    vet_errors_t *errors, ngx_uint_t level, ngx_log_t *log);


/* configuration */


ngx_http_moderate_rules_t *
ngx_http_moderate_rules_add(ngx_conf_t *cf, ngx_str_t *name,
    ngx_array_t *paths)
{
    ngx_int_t                        rc;
    ngx_pool_cleanup_t              *cln;
    ngx_http_moderate_rules_t       *rules, **p;
    ngx_http_moderate_main_conf_t   *mmcf;

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_moderate_module);

    rules = ngx_http_moderate_rules_find(mmcf, name, paths);
    if (rules != NULL) {
        return rules;
    }

    rules = ngx_pcalloc(cf->pool, sizeof(ngx_http_moderate_rules_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);
    p = ngx_array_push(&mmcf->rules);

    if (rules == NULL || cln == NULL || p == NULL
        || ngx_array_init(&rules->users, cf->pool, 4,
                          sizeof(ngx_http_moderate_loc_conf_t *))
           != NGX_OK)
    {
        return NULL;
    }

    rules->paths = *paths;
    rules->name = *name;

    *p = rules;

    cln->handler = ngx_http_moderate_rules_cleanup;
    cln->data = rules;

    if (name->len) {
        rc = ngx_http_moderate_fleet_begin(cf, rules);

    } else {
        rules->name.len = ((vet_str_t *) paths->elts)[0].len;
        rules->name.data = (u_char *) ((vet_str_t *) paths->elts)[0].data;

        rc = ngx_http_moderate_rules_load(cf, rules);
    }

    return (rc == NGX_OK) ? rules : NULL;
}


static ngx_http_moderate_rules_t *
ngx_http_moderate_rules_find(ngx_http_moderate_main_conf_t *mmcf,
    ngx_str_t *name, ngx_array_t *paths)
{
    ngx_uint_t                   i, n;
    vet_str_t                   *a, *b;
    ngx_http_moderate_rules_t  **rules;

    rules = mmcf->rules.elts;
    a = paths->elts;

    for (i = 0; i < mmcf->rules.nelts; i++) {

        if (rules[i]->paths.nelts != paths->nelts
            || (rules[i]->fleet != NULL) != (name->len != 0)
            || (name->len != 0
                && (rules[i]->name.len != name->len
                    || ngx_memcmp(rules[i]->name.data, name->data, name->len)
                       != 0)))
        {
            continue;
        }

        b = rules[i]->paths.elts;

        for (n = 0; n < paths->nelts; n++) {
            if (a[n].len != b[n].len
                || ngx_memcmp(a[n].data, b[n].data, a[n].len) != 0)
            {
                break;
            }
        }

        if (n == paths->nelts) {
            return rules[i];
        }
    }

    return NULL;
}


ngx_int_t
ngx_http_moderate_rules_load(ngx_conf_t *cf, ngx_http_moderate_rules_t *rules)
{
    vet_errors_t    errors;
    vet_ruleset_t  *ruleset;

    ngx_memzero(&errors, sizeof(vet_errors_t));

    /* before the load: a write in between is seen as a change later */

    if (vet_ruleset_signature(rules->paths.elts, rules->paths.nelts,
                              &rules->signature, &errors)
        != VET_OK)
    {
        ngx_http_moderate_rules_errors(rules, &errors, NGX_LOG_EMERG, cf->log);
        return NGX_ERROR;
    }

    rules->seen = rules->signature;

    ruleset = vet_ruleset_load(rules->paths.elts, rules->paths.nelts, &errors);

    ngx_http_moderate_rules_warm(ruleset, NULL, NULL);

    if (ruleset == NULL) {
        ngx_http_moderate_rules_errors(rules, &errors, NGX_LOG_EMERG, cf->log);
        return NGX_ERROR;
    }

    if (ngx_http_moderate_rules_set(rules, ruleset) != NGX_OK) {
        vet_ruleset_destroy(ruleset);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * A pattern's machine code is made when it is first tried.  Those that are
 * tried on every text, or on those of this portal, together take milliseconds,
 * which are not to be the event loop's when a set is new.  What fails here is
 * made later.
 */

void
ngx_http_moderate_rules_warm(vet_ruleset_t *ruleset,
    const ngx_http_moderate_set_t *old, const vet_rest_t *rest)
{
    size_t             i;
    vet_str_t          text;
    vet_hits_t         hits;
    vet_pool_t        *pool;
    vet_field_t        fields[VET_ROLE_N];
    vet_scratch_t     *scratch;
    vet_submission_t   submission;

    static const char  words[] =
        "Xin hỏi: ĐT 0900.000.000, a@example.vn, https://example.vn/a?b=1 "
        "<b>100%</b> aaaa A.B.C 12/3 :) Please answer, thank you!";

    if (ruleset == NULL) {
        return;
    }

    text.data = (const unsigned char *) words;
    text.len = sizeof(words) - 1;

    ngx_memzero(&hits, sizeof(vet_hits_t));
    ngx_memzero(&submission, sizeof(vet_submission_t));
    ngx_memzero(fields, sizeof(fields));

    for (i = 0; i < VET_ROLE_N; i++) {
        fields[i].role = (vet_role_t) i;
        fields[i].value = text;
    }

    submission.fields = fields;
    submission.nfields = VET_ROLE_N;

    scratch = vet_scratch_create();
    pool = vet_pool_create(NGX_HTTP_MODERATE_WARM_POOL);

    if (scratch != NULL && pool != NULL) {
        (void) vet_match(pool, ruleset, scratch, &submission, &hits);
    }

    vet_pool_destroy(pool);
    vet_scratch_destroy(scratch);

    if (old != NULL) {
        vet_ruleset_follow(ruleset, old->ruleset, rest);
    }
}


ngx_int_t
ngx_http_moderate_rules_set(ngx_http_moderate_rules_t *rules,
    vet_ruleset_t *ruleset)
{
    ngx_http_moderate_set_t  *set;

    set = ngx_http_moderate_rules_create(ruleset);
    if (set == NULL) {
        return NGX_ERROR;
    }

    rules->live = set;
    rules->loaded = ngx_time();

    return NGX_OK;
}


static ngx_http_moderate_set_t *
ngx_http_moderate_rules_create(vet_ruleset_t *ruleset)
{
    ngx_http_moderate_set_t  *set;

    set = ngx_alloc(sizeof(ngx_http_moderate_set_t), ngx_cycle->log);

    if (set != NULL) {
        set->ruleset = ruleset;
        set->refs = 1;
        set->shadow = NULL;
        set->shadows = 0;
    }

    return set;
}


void
ngx_http_moderate_set_release(ngx_http_moderate_set_t *set)
{
    if (--set->refs == 0) {
        ngx_http_moderate_rules_forget(set->ruleset);
        ngx_free(set->shadow);
        ngx_free(set);
    }
}


/*
 * To free ten thousand patterns and to give their memory back is not for the
 * event loop, when there are threads and time for it.
 */

static void
ngx_http_moderate_rules_forget(vet_ruleset_t *ruleset)
{
    ngx_thread_task_t              *task;
    ngx_http_moderate_main_conf_t  *mmcf;

    task = NULL;

    if (ngx_process == NGX_PROCESS_WORKER && !ngx_exiting && !ngx_terminate) {
        task = ngx_calloc(sizeof(ngx_thread_task_t), ngx_cycle->log);
    }

    if (task != NULL) {
        mmcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                                   ngx_http_moderate_module);

        task->ctx = ruleset;
        task->handler = ngx_http_moderate_rules_free;
        task->event.handler = ngx_http_moderate_rules_freed;
        task->event.data = task;
        task->event.log = ngx_cycle->log;

        if (ngx_thread_task_post(mmcf->thread_pool, task) == NGX_OK) {
            return;
        }

        ngx_free(task);
    }

    vet_ruleset_destroy(ruleset);
}


/* in a thread: the engine and libc only */

static void
ngx_http_moderate_rules_free(void *data, ngx_log_t *log)
{
    ngx_http_moderate_background(ngx_http_moderate_rules_destroy, data);
}


static void
ngx_http_moderate_rules_destroy(void *data)
{
    vet_ruleset_destroy(data);
}


static void
ngx_http_moderate_rules_freed(ngx_event_t *ev)
{
    ngx_free(ev->data);
}


static void
ngx_http_moderate_rules_cleanup(void *data)
{
    ngx_http_moderate_rules_t *rules = data;

    if (rules->live != NULL) {
        ngx_http_moderate_set_release(rules->live);
        rules->live = NULL;
    }

    if (rules->canary != NULL) {
        ngx_http_moderate_set_release(rules->canary);
        rules->canary = NULL;
    }
}


ngx_int_t
ngx_http_moderate_rules_keys(ngx_http_moderate_rules_t *rules,
    ngx_http_moderate_set_t *set, ngx_uint_t level, ngx_log_t *log)
{
    size_t                          n, k;
    u_char                         *last, text[NGX_MAX_ERROR_STR];
    ngx_uint_t                      i, j;
    const vet_limit_t              *limits;
    ngx_http_moderate_key_t        *key;
    ngx_http_moderate_loc_conf_t  **users;

    static ngx_str_t  fingerprint = ngx_string("fingerprint");

    limits = vet_ruleset_limits(set->ruleset, &n);
    users = rules->users.elts;

    for (k = 0; k < n; k++) {

        if (limits[k].key.len == fingerprint.len
            && ngx_strncmp(limits[k].key.data, fingerprint.data,
                           fingerprint.len)
               == 0)
        {
            continue;
        }

        for (i = 0; i < rules->users.nelts; i++) {
            key = users[i]->keys->elts;

            for (j = 0; j < users[i]->keys->nelts; j++) {
                if (key[j].name.len == limits[k].key.len
                    && ngx_strncmp(key[j].name.data, limits[k].key.data,
                                   key[j].name.len)
                       == 0)
                {
                    break;
                }
            }

            if (j == users[i]->keys->nelts) {
                last = ngx_snprintf(text, NGX_MAX_ERROR_STR,
                                    "rules \"%V\": limit \"%*s\" counts by "
                                    "\"%*s\", which no \"moderate_key\" "
                                    "defines, expected \"moderate_key %*s "
                                    "$variable;\" with \"moderate on\" in "
                                    "%s:%ui",
                                    &rules->name, limits[k].rule.id.len,
                                    limits[k].rule.id.data, limits[k].key.len,
                                    limits[k].key.data, limits[k].key.len,
                                    limits[k].key.data, users[i]->file,
                                    users[i]->line);

                ngx_log_error(level, log, 0, "%*s", last - text, text);

                ngx_http_moderate_stats_set_failed(rules, text, last - text,
                                                   1);
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


/* the worker */


void
ngx_http_moderate_rules_watch(ngx_http_moderate_rules_t *rules,
    ngx_cycle_t *cycle)
{
    if (rules->paths.nelts == 0) {
        return;
    }

    rules->timer.handler = ngx_http_moderate_rules_timer;
    rules->timer.data = rules;
    rules->timer.log = cycle->log;
    rules->timer.cancelable = 1;

    ngx_add_timer(&rules->timer, NGX_HTTP_MODERATE_LOOK);
}


/* a look that is at work may have passed it already */

void
ngx_http_moderate_rules_changed(ngx_http_moderate_rules_t *rules)
{
    if (rules->changed || !rules->timer.timer_set) {
        return;
    }

    rules->changed = 1;
    ngx_add_timer(&rules->timer, NGX_HTTP_MODERATE_SOON);
}


/* what a name's rules begin with does not matter when a version is there */

static ngx_uint_t
ngx_http_moderate_rules_of_fleet(ngx_http_moderate_rules_t *rules)
{
    return rules->fleet != NULL && rules->fleet->live[0] != '\0';
}


/* even the look is for a thread: a file system may be slow */

static void
ngx_http_moderate_rules_timer(ngx_event_t *ev)
{
    ngx_thread_task_t              *task;
    ngx_http_moderate_look_t       *look;
    ngx_http_moderate_rules_t      *rules;
    ngx_http_moderate_main_conf_t  *mmcf;

    rules = ev->data;

    if (ngx_exiting || ngx_http_moderate_rules_of_fleet(rules)) {
        return;
    }

    ngx_add_timer(ev, NGX_HTTP_MODERATE_LOOK);

    if (rules->busy) {
        return;
    }

    rules->changed = 0;

    mmcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                               ngx_http_moderate_module);

    task = ngx_calloc(sizeof(ngx_thread_task_t)
                      + sizeof(ngx_http_moderate_look_t), ev->log);
    if (task == NULL) {
        return;
    }

    look = (ngx_http_moderate_look_t *) (task + 1);
    look->rules = rules;
    look->old = rules->live;
    look->signature = rules->signature;
    look->seen = rules->seen;
    look->watch = (mmcf->watch == NULL) ? -1 : mmcf->watch->fd;

    task->ctx = look;
    task->handler = ngx_http_moderate_rules_look;
    task->event.handler = ngx_http_moderate_rules_looked;
    task->event.data = task;
    task->event.log = ngx_cycle->log;

    if (ngx_thread_task_post(mmcf->thread_pool, task) != NGX_OK) {
        ngx_free(task);
        return;
    }

    look->old->refs++;
    rules->busy = 1;
}


/* in a thread: the engine and libc only */

static void
ngx_http_moderate_rules_look(void *data, ngx_log_t *log)
{
    uint64_t                    signature;
    ngx_http_moderate_look_t   *look;
    ngx_http_moderate_rules_t  *rules;

    look = data;
    rules = look->rules;

    /* before the look: what happens in between is told of */

    look->watched = ngx_http_moderate_watch_folders(rules, look->watch);

    if (vet_ruleset_signature(rules->paths.elts, rules->paths.nelts,
                              &signature, &look->errors)
        != VET_OK)
    {
        /* no hash is 0: a path that is gone settles like other changes */
        signature = 0;
    }

    if (signature == look->seen && signature != look->signature
        && look->errors.n == 0)
    {
        ngx_http_moderate_background(ngx_http_moderate_rules_look_load, look);
    }

    look->seen = signature;
}


static void
ngx_http_moderate_rules_look_load(void *data)
{
    ngx_http_moderate_look_t   *look;
    ngx_http_moderate_rest_t    rest;
    ngx_http_moderate_rules_t  *rules;

    look = data;
    rules = look->rules;

    look->ruleset = vet_ruleset_load_resting(rules->paths.elts,
                                             rules->paths.nelts,
                                             ngx_http_moderate_rest(&rest),
                                             &look->errors);

    ngx_http_moderate_rules_warm(look->ruleset, look->old, &rest.rest);
}


static void
ngx_http_moderate_rules_looked(ngx_event_t *ev)
{
    ngx_uint_t                  settled;
    ngx_thread_task_t          *task;
    ngx_http_moderate_look_t   *look;
    ngx_http_moderate_rules_t  *rules;

    task = ev->data;
    look = task->ctx;
    rules = look->rules;

    rules->busy = 0;
    ngx_http_moderate_set_release(look->old);

    if (ngx_http_moderate_rules_of_fleet(rules)) {
        vet_ruleset_destroy(look->ruleset);
        ngx_free(task);
        return;
    }

    rules->watched = (look->watched != 0);

    if (rules->stats != NULL) {
        rules->stats->watched = rules->watched;
    }

    settled = (look->seen == rules->seen);
    rules->seen = look->seen;

    if (settled && rules->watched && !rules->changed
        && rules->timer.timer_set)
    {
        ngx_add_timer(&rules->timer, NGX_HTTP_MODERATE_RARE);
    }

    if (settled && look->seen != rules->signature) {

        /* a set that cannot be used is tried once, not at every look */
        rules->signature = look->seen;

        if (look->ruleset != NULL) {
            (void) ngx_http_moderate_rules_swap(rules, look->ruleset);

        } else {
            ngx_http_moderate_rules_failed(rules, &look->errors);
        }
    }

    ngx_free(task);
}


void
ngx_http_moderate_rules_failed(ngx_http_moderate_rules_t *rules,
    vet_errors_t *errors)
{
    ngx_http_moderate_rules_errors(rules, errors, NGX_LOG_ERR,
                                   ngx_cycle->log);
    ngx_http_moderate_rules_kept(rules);

    ngx_http_moderate_stats_set_failed(rules, (u_char *) errors->text[0],
                                       ngx_strlen(errors->text[0]),
                                       errors->n);
}


ngx_int_t
ngx_http_moderate_rules_swap(ngx_http_moderate_rules_t *rules,
    vet_ruleset_t *ruleset)
{
    time_t                    loaded;
    ngx_http_moderate_set_t  *old;

    old = rules->live;
    loaded = rules->loaded;

    if (ngx_http_moderate_rules_set(rules, ruleset) != NGX_OK) {
        vet_ruleset_destroy(ruleset);
        ngx_http_moderate_rules_kept(rules);
        ngx_http_moderate_stats_set_failed(rules, (u_char *) "no memory",
                                           sizeof("no memory") - 1, 1);
        return NGX_ERROR;
    }

    if (ngx_http_moderate_rules_keys(rules, rules->live, NGX_LOG_ERR,
                                     ngx_cycle->log)
        != NGX_OK)
    {
        ngx_http_moderate_set_release(rules->live);
        rules->live = old;
        rules->loaded = loaded;

        ngx_http_moderate_rules_kept(rules);
        return NGX_ERROR;
    }

    ngx_http_moderate_rules_live(rules, old);

    return NGX_OK;
}


/* submissions that are being judged keep the old one until they are done */

static void
ngx_http_moderate_rules_live(ngx_http_moderate_rules_t *rules,
    ngx_http_moderate_set_t *old)
{
    vet_str_t                       version;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                               ngx_http_moderate_module);

    version = vet_ruleset_version(rules->live->ruleset);

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "rules \"%V\": version %*s is live, %uz rules",
                  &rules->name, version.len, version.data,
                  vet_ruleset_rules(rules->live->ruleset));

    rules->swaps++;
    ngx_http_moderate_stats_set(rules);

    ngx_http_moderate_shadow_forget(mmcf, old);
    ngx_http_moderate_set_release(old);
}


void
ngx_http_moderate_rules_promote(ngx_http_moderate_rules_t *rules)
{
    ngx_http_moderate_set_t  *old;

    old = rules->live;

    rules->live = rules->canary;
    rules->loaded = ngx_time();
    rules->canary = NULL;

    ngx_http_moderate_rules_live(rules, old);
}


ngx_int_t
ngx_http_moderate_rules_canary(ngx_http_moderate_rules_t *rules,
    vet_ruleset_t *ruleset)
{
    vet_str_t                       version;
    ngx_http_moderate_set_t        *set;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                               ngx_http_moderate_module);
    set = NULL;

    if (ruleset != NULL) {
        set = ngx_http_moderate_rules_create(ruleset);

        if (set == NULL) {
            vet_ruleset_destroy(ruleset);
            return NGX_ERROR;
        }

        if (ngx_http_moderate_rules_keys(rules, set, NGX_LOG_ERR,
                                         ngx_cycle->log)
            != NGX_OK)
        {
            ngx_http_moderate_set_release(set);
            return NGX_ERROR;
        }

        version = vet_ruleset_version(ruleset);

        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "rules \"%V\": version %*s is the canary",
                      &rules->name, version.len, version.data);
    }

    if (rules->canary != NULL) {
        ngx_http_moderate_shadow_forget(mmcf, rules->canary);
        ngx_http_moderate_set_release(rules->canary);
    }

    rules->canary = set;

    return NGX_OK;
}


static void
ngx_http_moderate_rules_kept(ngx_http_moderate_rules_t *rules)
{
    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "rules \"%V\" could not be loaded, the last good set stays",
                  &rules->name);
}


static void
ngx_http_moderate_rules_errors(ngx_http_moderate_rules_t *rules,
    vet_errors_t *errors, ngx_uint_t level, ngx_log_t *log)
{
    size_t  i;

    for (i = 0; i < errors->n && i < VET_ERRORS_MAX; i++) {
        ngx_log_error(level, log, 0, "%s", errors->text[i]);
    }

    if (errors->n > VET_ERRORS_MAX) {
        ngx_log_error(level, log, 0, "rules \"%V\": %uz more problems",
                      &rules->name, errors->n - VET_ERRORS_MAX);
    }
}
