
/*
 * Copyright (C) the moderate authors
 *
 * What a line of nginx.conf says.
 */


#include "ngx_http_moderate_conf.h"

#include <ngx_thread_pool.h>


static ngx_int_t ngx_http_moderate_form_role(ngx_conf_t *cf,
    ngx_http_moderate_loc_conf_t *mlcf, vet_role_t *role);
static void ngx_http_moderate_form_cleanup(void *data);
static char *ngx_http_moderate_failure_param(ngx_uint_t *param,
    ngx_uint_t value);
static ngx_int_t ngx_http_moderate_keep_variable(ngx_conf_t *cf,
    ngx_array_t *array, ngx_str_t *name);


char *
ngx_http_moderate_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_moderate_loc_conf_t *mlcf = conf;

    /* for what can be said only when all is merged */

    mlcf->file = cf->conf_file->file.name.data;
    mlcf->line = cf->conf_file->line;

    return ngx_conf_set_flag_slot(cf, cmd, conf);
}


/* moderate_methods: words into an array */

char *
ngx_http_moderate_names_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
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


char *
ngx_http_moderate_rules_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_moderate_loc_conf_t *mlcf = conf;

    ngx_str_t    *value, name;
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
    ngx_str_null(&name);
    i = 1;

    if (ngx_strncmp(value[1].data, "redis:", 6) == 0) {
        name = value[1];
        i = 2;
    }

    for ( /* void */ ; i < cf->args->nelts; i++) {

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

    mlcf->rules = ngx_http_moderate_rules_add(cf, &name, &paths);

    if (mlcf->rules == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"moderate_rules\" could not load \"%V\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_moderate_field_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_moderate_loc_conf_t *mlcf = conf;

    ngx_str_t     *value;
    vet_str_t      selector;
    vet_role_t     role;
    ngx_uint_t     i;
    vet_errors_t   errors;

    if (ngx_http_moderate_form_role(cf, mlcf, &role) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

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


/* one line says all the decoders of a role: their order counts */

char *
ngx_http_moderate_decode_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_moderate_loc_conf_t *mlcf = conf;

    ngx_str_t     *value;
    vet_str_t      decoder;
    vet_role_t     role;
    ngx_uint_t     i;
    vet_errors_t   errors;

    if (ngx_http_moderate_form_role(cf, mlcf, &role) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    if (vet_form_decoders(mlcf->form, role) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate \"moderate_decode %V\", expected all "
                           "decoders of a role in one line", &value[1]);
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {
        ngx_memzero(&errors, sizeof(vet_errors_t));

        decoder.data = value[i].data;
        decoder.len = value[i].len;

        if (vet_form_decode(mlcf->form, role, decoder, &errors) != VET_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"moderate_decode\": %s", errors.text[0]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* the form that this line and others of its level describe, and its role */

static ngx_int_t
ngx_http_moderate_form_role(ngx_conf_t *cf,
    ngx_http_moderate_loc_conf_t *mlcf, vet_role_t *role)
{
    ngx_str_t           *value;
    vet_str_t            name;
    ngx_pool_cleanup_t  *cln;

    if (mlcf->form == NGX_CONF_UNSET_PTR) {

        cln = ngx_pool_cleanup_add(cf->pool, 0);
        if (cln == NULL) {
            return NGX_ERROR;
        }

        mlcf->form = vet_form_create();
        if (mlcf->form == NULL) {
            return NGX_ERROR;
        }

        cln->handler = ngx_http_moderate_form_cleanup;
        cln->data = mlcf->form;
    }

    value = cf->args->elts;

    name.data = value[1].data;
    name.len = value[1].len;

    if (vet_role_find(name, role) != VET_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown role \"%V\", expected \"text\", "
                           "\"title\", \"author\", \"email\", \"url\", "
                           "\"phone\", \"honeypot\", \"ignore\" or "
                           "\"other\"", &value[1]);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_http_moderate_form_cleanup(void *data)
{
    vet_form_destroy(data);
}


/* moderate_key, moderate_replay_set_header: a name and a value */

char *
ngx_http_moderate_pair_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_str_t                          *value;
    ngx_uint_t                          i;
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

    value = cf->args->elts;
    pair = (*array)->elts;

    for (i = 0; i < (*array)->nelts; i++) {
        if (pair[i].name.len == value[1].len
            && ngx_strncmp(pair[i].name.data, value[1].data, value[1].len)
               == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate \"%V %V\"", &cmd->name, &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    pair = ngx_array_push(*array);
    if (pair == NULL) {
        return NGX_CONF_ERROR;
    }

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

char *
ngx_http_moderate_site_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
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


char *
ngx_http_moderate_redis_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
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


/* with 0 every reply would be late */

char *
ngx_http_moderate_timeout_post(ngx_conf_t *cf, void *post, void *data)
{
    ngx_msec_t *timeout = data;

    return (*timeout == 0) ? "must not be 0" : NGX_CONF_OK;
}


/* read, and asked for, here: an error names the line */

char *
ngx_http_moderate_secret_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    char  *rv;

    rv = ngx_conf_set_str_slot(cf, cmd, conf);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    return (ngx_http_moderate_read_secret(cf, conf) == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_http_moderate_thread_pool_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_moderate_main_conf_t *mmcf = conf;

    char  *rv;

    rv = ngx_conf_set_str_slot(cf, cmd, conf);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    return (ngx_thread_pool_add(cf, &mmcf->thread_pool_name) != NULL)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_http_moderate_failure_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_moderate_loc_conf_t *mlcf = conf;

    char        *rv;
    ngx_str_t   *value;
    ngx_uint_t   i, *counters, *store;

    value = cf->args->elts;
    counters = &mlcf->failure_counters;
    store = &mlcf->failure_store;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "counters=hold") == 0) {
            rv = ngx_http_moderate_failure_param(counters,
                                             NGX_HTTP_MODERATE_FAILURE_HOLD);

        } else if (ngx_strcmp(value[i].data, "counters=pass") == 0) {
            rv = ngx_http_moderate_failure_param(counters,
                                             NGX_HTTP_MODERATE_FAILURE_PASS);

        } else if (ngx_strcmp(value[i].data, "store=refuse") == 0) {
            rv = ngx_http_moderate_failure_param(store,
                                             NGX_HTTP_MODERATE_FAILURE_REFUSE);

        } else if (ngx_strcmp(value[i].data, "store=pass") == 0) {
            rv = ngx_http_moderate_failure_param(store,
                                             NGX_HTTP_MODERATE_FAILURE_PASS);

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\", expected "
                               "\"counters=hold\", \"counters=pass\", "
                               "\"store=refuse\" or \"store=pass\"",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_moderate_failure_param(ngx_uint_t *param, ngx_uint_t value)
{
    if (*param != NGX_CONF_UNSET_UINT) {
        return "says the same twice";
    }

    *param = value;

    return NGX_CONF_OK;
}


/* headers by name; "$name" keeps a variable's value */

char *
ngx_http_moderate_keep_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
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

char *
ngx_http_moderate_codes_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
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
