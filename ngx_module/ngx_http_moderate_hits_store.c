
/*
 * Copyright (C) the moderate authors
 *
 * How often rules hit, for the figures of a day: a worker adds up what it sees
 * and tells Redis each second, so that a submission costs nothing more.
 */


#include "ngx_http_moderate_redis.h"
#include "ngx_http_moderate_figures.h"


#define NGX_HTTP_MODERATE_HITS_SLOTS  512    /* a power of 2 */
#define NGX_HTTP_MODERATE_HITS_MOST   384    /* of them in use */
#define NGX_HTTP_MODERATE_HITS_ID     64     /* bytes */
#define NGX_HTTP_MODERATE_HITS_FLUSH  1000   /* ms */


typedef struct {
    size_t                      len;         /* 0: free */
    u_char                      field[NGX_HTTP_MODERATE_HITS_ID
                                      + sizeof("r::hits")];
    ngx_uint_t                  n;
} ngx_http_moderate_hits_slot_t;


struct ngx_http_moderate_hit_counts_s {
    ngx_uint_t                  used;
    ngx_http_moderate_hits_slot_t  slots[NGX_HTTP_MODERATE_HITS_SLOTS];
};


static void ngx_http_moderate_hits_timer(ngx_event_t *ev);
static void ngx_http_moderate_hits_flush(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_srv_conf_t *mscf);


void
ngx_http_moderate_hits_add(ngx_http_request_t *r, const vet_str_t *id)
{
    u_char                          *p, field[NGX_HTTP_MODERATE_HITS_ID
                                              + sizeof("r::hits")];
    size_t                           len;
    ngx_uint_t                       i;
    ngx_http_moderate_srv_conf_t    *mscf;
    ngx_http_moderate_main_conf_t   *mmcf;
    ngx_http_moderate_hits_slot_t   *slot;

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);
    mscf = ngx_http_get_module_srv_conf(r, ngx_http_moderate_module);

    if (id->len > NGX_HTTP_MODERATE_HITS_ID || mmcf->queue == NULL) {
        return;
    }

    if (mscf->hits == NULL) {
        mscf->hits = ngx_calloc(sizeof(ngx_http_moderate_hit_counts_t),
                                r->connection->log);
        if (mscf->hits == NULL) {
            return;
        }
    }

    if (mscf->hits->used >= NGX_HTTP_MODERATE_HITS_MOST) {
        ngx_http_moderate_hits_flush(mmcf, mscf);
    }

    p = ngx_cpymem(field, "r:", 2);
    p = ngx_cpymem(p, id->data, id->len);
    p = ngx_cpymem(p, ":hits", 5);
    len = p - field;

    i = ngx_murmur_hash2(field, len);

    /* a quarter of the slots is always free: this ends */

    for ( ;; ) {
        slot = &mscf->hits->slots[i++ % NGX_HTTP_MODERATE_HITS_SLOTS];

        if (slot->len == 0) {

            /* Redis has not taken the others: this one is not counted */

            if (mscf->hits->used >= NGX_HTTP_MODERATE_HITS_MOST) {
                return;
            }

            ngx_memcpy(slot->field, field, len);
            slot->len = len;
            mscf->hits->used++;
            break;
        }

        if (slot->len == len && ngx_memcmp(slot->field, field, len) == 0) {
            break;
        }
    }

    slot->n++;

    if (!mmcf->hits.timer_set && !ngx_exiting) {
        mmcf->hits.handler = ngx_http_moderate_hits_timer;
        mmcf->hits.data = mmcf;
        mmcf->hits.log = ngx_cycle->log;
        mmcf->hits.cancelable = 1;

        ngx_add_timer(&mmcf->hits, NGX_HTTP_MODERATE_HITS_FLUSH);
    }
}


static void
ngx_http_moderate_hits_timer(ngx_event_t *ev)
{
    ngx_http_moderate_main_conf_t *mmcf = ev->data;

    ngx_uint_t                      i, left;
    ngx_http_moderate_srv_conf_t  **site;

    site = mmcf->sites.elts;
    left = 0;

    for (i = 0; i < mmcf->sites.nelts; i++) {
        if (site[i]->hits != NULL) {
            ngx_http_moderate_hits_flush(mmcf, site[i]);
            left += site[i]->hits->used;
        }
    }

    if (left && !ngx_exiting) {
        ngx_add_timer(ev, NGX_HTTP_MODERATE_HITS_FLUSH);
    }
}


/* what cannot be sent is kept, and added to */

static void
ngx_http_moderate_hits_flush(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_srv_conf_t *mscf)
{
    ngx_str_t                       key, *field;
    ngx_uint_t                      i;
    ngx_pool_t                     *pool;
    ngx_http_moderate_batch_t       batch;
    ngx_http_moderate_hits_slot_t  *slot;

    if (mscf->hits->used == 0) {
        return;
    }

    pool = ngx_create_pool(4096, ngx_cycle->log);
    if (pool == NULL) {
        return;
    }

    ngx_http_moderate_batch_init(&batch, pool);
    batch.apart = 1;

    field = ngx_palloc(pool, NGX_HTTP_MODERATE_HITS_SLOTS * sizeof(ngx_str_t));

    if (field == NULL
        || ngx_http_moderate_key_figures(pool, &mscf->site, ngx_time(), &key)
           != NGX_OK)
    {
        goto done;
    }

    for (i = 0; i < NGX_HTTP_MODERATE_HITS_SLOTS; i++) {
        slot = &mscf->hits->slots[i];

        if (slot->len == 0) {
            continue;
        }

        field[i].data = slot->field;
        field[i].len = slot->len;

        ngx_http_moderate_command(&batch, "HINCRBY");
        ngx_http_moderate_arg(&batch, &key);
        ngx_http_moderate_arg(&batch, &field[i]);
        ngx_http_moderate_number(&batch, slot->n);
    }

    ngx_http_moderate_command(&batch, "EXPIRE");
    ngx_http_moderate_arg(&batch, &key);
    ngx_http_moderate_word(&batch, NGX_HTTP_MODERATE_FIGURES_TTL);

    if (ngx_http_moderate_send(mmcf->queue, &batch, NULL, NULL, NULL)
        == NGX_OK)
    {
        ngx_memzero(mscf->hits, sizeof(ngx_http_moderate_hit_counts_t));
    }

done:

    ngx_destroy_pool(pool);
}


void
ngx_http_moderate_hits_stop(ngx_http_moderate_main_conf_t *mmcf)
{
    ngx_uint_t                      i;
    ngx_http_moderate_srv_conf_t  **site;

    site = mmcf->sites.elts;

    for (i = 0; i < mmcf->sites.nelts; i++) {
        ngx_free(site[i]->hits);
        site[i]->hits = NULL;
    }
}
