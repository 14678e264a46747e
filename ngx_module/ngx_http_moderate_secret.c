
/*
 * Copyright (C) the moderate authors
 *
 * Hashes under the secret, and random ids.  Libcrypto takes two microseconds
 * to look up what an HMAC needs and one for 16 random bytes: both are made
 * ahead, once a worker.
 */


#include "ngx_http_moderate_module.h"

#include <openssl/evp.h>
#include <openssl/rand.h>


#define NGX_HTTP_MODERATE_BLOCK   64     /* bytes, of SHA-256 */
#define NGX_HTTP_MODERATE_RANDOM  2048


/* RFC 2104: the hash of the inner pad and of the outer one, begun */

struct ngx_http_moderate_secret_s {
    EVP_MD                     *md;
    EVP_MD_CTX                 *inner;
    EVP_MD_CTX                 *outer;
    EVP_MD_CTX                 *work;
    size_t                      left;       /* of the random bytes */
    u_char                      random[NGX_HTTP_MODERATE_RANDOM];
};


static ngx_int_t ngx_http_moderate_secret_begin(EVP_MD_CTX *ctx, EVP_MD *md,
    u_char *secret, u_char pad);


ngx_int_t
ngx_http_moderate_secret_start(ngx_http_moderate_main_conf_t *mmcf)
{
    ngx_http_moderate_secret_t  *s;

    s = ngx_calloc(sizeof(ngx_http_moderate_secret_t), ngx_cycle->log);
    if (s == NULL) {
        return NGX_ERROR;
    }

    mmcf->keyed = s;

    s->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    s->inner = EVP_MD_CTX_new();
    s->outer = EVP_MD_CTX_new();
    s->work = EVP_MD_CTX_new();

    if (s->md == NULL || s->inner == NULL || s->outer == NULL
        || s->work == NULL
        || ngx_http_moderate_secret_begin(s->inner, s->md, mmcf->secret, 0x36)
           != NGX_OK
        || ngx_http_moderate_secret_begin(s->outer, s->md, mmcf->secret, 0x5c)
           != NGX_OK)
    {
        ngx_log_error(NGX_LOG_EMERG, ngx_cycle->log, 0,
                      "libcrypto has no SHA-256");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_moderate_secret_begin(EVP_MD_CTX *ctx, EVP_MD *md, u_char *secret,
    u_char pad)
{
    u_char      block[NGX_HTTP_MODERATE_BLOCK];
    ngx_int_t   rc;
    ngx_uint_t  i;

    ngx_memset(block, pad, sizeof(block));

    for (i = 0; i < NGX_HTTP_MODERATE_SECRET_LEN; i++) {
        block[i] ^= secret[i];
    }

    rc = (EVP_DigestInit_ex(ctx, md, NULL) == 1
          && EVP_DigestUpdate(ctx, block, sizeof(block)) == 1) ? NGX_OK
                                                               : NGX_ERROR;

    ngx_explicit_memzero(block, sizeof(block));

    return rc;
}


void
ngx_http_moderate_secret_stop(ngx_http_moderate_main_conf_t *mmcf)
{
    ngx_http_moderate_secret_t  *s;

    s = mmcf->keyed;

    if (s == NULL) {
        return;
    }

    EVP_MD_CTX_free(s->inner);
    EVP_MD_CTX_free(s->outer);
    EVP_MD_CTX_free(s->work);
    EVP_MD_free(s->md);

    ngx_explicit_memzero(s->random, sizeof(s->random));
    ngx_free(s);

    mmcf->keyed = NULL;
}


ngx_int_t
ngx_http_moderate_keyed(ngx_http_moderate_main_conf_t *mmcf,
    const ngx_str_t *parts, ngx_uint_t n, u_char *md)
{
    ngx_uint_t                   i;
    ngx_http_moderate_secret_t  *s;

    s = mmcf->keyed;

    if (EVP_MD_CTX_copy_ex(s->work, s->inner) != 1) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (EVP_DigestUpdate(s->work, parts[i].data, parts[i].len) != 1) {
            return NGX_ERROR;
        }
    }

    return (EVP_DigestFinal_ex(s->work, md, NULL) == 1
            && EVP_MD_CTX_copy_ex(s->work, s->outer) == 1
            && EVP_DigestUpdate(s->work, md, NGX_HTTP_MODERATE_KEYED_LEN) == 1
            && EVP_DigestFinal_ex(s->work, md, NULL) == 1) ? NGX_OK
                                                           : NGX_ERROR;
}


ngx_int_t
ngx_http_moderate_random(ngx_http_moderate_main_conf_t *mmcf, u_char *p,
    size_t len)
{
    ngx_http_moderate_secret_t  *s;

    s = mmcf->keyed;

    if (s->left < len) {
        if (RAND_bytes(s->random, NGX_HTTP_MODERATE_RANDOM) != 1) {
            return NGX_ERROR;
        }

        s->left = NGX_HTTP_MODERATE_RANDOM;
    }

    s->left -= len;
    ngx_memcpy(p, s->random + s->left, len);

    /* what was given out is not kept here */

    ngx_memzero(s->random + s->left, len);

    return NGX_OK;
}
