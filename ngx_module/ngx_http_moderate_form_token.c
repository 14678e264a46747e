
/*
 * Copyright (C) the moderate authors
 *
 * What is known of a submission besides its body: the form, the site, and how
 * long somebody had the form, by the token that was issued with it.
 */


#include "ngx_http_moderate_module.h"


static void ngx_http_moderate_str(ngx_str_t *s, vet_str_t *str);
static void ngx_http_moderate_secret(ngx_http_request_t *r, vet_str_t *secret);


void
ngx_http_moderate_context(ngx_http_request_t *r, vet_context_t *context,
    vet_str_t *secret)
{
    ngx_http_moderate_srv_conf_t  *mscf;

    mscf = ngx_http_get_module_srv_conf(r, ngx_http_moderate_module);

    ngx_http_moderate_str(&r->uri, &context->form);
    ngx_http_moderate_str(&mscf->site, &context->site);
    ngx_http_moderate_secret(r, secret);
}


ngx_int_t
ngx_http_moderate_token_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                        *p;
    vet_str_t                      secret, site;
    ngx_http_moderate_srv_conf_t  *mscf;

    mscf = ngx_http_get_module_srv_conf(r, ngx_http_moderate_module);

    p = ngx_pnalloc(r->pool, VET_TOKEN_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_http_moderate_str(&mscf->site, &site);
    ngx_http_moderate_secret(r, &secret);

    if (vet_token_make(secret, site, (uint64_t) ngx_time(), p) != VET_OK) {
        return NGX_ERROR;
    }

    v->data = p;
    v->len = VET_TOKEN_LEN;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


static void
ngx_http_moderate_str(ngx_str_t *s, vet_str_t *str)
{
    str->data = s->data;
    str->len = s->len;
}


static void
ngx_http_moderate_secret(ngx_http_request_t *r, vet_str_t *secret)
{
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);

    secret->data = mmcf->secret;
    secret->len = NGX_HTTP_MODERATE_SECRET_LEN;
}
