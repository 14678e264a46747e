
/*
 * Copyright (C) the moderate authors
 *
 * What was said is inherited, completed and checked.
 */


#include "ngx_http_moderate_conf.h"
#include "ngx_http_moderate_keys.h"

#include <openssl/evp.h>
#include <openssl/rand.h>


static ngx_int_t ngx_http_moderate_init_secret(ngx_conf_t *cf,
    ngx_http_moderate_main_conf_t *mmcf);
static ngx_http_moderate_main_conf_t *ngx_http_moderate_old_main_conf(
    ngx_conf_t *cf);
static ngx_int_t ngx_http_moderate_default_names(ngx_conf_t *cf,
    ngx_array_t **array, ngx_str_t *names);
static ngx_int_t ngx_http_moderate_default_key(ngx_conf_t *cf,
    ngx_http_moderate_loc_conf_t *conf);
static ngx_int_t ngx_http_moderate_count_site(ngx_conf_t *cf);
static char *ngx_http_moderate_check_conf(ngx_conf_t *cf,
    ngx_http_moderate_loc_conf_t *conf);


static ngx_str_t  ngx_http_moderate_default_methods[] = {
    ngx_string("POST"),
    ngx_string("PUT"),
    ngx_string("PATCH"),
    ngx_null_string
};


/*
 * beside Content-Type and Content-Encoding; a poster's Cookie and
 * Authorization are kept only when they are named
 */

static ngx_str_t  ngx_http_moderate_default_headers[] = {
    ngx_string("User-Agent"),
    ngx_string("Accept-Language"),
    ngx_string("Referer"),
    ngx_string("X-Requested-With"),
    ngx_null_string
};


void *
ngx_http_moderate_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_moderate_main_conf_t));
    if (mmcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     mmcf->counters = NULL;
     *     mmcf->queue = NULL;
     *     mmcf->secret_file = { 0, NULL };
     *     mmcf->rules_cache = NULL;
     *     mmcf->audit = { 0 };
     *     mmcf->thread_pool_name = { 0, NULL };
     *     mmcf->thread_pool = NULL;
     *     mmcf->stats = NULL;
     *     mmcf->stats_pool = NULL;
     *     mmcf->generation = 0;
     *     mmcf->worker_stats = NULL;
     *     mmcf->scratch = NULL;
     *     mmcf->watch = NULL;
     */

    mmcf->redis_timeout = NGX_CONF_UNSET_MSEC;

    if (ngx_array_init(&mmcf->rules, cf->pool, 4,
                       sizeof(ngx_http_moderate_rules_t *))
        != NGX_OK
        || ngx_array_init(&mmcf->kept, cf->pool, 4,
                          sizeof(ngx_http_moderate_kept_t))
           != NGX_OK
        || ngx_array_init(&mmcf->sites, cf->pool, 4,
                          sizeof(ngx_http_moderate_srv_conf_t *))
           != NGX_OK)
    {
        return NULL;
    }

    return mmcf;
}


char *
ngx_http_moderate_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_moderate_main_conf_t *mmcf = conf;

    ngx_conf_init_msec_value(mmcf->redis_timeout, 1000);

    if (mmcf->thread_pool_name.len == 0) {
        ngx_str_set(&mmcf->thread_pool_name, "default");
    }

    if (ngx_http_moderate_init_secret(cf, mmcf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* without a file the secret lives as long as nginx and survives reloads */

static ngx_int_t
ngx_http_moderate_init_secret(ngx_conf_t *cf,
    ngx_http_moderate_main_conf_t *mmcf)
{
    ngx_http_moderate_main_conf_t  *old;

    if (mmcf->secret_file.len) {
        return NGX_OK;
    }

    old = ngx_http_moderate_old_main_conf(cf);

    if (old != NULL) {
        ngx_memcpy(mmcf->secret, old->secret, NGX_HTTP_MODERATE_SECRET_LEN);
        return NGX_OK;
    }

    if (RAND_bytes(mmcf->secret, NGX_HTTP_MODERATE_SECRET_LEN) != 1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "no random bytes");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_http_moderate_main_conf_t *
ngx_http_moderate_old_main_conf(ngx_conf_t *cf)
{
    ngx_uint_t    i;
    ngx_cycle_t  *old;

    old = cf->cycle->old_cycle;

    if (old == NULL || ngx_is_init_cycle(old) || old->modules == NULL) {
        return NULL;
    }

    /* a module that was not there has no place in the old configuration */

    for (i = 0; old->modules[i]; i++) {
        if (old->modules[i] == &ngx_http_moderate_module) {
            return ngx_http_cycle_get_module_main_conf(old,
                                                    ngx_http_moderate_module);
        }
    }

    return NULL;
}


/* at least as many bytes as come out; a digest makes them of one length */

ngx_int_t
ngx_http_moderate_read_secret(ngx_conf_t *cf,
    ngx_http_moderate_main_conf_t *mmcf)
{
    u_char      text[4096];
    ssize_t     n;
    ngx_file_t  file;

    if (ngx_conf_full_name(cf->cycle, &mmcf->secret_file, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memzero(&file, sizeof(ngx_file_t));
    file.name = mmcf->secret_file;
    file.log = cf->log;
    file.fd = ngx_open_file(file.name.data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (file.fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", &file.name);
        return NGX_ERROR;
    }

    n = ngx_read_file(&file, text, sizeof(text), 0);

    ngx_close_file(file.fd);

    if (n == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" cannot be read",
                           &file.name);
        return NGX_ERROR;
    }

    if (n < NGX_HTTP_MODERATE_SECRET_LEN || n == sizeof(text)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has %z bytes, expected from %d to %uz "
                           "random ones", &file.name, n,
                           NGX_HTTP_MODERATE_SECRET_LEN, sizeof(text) - 1);
        return NGX_ERROR;
    }

    n = EVP_Digest(text, n, mmcf->secret, NULL, EVP_sha256(), NULL);

    ngx_explicit_memzero(text, sizeof(text));

    return (n == 1) ? NGX_OK : NGX_ERROR;
}


void *
ngx_http_moderate_create_srv_conf(ngx_conf_t *cf)
{
    ngx_uint_t                     i;
    ngx_http_moderate_srv_conf_t  *mscf;

    mscf = ngx_pcalloc(cf->pool, sizeof(ngx_http_moderate_srv_conf_t));
    if (mscf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     mscf->site = { 0, NULL };
     *     mscf->receipt = { 0, NULL };
     *     mscf->stats = NULL;
     *     mscf->hits = NULL;
     *     mscf->keeper = NULL;
     *     mscf->counted = 0;
     */

    mscf->queue_age = NGX_CONF_UNSET;
    mscf->retention = ngx_palloc(cf->pool,
                                 NGX_HTTP_MODERATE_STATES * sizeof(time_t));
    if (mscf->retention == NULL) {
        return NULL;
    }

    for (i = 0; i < NGX_HTTP_MODERATE_STATES; i++) {
        mscf->retention[i] = NGX_CONF_UNSET;
    }

    return mscf;
}


char *
ngx_http_moderate_merge_srv_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_moderate_srv_conf_t *prev = parent;
    ngx_http_moderate_srv_conf_t *conf = child;

    ngx_conf_merge_str_value(conf->site, prev->site, "default");
    ngx_conf_merge_value(conf->queue_age, prev->queue_age, 0);

    ngx_http_moderate_retention_merge(prev, conf);

    return NGX_CONF_OK;
}


void *
ngx_http_moderate_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_moderate_loc_conf_t  *mlcf;

    mlcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_moderate_loc_conf_t));
    if (mlcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     mlcf->role = NULL;
     *     mlcf->user = NULL;
     *     mlcf->status = 0;
     *     mlcf->receipt = 0;
     *     mlcf->file = NULL;
     *     mlcf->line = 0;
     */

    mlcf->enable = NGX_CONF_UNSET;
    mlcf->dry_run = NGX_CONF_UNSET;
    mlcf->methods = NGX_CONF_UNSET_PTR;
    mlcf->rules = NGX_CONF_UNSET_PTR;
    mlcf->form = NGX_CONF_UNSET_PTR;
    mlcf->keys = NGX_CONF_UNSET_PTR;
    mlcf->body_size = NGX_CONF_UNSET_SIZE;
    mlcf->hold_size = NGX_CONF_UNSET_SIZE;
    mlcf->thread_size = NGX_CONF_UNSET_SIZE;
    mlcf->unreadable = NGX_CONF_UNSET_UINT;
    mlcf->failure_counters = NGX_CONF_UNSET_UINT;
    mlcf->failure_store = NGX_CONF_UNSET_UINT;
    mlcf->keep_headers = NGX_CONF_UNSET_PTR;
    mlcf->keep_variables = NGX_CONF_UNSET_PTR;
    mlcf->set_headers = NGX_CONF_UNSET_PTR;
    mlcf->replay_ok = NGX_CONF_UNSET_PTR;
    mlcf->held_page = NGX_CONF_UNSET_PTR;
    mlcf->reject_page = NGX_CONF_UNSET_PTR;
    mlcf->receipt_page = NGX_CONF_UNSET_PTR;

    return mlcf;
}


char *
ngx_http_moderate_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_moderate_loc_conf_t *prev = parent;
    ngx_http_moderate_loc_conf_t *conf = child;

    /* an API below a moderated location is not what it moderates */

    if ((conf->role != NULL || conf->status || conf->receipt)
        && conf->enable == NGX_CONF_UNSET)
    {
        conf->enable = 0;
    }

    if (conf->enable == NGX_CONF_UNSET) {
        conf->file = prev->file;
        conf->line = prev->line;
    }

    ngx_conf_merge_value(conf->enable, prev->enable, 0);
    ngx_conf_merge_value(conf->dry_run, prev->dry_run, 0);
    ngx_conf_merge_ptr_value(conf->methods, prev->methods, NULL);
    ngx_conf_merge_ptr_value(conf->rules, prev->rules, NULL);
    ngx_conf_merge_ptr_value(conf->form, prev->form, NULL);
    ngx_conf_merge_ptr_value(conf->keys, prev->keys, NULL);
    ngx_conf_merge_size_value(conf->body_size, prev->body_size, 1024 * 1024);
    ngx_conf_merge_size_value(conf->hold_size, prev->hold_size, 1024 * 1024);
    ngx_conf_merge_size_value(conf->thread_size, prev->thread_size, 4 * 1024);
    ngx_conf_merge_uint_value(conf->unreadable, prev->unreadable, VET_HOLD);
    ngx_conf_merge_uint_value(conf->failure_counters, prev->failure_counters,
                              NGX_HTTP_MODERATE_FAILURE_HOLD);
    ngx_conf_merge_uint_value(conf->failure_store, prev->failure_store,
                              NGX_HTTP_MODERATE_FAILURE_REFUSE);
    ngx_conf_merge_ptr_value(conf->keep_headers, prev->keep_headers, NULL);
    ngx_conf_merge_ptr_value(conf->keep_variables, prev->keep_variables, NULL);
    ngx_conf_merge_ptr_value(conf->set_headers, prev->set_headers, NULL);
    ngx_conf_merge_ptr_value(conf->replay_ok, prev->replay_ok, NULL);
    ngx_conf_merge_ptr_value(conf->held_page, prev->held_page, NULL);
    ngx_conf_merge_ptr_value(conf->reject_page, prev->reject_page, NULL);
    ngx_conf_merge_ptr_value(conf->receipt_page, prev->receipt_page, NULL);

    if (ngx_http_moderate_default_names(cf, &conf->methods,
                                        ngx_http_moderate_default_methods)
        != NGX_OK
        || ngx_http_moderate_default_names(cf, &conf->keep_headers,
                                           ngx_http_moderate_default_headers)
           != NGX_OK
        || ngx_http_moderate_default_key(cf, conf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if ((conf->enable || conf->role != NULL || conf->receipt)
        && ngx_http_moderate_count_site(cf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (conf->enable) {
        return ngx_http_moderate_check_conf(cf, conf);
    }

    return NGX_CONF_OK;
}


/* a site that has submissions or moderators; servers are merged before this */

static ngx_int_t
ngx_http_moderate_count_site(ngx_conf_t *cf)
{
    ngx_http_moderate_srv_conf_t    *mscf, **site;
    ngx_http_moderate_main_conf_t   *mmcf;

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_moderate_module);
    mscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_moderate_module);

    if (mscf->counted) {
        return NGX_OK;
    }

    site = ngx_array_push(&mmcf->sites);
    if (site == NULL) {
        return NGX_ERROR;
    }

    *site = mscf;
    mscf->counted = 1;

    return NGX_OK;
}


ngx_uint_t
ngx_http_moderate_next_site(ngx_http_moderate_main_conf_t *mmcf, ngx_uint_t i)
{
    ngx_uint_t                      n;
    ngx_http_moderate_srv_conf_t  **site;

    site = mmcf->sites.elts;

    for ( /* void */ ; i < mmcf->sites.nelts; i++) {

        for (n = 0; n < i; n++) {
            if (site[n]->site.len == site[i]->site.len
                && ngx_memcmp(site[n]->site.data, site[i]->site.data,
                              site[i]->site.len)
                   == 0)
            {
                break;
            }
        }

        if (n == i) {
            break;
        }
    }

    return i;
}


static ngx_int_t
ngx_http_moderate_default_names(ngx_conf_t *cf, ngx_array_t **array,
    ngx_str_t *names)
{
    ngx_str_t  *name;

    if (*array != NULL) {
        return NGX_OK;
    }

    *array = ngx_array_create(cf->pool, 4, sizeof(ngx_str_t));
    if (*array == NULL) {
        return NGX_ERROR;
    }

    for ( /* void */ ; names->len; names++) {
        name = ngx_array_push(*array);
        if (name == NULL) {
            return NGX_ERROR;
        }

        *name = *names;
    }

    return NGX_OK;
}


/* "client" is known without being defined */

static ngx_int_t
ngx_http_moderate_default_key(ngx_conf_t *cf,
    ngx_http_moderate_loc_conf_t *conf)
{
    ngx_uint_t                         i;
    ngx_http_moderate_key_t           *key;
    ngx_http_compile_complex_value_t   ccv;

    static ngx_str_t  client = ngx_string("client");
    static ngx_str_t  address = ngx_string("$remote_addr");

    if (conf->keys == NULL) {
        conf->keys = ngx_array_create(cf->pool, 1,
                                      sizeof(ngx_http_moderate_key_t));
        if (conf->keys == NULL) {
            return NGX_ERROR;
        }
    }

    key = conf->keys->elts;

    for (i = 0; i < conf->keys->nelts; i++) {
        if (key[i].name.len == client.len
            && ngx_strncmp(key[i].name.data, client.data, client.len) == 0)
        {
            return NGX_OK;
        }
    }

    key = ngx_array_push(conf->keys);
    if (key == NULL) {
        return NGX_ERROR;
    }

    key->name = client;

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));
    ccv.cf = cf;
    ccv.value = &address;
    ccv.complex_value = &key->value;

    return ngx_http_compile_complex_value(&ccv);
}


static char *
ngx_http_moderate_check_conf(ngx_conf_t *cf,
    ngx_http_moderate_loc_conf_t *conf)
{
    ngx_http_moderate_loc_conf_t   **user;
    ngx_http_moderate_main_conf_t   *mmcf;

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_moderate_module);

    if (conf->rules == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"moderate on\" needs \"moderate_rules\" in %s:%ui",
                      conf->file, conf->line);
        return NGX_CONF_ERROR;
    }

    if (mmcf->queue == NULL || mmcf->counters == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"moderate on\" needs \"moderate_redis\" in %s:%ui",
                      conf->file, conf->line);
        return NGX_CONF_ERROR;
    }

    user = ngx_array_push(&conf->rules->users);
    if (user == NULL) {
        return NGX_CONF_ERROR;
    }

    *user = conf;

    if (ngx_http_moderate_rules_keys(conf->rules, conf->rules->live,
                                     NGX_LOG_EMERG, cf->log)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
