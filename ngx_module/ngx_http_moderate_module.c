
/*
 * Copyright (C) the moderate authors
 *
 * The directives, and the module in nginx's life.
 */


#include "ngx_http_moderate_conf.h"
#include "ngx_http_moderate_audit.h"
#include "ngx_http_moderate_fleet.h"
#include "ngx_http_moderate_judge.h"
#include "ngx_http_moderate_own_page.h"
#include "ngx_http_moderate_payload.h"
#include "ngx_http_moderate_watch.h"

#include <ngx_thread_pool.h>


static ngx_int_t ngx_http_moderate_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_moderate_init_process(ngx_cycle_t *cycle);
static void ngx_http_moderate_exit_process(ngx_cycle_t *cycle);


static ngx_conf_enum_t  ngx_http_moderate_unreadable_actions[] = {
    { ngx_string("hold"), VET_HOLD },
    { ngx_string("reject"), VET_REJECT },
    { ngx_string("pass"), VET_PASS },
    { ngx_null_string, 0 }
};


static ngx_conf_post_t  ngx_http_moderate_timeout = {
    ngx_http_moderate_timeout_post
};


#define NGX_HTTP_MODERATE_ANY_CONF                                           \
    NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF


static ngx_command_t  ngx_http_moderate_commands[] = {

    { ngx_string("moderate"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_HTTP_LIF_CONF|NGX_CONF_FLAG,
      ngx_http_moderate_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_moderate_loc_conf_t, enable),
      NULL },

    { ngx_string("moderate_dry_run"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_HTTP_LIF_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_moderate_loc_conf_t, dry_run),
      NULL },

    { ngx_string("moderate_methods"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_moderate_names_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_moderate_loc_conf_t, methods),
      NULL },

    { ngx_string("moderate_rules"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_moderate_rules_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("moderate_rules_cache"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_path_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_moderate_main_conf_t, rules_cache),
      NULL },

    { ngx_string("moderate_field"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_CONF_2MORE,
      ngx_http_moderate_field_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("moderate_decode"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_CONF_2MORE,
      ngx_http_moderate_decode_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("moderate_body_size"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_moderate_loc_conf_t, body_size),
      NULL },

    { ngx_string("moderate_hold_size"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_moderate_loc_conf_t, hold_size),
      NULL },

    { ngx_string("moderate_unreadable"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_moderate_loc_conf_t, unreadable),
      &ngx_http_moderate_unreadable_actions },

    { ngx_string("moderate_key"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_CONF_TAKE2,
      ngx_http_moderate_pair_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_moderate_loc_conf_t, keys),
      NULL },

    { ngx_string("moderate_site"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_TAKE1,
      ngx_http_moderate_site_directive,
      NGX_HTTP_SRV_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("moderate_retention"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_1MORE,
      ngx_http_moderate_retention_directive,
      NGX_HTTP_SRV_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("moderate_queue_age"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_SRV_CONF_OFFSET,
      offsetof(ngx_http_moderate_srv_conf_t, queue_age),
      NULL },

    { ngx_string("moderate_redis"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_moderate_redis_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("moderate_redis_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_moderate_main_conf_t, redis_timeout),
      &ngx_http_moderate_timeout },

    { ngx_string("moderate_secret_file"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_moderate_secret_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_moderate_main_conf_t, secret_file),
      NULL },

    { ngx_string("moderate_payload_key_file"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_moderate_payload_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("moderate_audit_file"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_moderate_audit_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("moderate_thread_pool"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_moderate_thread_pool_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_moderate_main_conf_t, thread_pool_name),
      NULL },

    { ngx_string("moderate_thread_size"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_moderate_thread_size_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_moderate_loc_conf_t, thread_size),
      NULL },

    { ngx_string("moderate_failure"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_CONF_TAKE12,
      ngx_http_moderate_failure_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("moderate_replay_keep"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_moderate_keep_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("moderate_replay_set_header"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_CONF_TAKE2,
      ngx_http_moderate_pair_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_moderate_loc_conf_t, set_headers),
      NULL },

    { ngx_string("moderate_replay_ok"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_moderate_codes_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("moderate_held_page"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_moderate_own_page_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_moderate_loc_conf_t, held_page),
      NULL },

    { ngx_string("moderate_reject_page"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_moderate_own_page_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_moderate_loc_conf_t, reject_page),
      NULL },

    { ngx_string("moderate_receipt_page"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_moderate_own_page_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_moderate_loc_conf_t, receipt_page),
      NULL },

    { ngx_string("moderate_api"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_http_moderate_api_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("moderate_receipt"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_moderate_receipt_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("moderate_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE1,
      ngx_http_moderate_status_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_moderate_module_ctx = {
    ngx_http_moderate_add_variables,       /* preconfiguration */
    ngx_http_moderate_init,                /* postconfiguration */

    ngx_http_moderate_create_main_conf,    /* create main configuration */
    ngx_http_moderate_init_main_conf,      /* init main configuration */

    ngx_http_moderate_create_srv_conf,     /* create server configuration */
    ngx_http_moderate_merge_srv_conf,      /* merge server configuration */

    ngx_http_moderate_create_loc_conf,     /* create location configuration */
    ngx_http_moderate_merge_loc_conf       /* merge location configuration */
};


ngx_module_t  ngx_http_moderate_module = {
    NGX_MODULE_V1,
    &ngx_http_moderate_module_ctx,         /* module context */
    ngx_http_moderate_commands,            /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_http_moderate_init_process,        /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_moderate_exit_process,        /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_moderate_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt            *h;
    ngx_http_core_main_conf_t      *cmcf;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_moderate_module);
    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    if (mmcf->rules.nelts || mmcf->rules_cache != NULL
        || mmcf->audit.file != NULL)
    {
        mmcf->thread_pool = ngx_thread_pool_add(cf, &mmcf->thread_pool_name);
        if (mmcf->thread_pool == NULL) {
            return NGX_ERROR;
        }
    }

    /*
     * behind access control, before mirror and try_files: what is not let in
     * is not read, and what is not passed goes nowhere
     */

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_moderate_handler;

    ngx_http_moderate_replay_init();
    ngx_http_moderate_own_page_init();

    if (ngx_http_moderate_audit_init(cf, mmcf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_moderate_stats_add(cf);
}


static ngx_int_t
ngx_http_moderate_init_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                      i;
    ngx_http_moderate_rules_t     **rules;
    ngx_http_moderate_main_conf_t  *mmcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    mmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_moderate_module);

    if (mmcf == NULL) {
        return NGX_OK;
    }

    ngx_http_moderate_stats_start(mmcf, cycle);

    if (mmcf->queue == NULL) {
        return NGX_OK;
    }

    mmcf->scratch = vet_scratch_create();

    if (mmcf->scratch == NULL
        || ngx_http_moderate_secret_start(mmcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_moderate_redis_start(mmcf->queue, mmcf->redis_timeout,
                                  ngx_http_moderate_stats_redis(mmcf,
                                                                mmcf->queue),
                                  cycle);

    if (mmcf->counters != NULL && mmcf->counters != mmcf->queue) {
        ngx_http_moderate_redis_start(mmcf->counters, mmcf->redis_timeout,
                                      ngx_http_moderate_stats_redis(mmcf,
                                                             mmcf->counters),
                                      cycle);
    }

    ngx_http_moderate_sweep_start(mmcf, cycle);
    ngx_http_moderate_keep_start(mmcf, cycle);
    ngx_http_moderate_audit_start(mmcf, cycle);
    ngx_http_moderate_watch_start(mmcf, cycle);

    rules = mmcf->rules.elts;

    for (i = 0; i < mmcf->rules.nelts; i++) {
        ngx_http_moderate_rules_watch(rules[i], cycle);

        if (rules[i]->fleet != NULL) {
            ngx_http_moderate_fleet_start(rules[i], cycle);
        }
    }

    return NGX_OK;
}


static void
ngx_http_moderate_exit_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                      i;
    ngx_http_moderate_rules_t     **rules;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_moderate_module);

    if (mmcf == NULL) {
        return;
    }

    ngx_http_moderate_stats_stop(mmcf);
    ngx_http_moderate_audit_stop(mmcf, cycle->log);

    if (mmcf->scratch == NULL) {
        return;
    }

    ngx_http_moderate_hits_stop(mmcf);

    rules = mmcf->rules.elts;

    for (i = 0; i < mmcf->rules.nelts; i++) {
        if (rules[i]->fleet != NULL) {
            ngx_http_moderate_fleet_stop(rules[i]);
        }
    }

    ngx_http_moderate_redis_stop(mmcf->queue);

    if (mmcf->counters != NULL && mmcf->counters != mmcf->queue) {
        ngx_http_moderate_redis_stop(mmcf->counters);
    }

    ngx_http_moderate_watch_stop(mmcf);

    ngx_http_moderate_secret_stop(mmcf);
    vet_pools_free(&mmcf->pools);
    vet_scratch_destroy(mmcf->scratch);
    mmcf->scratch = NULL;
}
