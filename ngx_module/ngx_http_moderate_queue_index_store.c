
/*
 * Copyright (C) the moderate authors
 *
 * What waits for a person, by time: all of a site, and those of a category, of
 * a rule and of a form.  An item is put in with what makes it wait and taken
 * out behind what ends that; ZREM works on a full Redis as SMOVE does.  The
 * state sets are what is true: an item that is here and does not wait is not
 * listed, and a round of the keeper puts right what a crash has left.
 */


#include "ngx_http_moderate_redis.h"
#include "ngx_http_moderate_store.h"

#include <jansson.h>


typedef struct {
    ngx_http_moderate_batch_t  *batch;
    ngx_str_t                  *site;
    ngx_str_t                  *id;
    ngx_str_t                  *received;       /* NULL: it is taken out */
} ngx_http_moderate_index_t;


static void ngx_http_moderate_index_each(ngx_http_moderate_index_t *index,
    ngx_str_t *form, ngx_str_t *hits);
static void ngx_http_moderate_index_one(ngx_http_moderate_index_t *index,
    u_char kind, ngx_str_t *value);


void
ngx_http_moderate_queue_add(ngx_http_moderate_batch_t *batch,
    ngx_str_t *site, ngx_str_t *id, ngx_str_t *received, ngx_str_t *form,
    ngx_str_t *hits)
{
    ngx_http_moderate_index_t  index = { batch, site, id, received };

    ngx_http_moderate_index_each(&index, form, hits);
}


void
ngx_http_moderate_queue_remove(ngx_http_moderate_batch_t *batch,
    ngx_str_t *site, ngx_str_t *id, ngx_str_t *form, ngx_str_t *hits)
{
    ngx_http_moderate_index_t  index = { batch, site, id, NULL };

    ngx_http_moderate_index_each(&index, form, hits);
}


static void
ngx_http_moderate_index_each(ngx_http_moderate_index_t *index,
    ngx_str_t *form, ngx_str_t *text)
{
    size_t       i;
    json_t      *hits, *hit, *value;
    ngx_str_t    name;
    ngx_uint_t   k;

    static struct {
        const char  *member;
        u_char       kind;
    } kinds[] = {
        { "category", NGX_HTTP_MODERATE_BY_CATEGORY },
        { "rule", NGX_HTTP_MODERATE_BY_RULE }
    };

    ngx_http_moderate_index_one(index, 0, NULL);
    ngx_http_moderate_index_one(index, NGX_HTTP_MODERATE_BY_FORM, form);

    hits = json_loadb((char *) text->data, text->len, JSON_ALLOW_NUL, NULL);

    json_array_foreach(hits, i, hit) {

        for (k = 0; k < 2; k++) {
            value = json_object_get(hit, kinds[k].member);

            if (!json_is_string(value)
                || json_string_length(value) == 0
                || ngx_http_moderate_figures_before(hits, i, kinds[k].member,
                                                    value))
            {
                continue;
            }

            name.data = (u_char *) json_string_value(value);
            name.len = json_string_length(value);

            ngx_http_moderate_index_one(index, kinds[k].kind, &name);
        }
    }

    json_decref(hits);
}


static void
ngx_http_moderate_index_one(ngx_http_moderate_index_t *index, u_char kind,
    ngx_str_t *value)
{
    ngx_str_t                   key;
    ngx_http_moderate_batch_t  *batch;

    batch = index->batch;

    if (ngx_http_moderate_key_queue(batch->pool, index->site, kind, value,
                                    &key)
        != NGX_OK)
    {
        batch->failed = 1;
        return;
    }

    if (index->received == NULL) {
        ngx_http_moderate_command(batch, "ZREM");
        ngx_http_moderate_arg(batch, &key);

    } else {
        ngx_http_moderate_command(batch, "ZADD");
        ngx_http_moderate_arg(batch, &key);
        ngx_http_moderate_arg(batch, index->received);
    }

    ngx_http_moderate_arg(batch, index->id);
}
