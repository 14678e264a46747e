
/*
 * Copyright (C) the moderate authors
 *
 * Encryption of what is kept of a submission.  A record is marked with the id
 * of its key, and all that somebody sent is sealed then; values that are not,
 * or are of another record, are those of somebody who can write to Redis.
 */


#include "ngx_http_moderate_payload.h"


#define NGX_HTTP_MODERATE_PAYLOAD_KEY_MIN  32
#define NGX_HTTP_MODERATE_PAYLOAD_KEY_MAX  4096


static ngx_int_t ngx_http_moderate_payload_keys(ngx_conf_t *cf,
    ngx_http_moderate_main_conf_t *mmcf);
static void ngx_http_moderate_payload_cleanup(void *data);
static ngx_int_t ngx_http_moderate_payload_key(ngx_conf_t *cf,
    vet_seal_keys_t *keys, ngx_str_t *name);
static ngx_int_t ngx_http_moderate_payload_file(ngx_conf_t *cf,
    ngx_str_t *name, u_char *text, size_t *len);
static void ngx_http_moderate_payload_about(
    ngx_http_moderate_payload_t *payload, ngx_str_t *column,
    vet_str_t *about);
static void ngx_http_moderate_payload_worse(
    ngx_http_moderate_payload_t *payload, ngx_uint_t state);


static struct {
    char                       *code;
    char                       *text;
} ngx_http_moderate_payload_states[] = {
    { NULL, NULL },
    { "plain", "this submission is kept without encryption, which "
               "\"plain=refuse\" of moderate_payload_key_file does not let "
               "pass" },
    { "no-key", "this submission is encrypted with a key that nginx does not "
                "have: expected its file in moderate_payload_key_file" },
    { "forged", "what is kept of this submission was changed outside of nginx: "
                "it is neither shown nor delivered" }
};


/* moderate_payload_key_file path ... [plain=read|refuse] */

char *
ngx_http_moderate_payload_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_moderate_main_conf_t *mmcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i, n;

    if (mmcf->payload_keys != NULL) {
        return "is duplicate";
    }

    if (ngx_http_moderate_payload_keys(cf, mmcf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;
    n = 0;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "plain=refuse") == 0) {
            mmcf->payload_refuse = 1;
            continue;
        }

        if (ngx_strcmp(value[i].data, "plain=read") == 0) {
            continue;
        }

        if (ngx_http_moderate_payload_key(cf, mmcf->payload_keys, &value[i])
            != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

        n++;
    }

    return (n != 0) ? NGX_CONF_OK : "needs the path of a key file";
}


static ngx_int_t
ngx_http_moderate_payload_keys(ngx_conf_t *cf,
    ngx_http_moderate_main_conf_t *mmcf)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    mmcf->payload_keys = vet_seal_keys_create();

    if (mmcf->payload_keys == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "libcrypto has no AES-256-GCM");
        return NGX_ERROR;
    }

    cln->handler = ngx_http_moderate_payload_cleanup;
    cln->data = mmcf->payload_keys;

    return NGX_OK;
}


static void
ngx_http_moderate_payload_cleanup(void *data)
{
    vet_seal_keys_destroy(data);
}


static ngx_int_t
ngx_http_moderate_payload_key(ngx_conf_t *cf, vet_seal_keys_t *keys,
    ngx_str_t *name)
{
    int          rc;
    u_char       text[NGX_HTTP_MODERATE_PAYLOAD_KEY_MAX];
    size_t       len;
    vet_str_t    secret;

    if (ngx_conf_full_name(cf->cycle, name, 1) != NGX_OK
        || ngx_http_moderate_payload_file(cf, name, text, &len) != NGX_OK)
    {
        return NGX_ERROR;
    }

    secret.data = text;
    secret.len = len;

    rc = vet_seal_keys_add(keys, secret);

    ngx_explicit_memzero(text, sizeof(text));

    switch (rc) {

    case VET_OK:
        return NGX_OK;

    case VET_DECLINED:
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has the key of a file before it", name);
        return NGX_ERROR;

    case VET_LIMIT:
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "too many key files, expected %d at most",
                           VET_SEAL_KEYS_MAX);
        return NGX_ERROR;

    default:
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "no key could be made of "
                           "\"%V\"", name);
        return NGX_ERROR;
    }
}


static ngx_int_t
ngx_http_moderate_payload_file(ngx_conf_t *cf, ngx_str_t *name, u_char *text,
    size_t *len)
{
    ssize_t          n;
    ngx_file_t       file;
    ngx_file_info_t  fi;

    ngx_memzero(&file, sizeof(ngx_file_t));
    file.name = *name;
    file.log = cf->log;
    file.fd = ngx_open_file(name->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (file.fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", name);
        return NGX_ERROR;
    }

    if (ngx_fd_info(file.fd, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_fd_info_n " \"%V\" failed", name);
        ngx_close_file(file.fd);
        return NGX_ERROR;
    }

    if (fi.st_mode & S_IRWXO) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "everybody can read or write \"%V\", expected a "
                           "file of mode 600 or 640", name);
        ngx_close_file(file.fd);
        return NGX_ERROR;
    }

    n = ngx_read_file(&file, text, NGX_HTTP_MODERATE_PAYLOAD_KEY_MAX, 0);

    ngx_close_file(file.fd);

    if (n < NGX_HTTP_MODERATE_PAYLOAD_KEY_MIN
        || n == NGX_HTTP_MODERATE_PAYLOAD_KEY_MAX)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has %z bytes, expected from %d to %d "
                           "random ones", name, n,
                           NGX_HTTP_MODERATE_PAYLOAD_KEY_MIN,
                           NGX_HTTP_MODERATE_PAYLOAD_KEY_MAX - 1);
        return NGX_ERROR;
    }

    *len = n;

    return NGX_OK;
}


ngx_int_t
ngx_http_moderate_payload_begin(ngx_http_moderate_payload_t *payload,
    ngx_http_moderate_main_conf_t *mmcf, ngx_pool_t *pool, ngx_str_t *site,
    ngx_str_t *id)
{
    ngx_memzero(payload, sizeof(ngx_http_moderate_payload_t));

    payload->pool = pool;
    payload->site = *site;
    payload->id = *id;
    payload->keys = (mmcf->payload_keys != NULL);
    payload->refuse = mmcf->payload_refuse;

    return (vet_seal_begin(&payload->seal, mmcf->payload_keys) == VET_OK)
           ? NGX_OK : NGX_ERROR;
}


void
ngx_http_moderate_payload_end(ngx_http_moderate_payload_t *payload)
{
    vet_seal_end(&payload->seal);
}


ngx_int_t
ngx_http_moderate_payload_mark(ngx_http_moderate_payload_t *payload,
    ngx_http_moderate_main_conf_t *mmcf, ngx_str_t *mark)
{
    ngx_str_null(mark);

    if (!payload->keys) {
        return NGX_OK;
    }

    mark->data = ngx_pnalloc(payload->pool, 2 * VET_SEAL_ID_LEN);
    if (mark->data == NULL) {
        return NGX_ERROR;
    }

    vet_seal_keys_id(mmcf->payload_keys, mark->data);
    mark->len = 2 * VET_SEAL_ID_LEN;

    return NGX_OK;
}


ngx_int_t
ngx_http_moderate_payload_seal(ngx_http_moderate_payload_t *payload,
    ngx_str_t *column, ngx_str_t *value)
{
    u_char     *p;
    vet_str_t   text, about[3];

    if (!payload->keys) {
        return NGX_OK;
    }

    p = ngx_pnalloc(payload->pool, value->len + VET_SEAL_OVERHEAD);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text.data = value->data;
    text.len = value->len;

    ngx_http_moderate_payload_about(payload, column, about);

    if (vet_seal(&payload->seal, about, 3, text, p) != VET_OK) {
        ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, 0,
                      "submission %V cannot be encrypted", &payload->id);
        return NGX_ERROR;
    }

    value->data = p;
    value->len += VET_SEAL_OVERHEAD;

    return NGX_OK;
}


ngx_int_t
ngx_http_moderate_payload_one(ngx_http_moderate_main_conf_t *mmcf,
    ngx_pool_t *pool, ngx_str_t *site, ngx_str_t *id, ngx_str_t *column,
    ngx_str_t *value)
{
    ngx_int_t                    rc;
    ngx_http_moderate_payload_t  payload;

    rc = ngx_http_moderate_payload_begin(&payload, mmcf, pool, site, id);

    if (rc == NGX_OK) {
        rc = ngx_http_moderate_payload_seal(&payload, column, value);
    }

    ngx_http_moderate_payload_end(&payload);

    return rc;
}


static void
ngx_http_moderate_payload_about(ngx_http_moderate_payload_t *payload,
    ngx_str_t *column, vet_str_t *about)
{
    about[0].data = payload->site.data;
    about[0].len = payload->site.len;
    about[1].data = payload->id.data;
    about[1].len = payload->id.len;
    about[2].data = column->data;
    about[2].len = column->len;
}


ngx_int_t
ngx_http_moderate_payload_marked(ngx_http_moderate_payload_t *payload,
    ngx_str_t *mark)
{
    payload->mark = *mark;

    if (mark->len == 0 && payload->keys && payload->refuse) {
        ngx_http_moderate_payload_worse(payload,
                                        NGX_HTTP_MODERATE_PAYLOAD_PLAIN);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_moderate_payload_open_one(ngx_http_moderate_main_conf_t *mmcf,
    ngx_pool_t *pool, ngx_str_t *site, ngx_str_t *id, ngx_str_t *mark,
    ngx_str_t *column, ngx_str_t *value, ngx_uint_t *state)
{
    ngx_int_t                    rc;
    ngx_http_moderate_payload_t  payload;

    rc = ngx_http_moderate_payload_begin(&payload, mmcf, pool, site, id);

    if (rc == NGX_OK) {
        if (ngx_http_moderate_payload_marked(&payload, mark) == NGX_OK) {
            rc = ngx_http_moderate_payload_open(&payload, column, value, 0);

        } else {
            ngx_str_null(value);
        }
    }

    *state = payload.state;

    ngx_http_moderate_payload_end(&payload);

    return rc;
}


ngx_int_t
ngx_http_moderate_payload_open(ngx_http_moderate_payload_t *payload,
    ngx_str_t *column, ngx_str_t *value, ngx_uint_t extra)
{
    u_char          *p;
    vet_str_t        sealed, about[3];
    vet_unsealed_t   rc;

    sealed.data = value->data;
    sealed.len = value->len;

    if (!vet_sealed(sealed)) {

        /* in a record that is sealed, all is */

        if (payload->mark.len) {
            ngx_str_null(value);
            ngx_http_moderate_payload_worse(payload,
                                            NGX_HTTP_MODERATE_PAYLOAD_FORGED);
        }

        return NGX_OK;
    }

    p = ngx_pnalloc(payload->pool, value->len - VET_SEAL_OVERHEAD + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_http_moderate_payload_about(payload, column, about);

    rc = vet_unseal(&payload->seal, about, 3, sealed, p);

    if (rc == VET_UNSEALED_ERROR) {
        return NGX_ERROR;
    }

    /*
     * what somebody sent may begin as a sealed value does; but where it is
     * one, the mark was taken from the record
     */

    if (payload->mark.len == 0 && !extra) {

        if (rc != VET_UNSEALED) {
            return NGX_OK;
        }

        rc = VET_UNSEALED_FORGED;
    }

    if (rc == VET_UNSEALED) {
        value->data = p;
        value->len -= VET_SEAL_OVERHEAD;
        p[value->len] = '\0';

        return NGX_OK;
    }

    ngx_str_null(value);
    ngx_http_moderate_payload_worse(payload, rc == VET_UNSEALED_NO_KEY
                                    ? NGX_HTTP_MODERATE_PAYLOAD_NO_KEY
                                    : NGX_HTTP_MODERATE_PAYLOAD_FORGED);

    return NGX_OK;
}


static void
ngx_http_moderate_payload_worse(ngx_http_moderate_payload_t *payload,
    ngx_uint_t state)
{
    payload->state = ngx_max(payload->state, state);
}


void
ngx_http_moderate_payload_log(ngx_http_moderate_payload_t *payload)
{
    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "%V: held submission %V cannot be read (key \"%V\"): %s",
                  &payload->site, &payload->id, &payload->mark,
                  ngx_http_moderate_payload_text(payload->state));
}


char *
ngx_http_moderate_payload_code(ngx_uint_t state)
{
    return ngx_http_moderate_payload_states[state].code;
}


char *
ngx_http_moderate_payload_text(ngx_uint_t state)
{
    return ngx_http_moderate_payload_states[state].text;
}
