
/*
 * Copyright (C) the moderate authors
 *
 * Directives and configuration.
 */


#include "ngx_http_moderate_module.h"

#include <ngx_thread_pool.h>
#include <openssl/evp.h>
#include <openssl/rand.h>


static char *ngx_http_moderate(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_moderate_names(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_moderate_rules(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_moderate_field(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_moderate_pair(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_moderate_site(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_moderate_redis(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_moderate_failure(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_moderate_keep(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_moderate_keep_variable(ngx_conf_t *cf,
    ngx_array_t *array, ngx_str_t *name);
static char *ngx_http_moderate_codes(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

static void *ngx_http_moderate_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_moderate_init_main_conf(ngx_conf_t *cf, void *conf);
static ngx_int_t ngx_http_moderate_init_secret(ngx_conf_t *cf,
    ngx_http_moderate_main_conf_t *mmcf);
static ngx_int_t ngx_http_moderate_read_secret(ngx_conf_t *cf,
    ngx_http_moderate_main_conf_t *mmcf);
static ngx_http_moderate_main_conf_t *ngx_http_moderate_old_main_conf(
    ngx_conf_t *cf);
static void *ngx_http_moderate_create_srv_conf(ngx_conf_t *cf);
static char *ngx_http_moderate_merge_srv_conf(ngx_conf_t *cf, void *parent,
    void *child);
static void *ngx_http_moderate_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_moderate_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static ngx_int_t ngx_http_moderate_default_names(ngx_conf_t *cf,
    ngx_array_t **array, ngx_str_t *names);
static ngx_int_t ngx_http_moderate_default_key(ngx_conf_t *cf,
    ngx_http_moderate_loc_conf_t *conf);
static char *ngx_http_moderate_check_conf(ngx_conf_t *cf,
    ngx_http_moderate_loc_conf_t *conf);
static void ngx_http_moderate_form_cleanup(void *data);

static ngx_int_t ngx_http_moderate_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_moderate_init_process(ngx_cycle_t *cycle);
static void ngx_http_moderate_exit_process(ngx_cycle_t *cycle);


static ngx_conf_enum_t  ngx_http_moderate_unreadable_actions[] = {
    { ngx_string("hold"), VET_HOLD },
    { ngx_string("reject"), VET_REJECT },
    { ngx_string("pass"), VET_PASS },
    { ngx_null_string, 0 }
};


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


#define NGX_HTTP_MODERATE_ANY_CONF                                           \
    NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF


static ngx_command_t  ngx_http_moderate_commands[] = {

    { ngx_string("moderate"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_HTTP_LIF_CONF|NGX_CONF_FLAG,
      ngx_http_moderate,
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
      ngx_http_moderate_names,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_moderate_loc_conf_t, methods),
      NULL },

    { ngx_string("moderate_rules"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_moderate_rules,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("moderate_field"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_CONF_2MORE,
      ngx_http_moderate_field,
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
      ngx_http_moderate_pair,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_moderate_loc_conf_t, keys),
      NULL },

    { ngx_string("moderate_site"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_TAKE1,
      ngx_http_moderate_site,
      NGX_HTTP_SRV_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("moderate_redis"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_moderate_redis,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("moderate_redis_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_moderate_main_conf_t, redis_timeout),
      NULL },

    { ngx_string("moderate_secret_file"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_moderate_main_conf_t, secret_file),
      NULL },

    { ngx_string("moderate_thread_pool"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_moderate_main_conf_t, thread_pool_name),
      NULL },

    { ngx_string("moderate_failure"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_CONF_TAKE12,
      ngx_http_moderate_failure,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("moderate_replay_keep"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_moderate_keep,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("moderate_replay_set_header"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_CONF_TAKE2,
      ngx_http_moderate_pair,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_moderate_loc_conf_t, set_headers),
      NULL },

    { ngx_string("moderate_replay_ok"),
      NGX_HTTP_MODERATE_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_moderate_codes,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("moderate_api"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_http_moderate_api_directive,
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


/* directives */


static char *
ngx_http_moderate(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_moderate_loc_conf_t *mlcf = conf;

    /* for what can be said only when all is merged */

    mlcf->file = cf->conf_file->file.name.data;
    mlcf->line = cf->conf_file->line;

    return ngx_conf_set_flag_slot(cf, cmd, conf);
}


/* moderate_methods: words into an array */

static char *
ngx_http_moderate_names(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t     *value, *name;
    ngx_uint_t     i, n;
    ngx_array_t  **array;

    array = (ngx_array_t **) ((char *) conf + cmd->offset);

    if (*array != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    *array = ngx_array_create(cf->pool, 4, sizeof(ngx_str_t));
    if (*array == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        for (n = 0; n < value[i].len; n++) {
            if (value[i].data[n] < 'A' || value[i].data[n] > 'Z') {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "invalid method \"%V\", expected upper "
                                   "case as in \"POST\"", &value[i]);
                return NGX_CONF_ERROR;
            }
        }

        name = ngx_array_push(*array);
        if (name == NULL) {
            return NGX_CONF_ERROR;
        }

        *name = value[i];
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_moderate_rules(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_moderate_loc_conf_t *mlcf = conf;

    ngx_str_t    *value;
    vet_str_t    *path;
    ngx_uint_t    i;
    ngx_array_t   paths;

    if (mlcf->rules != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    if (ngx_array_init(&paths, cf->pool, 4, sizeof(vet_str_t)) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_conf_full_name(cf->cycle, &value[i], 1) != NGX_OK) {
            return NGX_CONF_ERROR;
        }

        path = ngx_array_push(&paths);
        if (path == NULL) {
            return NGX_CONF_ERROR;
        }

        path->data = value[i].data;
        path->len = value[i].len;
    }

    mlcf->rules = ngx_http_moderate_rules_add(cf, &paths);

    if (mlcf->rules == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"moderate_rules\" could not load \"%V\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_moderate_field(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_moderate_loc_conf_t *mlcf = conf;

    ngx_str_t           *value;
    vet_str_t            name, selector;
    vet_role_t           role;
    ngx_uint_t           i;
    vet_errors_t         errors;
    ngx_pool_cleanup_t  *cln;

    if (mlcf->form == NGX_CONF_UNSET_PTR) {

        cln = ngx_pool_cleanup_add(cf->pool, 0);
        if (cln == NULL) {
            return NGX_CONF_ERROR;
        }

        mlcf->form = vet_form_create();
        if (mlcf->form == NULL) {
            return NGX_CONF_ERROR;
        }

        cln->handler = ngx_http_moderate_form_cleanup;
        cln->data = mlcf->form;
    }

    value = cf->args->elts;

    name.data = value[1].data;
    name.len = value[1].len;

    if (vet_role_find(name, &role) != VET_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown role \"%V\", expected \"text\", "
                           "\"title\", \"author\", \"email\", \"url\", "
                           "\"phone\", \"honeypot\" or \"ignore\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {
        ngx_memzero(&errors, sizeof(vet_errors_t));

        selector.data = value[i].data;
        selector.len = value[i].len;

        if (vet_form_add(mlcf->form, role, selector, &errors) != VET_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"moderate_field\": %s", errors.text[0]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static void
ngx_http_moderate_form_cleanup(void *data)
{
    vet_form_destroy(data);
}


/* moderate_key, moderate_replay_set_header: a name and a value */

static char *
ngx_http_moderate_pair(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                          *value;
    ngx_array_t                       **array;
    ngx_http_moderate_key_t            *pair;
    ngx_http_compile_complex_value_t    ccv;

    array = (ngx_array_t **) ((char *) conf + cmd->offset);

    if (*array == NGX_CONF_UNSET_PTR) {
        *array = ngx_array_create(cf->pool, 4,
                                  sizeof(ngx_http_moderate_key_t));
        if (*array == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    pair = ngx_array_push(*array);
    if (pair == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;
    pair->name = value[1];

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));
    ccv.cf = cf;
    ccv.value = &value[2];
    ccv.complex_value = &pair->value;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* the site is part of every key in Redis, between "{" and "}" */

static char *
ngx_http_moderate_site(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_moderate_srv_conf_t *mscf = conf;

    u_char       c;
    ngx_str_t   *value;
    ngx_uint_t   i;

    if (mscf->site.data != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 0; i < value[1].len; i++) {
        c = ngx_tolower(value[1].data[i]);

        if ((c < 'a' || c > 'z') && (c < '0' || c > '9')
            && c != '.' && c != '-' && c != '_')
        {
            break;
        }
    }

    if (i != value[1].len || i == 0 || i > 64) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid site \"%V\", expected 1 to 64 letters, "
                           "digits, \".\", \"-\" or \"_\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    mscf->site = value[1];

    return NGX_CONF_OK;
}


static char *
ngx_http_moderate_redis(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_moderate_main_conf_t *mmcf = conf;

    ngx_str_t                  *value;
    ngx_uint_t                  first, counters, queue;
    ngx_http_moderate_redis_t  *redis;

    value = cf->args->elts;
    first = 1;
    counters = 1;
    queue = 1;

    if (ngx_strcmp(value[1].data, "counters") == 0) {
        first = 2;
        queue = 0;

    } else if (ngx_strcmp(value[1].data, "queue") == 0) {
        first = 2;
        counters = 0;
    }

    if (first >= cf->args->nelts) {
        return "needs an address";
    }

    if ((counters && mmcf->counters != NULL) || (queue && mmcf->queue != NULL))
    {
        return "is duplicate";
    }

    redis = ngx_http_moderate_redis_create(cf, &value[first],
                                           cf->args->nelts - first);
    if (redis == NULL) {
        return NGX_CONF_ERROR;
    }

    if (counters) {
        mmcf->counters = redis;
    }

    if (queue) {
        mmcf->queue = redis;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_moderate_failure(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_moderate_loc_conf_t *mlcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "counters=hold") == 0) {
            mlcf->failure_counters = NGX_HTTP_MODERATE_FAILURE_HOLD;
            continue;
        }

        if (ngx_strcmp(value[i].data, "counters=pass") == 0) {
            mlcf->failure_counters = NGX_HTTP_MODERATE_FAILURE_PASS;
            continue;
        }

        if (ngx_strcmp(value[i].data, "store=refuse") == 0) {
            mlcf->failure_store = NGX_HTTP_MODERATE_FAILURE_REFUSE;
            continue;
        }

        if (ngx_strcmp(value[i].data, "store=pass") == 0) {
            mlcf->failure_store = NGX_HTTP_MODERATE_FAILURE_PASS;
            continue;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\", expected "
                           "\"counters=hold\", \"counters=pass\", "
                           "\"store=refuse\" or \"store=pass\"", &value[i]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* headers by name; "$name" keeps a variable's value */

static char *
ngx_http_moderate_keep(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_moderate_loc_conf_t *mlcf = conf;

    ngx_str_t   *value, *name;
    ngx_uint_t   i;

    if (mlcf->keep_headers != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    mlcf->keep_headers = ngx_array_create(cf->pool, 8, sizeof(ngx_str_t));
    mlcf->keep_variables = ngx_array_create(cf->pool, 4,
                                            sizeof(ngx_http_moderate_kept_t));

    if (mlcf->keep_headers == NULL || mlcf->keep_variables == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (value[i].data[0] == '$') {
            value[i].data++;
            value[i].len--;

            if (ngx_http_moderate_keep_variable(cf, mlcf->keep_variables,
                                                &value[i])
                != NGX_OK)
            {
                return NGX_CONF_ERROR;
            }

            continue;
        }

        name = ngx_array_push(mlcf->keep_headers);
        if (name == NULL) {
            return NGX_CONF_ERROR;
        }

        *name = value[i];
    }

    return NGX_CONF_OK;
}


/* of a location, and of all of them: a delivery has no location at first */

static ngx_int_t
ngx_http_moderate_keep_variable(ngx_conf_t *cf, ngx_array_t *array,
    ngx_str_t *name)
{
    ngx_uint_t                      i;
    ngx_http_moderate_kept_t       *kept, *one;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_moderate_module);

    one = ngx_array_push(array);
    if (one == NULL) {
        return NGX_ERROR;
    }

    one->name = *name;
    one->index = ngx_http_get_variable_index(cf, name);

    if (one->index == NGX_ERROR) {
        return NGX_ERROR;
    }

    kept = mmcf->kept.elts;

    for (i = 0; i < mmcf->kept.nelts; i++) {
        if (kept[i].index == one->index) {
            return NGX_OK;
        }
    }

    kept = ngx_array_push(&mmcf->kept);
    if (kept == NULL) {
        return NGX_ERROR;
    }

    *kept = *one;

    return NGX_OK;
}


/* "201", or "2xx" for a hundred */

static char *
ngx_http_moderate_codes(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_moderate_loc_conf_t *mlcf = conf;

    ngx_int_t    n;
    ngx_str_t   *value;
    ngx_uint_t   i, *code;

    if (mlcf->replay_ok != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    mlcf->replay_ok = ngx_array_create(cf->pool, 4, sizeof(ngx_uint_t));
    if (mlcf->replay_ok == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (value[i].len == 3
            && ngx_strncmp(value[i].data + 1, "xx", 2) == 0)
        {
            n = ngx_atoi(value[i].data, 1);

            if (n < 2 || n > 5) {
                n = NGX_ERROR;
            }

        } else {
            n = ngx_atoi(value[i].data, value[i].len);

            if (n < 200 || n > 599) {
                n = NGX_ERROR;
            }
        }

        if (n == NGX_ERROR) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid code \"%V\", expected one as \"201\" "
                               "or \"2xx\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        code = ngx_array_push(mlcf->replay_ok);
        if (code == NULL) {
            return NGX_CONF_ERROR;
        }

        *code = n;
    }

    return NGX_CONF_OK;
}


/* configurations */


static void *
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
     *     mmcf->thread_pool_name = { 0, NULL };
     *     mmcf->thread_pool = NULL;
     *     mmcf->scratch = NULL;
     */

    mmcf->redis_timeout = NGX_CONF_UNSET_MSEC;

    if (ngx_array_init(&mmcf->rules, cf->pool, 4,
                       sizeof(ngx_http_moderate_rules_t *))
        != NGX_OK
        || ngx_array_init(&mmcf->kept, cf->pool, 4,
                          sizeof(ngx_http_moderate_kept_t))
           != NGX_OK)
    {
        return NULL;
    }

    return mmcf;
}


static char *
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
        return ngx_http_moderate_read_secret(cf, mmcf);
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

static ngx_int_t
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


static void *
ngx_http_moderate_create_srv_conf(ngx_conf_t *cf)
{
    /* set by ngx_pcalloc(): mscf->site = { 0, NULL }; */

    return ngx_pcalloc(cf->pool, sizeof(ngx_http_moderate_srv_conf_t));
}


static char *
ngx_http_moderate_merge_srv_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_moderate_srv_conf_t *prev = parent;
    ngx_http_moderate_srv_conf_t *conf = child;

    ngx_conf_merge_str_value(conf->site, prev->site, "default");

    return NGX_CONF_OK;
}


static void *
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
    mlcf->unreadable = NGX_CONF_UNSET_UINT;
    mlcf->failure_counters = NGX_CONF_UNSET_UINT;
    mlcf->failure_store = NGX_CONF_UNSET_UINT;
    mlcf->keep_headers = NGX_CONF_UNSET_PTR;
    mlcf->keep_variables = NGX_CONF_UNSET_PTR;
    mlcf->set_headers = NGX_CONF_UNSET_PTR;
    mlcf->replay_ok = NGX_CONF_UNSET_PTR;

    return mlcf;
}


static char *
ngx_http_moderate_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_moderate_loc_conf_t *prev = parent;
    ngx_http_moderate_loc_conf_t *conf = child;

    /* an API below a moderated location is not what it moderates */

    if (conf->role != NULL && conf->enable == NGX_CONF_UNSET) {
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
    ngx_conf_merge_uint_value(conf->unreadable, prev->unreadable, VET_HOLD);
    ngx_conf_merge_uint_value(conf->failure_counters, prev->failure_counters,
                              NGX_HTTP_MODERATE_FAILURE_HOLD);
    ngx_conf_merge_uint_value(conf->failure_store, prev->failure_store,
                              NGX_HTTP_MODERATE_FAILURE_REFUSE);
    ngx_conf_merge_ptr_value(conf->keep_headers, prev->keep_headers, NULL);
    ngx_conf_merge_ptr_value(conf->keep_variables, prev->keep_variables, NULL);
    ngx_conf_merge_ptr_value(conf->set_headers, prev->set_headers, NULL);
    ngx_conf_merge_ptr_value(conf->replay_ok, prev->replay_ok, NULL);

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

    if (conf->enable) {
        return ngx_http_moderate_check_conf(cf, conf);
    }

    return NGX_CONF_OK;
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


static ngx_int_t
ngx_http_moderate_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt            *h;
    ngx_http_core_main_conf_t      *cmcf;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_moderate_module);
    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    if (mmcf->rules.nelts) {
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

    return NGX_OK;
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

    if (mmcf == NULL || mmcf->queue == NULL) {
        return NGX_OK;
    }

    mmcf->scratch = vet_scratch_create();
    if (mmcf->scratch == NULL) {
        return NGX_ERROR;
    }

    ngx_http_moderate_redis_start(mmcf->queue, mmcf->redis_timeout, cycle);

    if (mmcf->counters != NULL && mmcf->counters != mmcf->queue) {
        ngx_http_moderate_redis_start(mmcf->counters, mmcf->redis_timeout,
                                      cycle);
    }

    rules = mmcf->rules.elts;

    for (i = 0; i < mmcf->rules.nelts; i++) {
        ngx_http_moderate_rules_watch(rules[i], cycle);
    }

    return NGX_OK;
}


static void
ngx_http_moderate_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_moderate_module);

    if (mmcf == NULL || mmcf->scratch == NULL) {
        return;
    }

    ngx_http_moderate_redis_stop(mmcf->queue);

    if (mmcf->counters != NULL && mmcf->counters != mmcf->queue) {
        ngx_http_moderate_redis_stop(mmcf->counters);
    }

    vet_scratch_destroy(mmcf->scratch);
    mmcf->scratch = NULL;
}
