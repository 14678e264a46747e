
/*
 * Copyright (C) the moderate authors
 *
 * What moderation does, in numbers: one hash of counters a site and day.  They
 * are written behind what they count, on the same connection: a Redis that
 * refuses them does not refuse a submission, and a hold that is repeated is
 * counted once.
 */


#include "ngx_http_moderate_redis.h"
#include "ngx_http_moderate_figures.h"


#define NGX_HTTP_MODERATE_FIGURES_FORM  256         /* bytes of a path */


typedef struct {
    ngx_http_moderate_batch_t  *batch;
    ngx_str_t                  *key;
    ngx_str_t                  *what;
} ngx_http_moderate_figures_writer_t;


static void ngx_http_moderate_figures_add(
    ngx_http_moderate_figures_writer_t *writer, char *fmt, ngx_str_t *name);
static void ngx_http_moderate_figures_hits(
    ngx_http_moderate_figures_writer_t *writer, ngx_str_t *hits);
static void ngx_http_moderate_figures_decided(ngx_str_t *rule,
    ngx_str_t *what);
static void ngx_http_moderate_figures_read(void *data, ngx_int_t rc,
    redisReply *reply);
static void ngx_http_moderate_figures_day(
    ngx_http_moderate_figures_t *figures, redisReply *hash, time_t day);
static void ngx_http_moderate_figures_sum(json_t *json, char *name,
    size_t len, ngx_str_t *what, json_int_t n);


/* seconds from receipt to decision; behind the last, all that took longer */

const ngx_uint_t  ngx_http_moderate_figures_bounds[] = {
    60, 600, 3600, 14400, 86400, 259200, 0
};


void
ngx_http_moderate_figures_count(ngx_http_moderate_redis_t *redis,
    ngx_pool_t *pool, ngx_http_moderate_figure_t *figure)
{
    ngx_tm_t                            tm;
    ngx_int_t                           received;
    ngx_str_t                           key, hour, bucket;
    ngx_uint_t                          i;
    u_char                              text[2][NGX_INT_T_LEN];
    ngx_http_moderate_batch_t           batch;
    ngx_http_moderate_figures_writer_t  writer;

    if (ngx_http_moderate_key_figures(pool, &figure->site, ngx_time(), &key)
        != NGX_OK)
    {
        return;
    }

    ngx_http_moderate_batch_init(&batch, pool);

    writer.batch = &batch;
    writer.key = &key;
    writer.what = &figure->what;

    ngx_gmtime(ngx_time(), &tm);

    hour.data = text[0];
    hour.len = ngx_sprintf(text[0], "%02d", tm.ngx_tm_hour) - text[0];

    ngx_http_moderate_figures_add(&writer, "d:%V:%V", NULL);
    ngx_http_moderate_figures_add(&writer, "h:%V:%V", &hour);

    if (figure->form.len && figure->form.len <= NGX_HTTP_MODERATE_FIGURES_FORM)
    {
        ngx_http_moderate_figures_add(&writer, "f:%V:%V", &figure->form);
    }

    ngx_http_moderate_figures_hits(&writer, &figure->hits);

    received = ngx_atoi(figure->received.data, figure->received.len);

    if (figure->decided && received != NGX_ERROR) {

        for (i = 0; ngx_http_moderate_figures_bounds[i]; i++) {
            if (ngx_time() - received / 1000
                <= (time_t) ngx_http_moderate_figures_bounds[i])
            {
                break;
            }
        }

        bucket.data = text[1];
        bucket.len = ngx_sprintf(text[1], "%ui", i) - text[1];

        ngx_http_moderate_figures_add(&writer, "t:%V:%V", &bucket);
    }

    ngx_http_moderate_command(&batch, "EXPIRE");
    ngx_http_moderate_arg(&batch, &key);
    ngx_http_moderate_word(&batch, NGX_HTTP_MODERATE_FIGURES_TTL);

    (void) ngx_http_moderate_send(redis, &batch, NULL, NULL, NULL);
}


static void
ngx_http_moderate_figures_add(ngx_http_moderate_figures_writer_t *writer,
    char *fmt, ngx_str_t *name)
{
    u_char     *p;
    ngx_str_t   field;

    static ngx_str_t  none = ngx_null_string;

    if (name == NULL) {
        name = &none;
    }

    p = ngx_pnalloc(writer->batch->pool, name->len + writer->what->len + 4);

    if (p == NULL) {
        writer->batch->failed = 1;
        return;
    }

    field.data = p;
    field.len = ngx_sprintf(p, fmt, name, writer->what) - p;

    ngx_http_moderate_command(writer->batch, "HINCRBY");
    ngx_http_moderate_arg(writer->batch, writer->key);
    ngx_http_moderate_arg(writer->batch, &field);
    ngx_http_moderate_word(writer->batch, "1");
}


/* each rule and each category once, however many places were hit */

static void
ngx_http_moderate_figures_hits(ngx_http_moderate_figures_writer_t *writer,
    ngx_str_t *text)
{
    size_t       i;
    json_t      *hits, *hit, *value;
    ngx_str_t    name;
    ngx_uint_t   k;

    static struct {
        const char  *member;
        char        *fmt;
    } kinds[] = {
        { "rule", "r:%V:%V" },
        { "category", "c:%V:%V" }
    };

    hits = json_loadb((char *) text->data, text->len, JSON_ALLOW_NUL, NULL);

    json_array_foreach(hits, i, hit) {

        for (k = 0; k < 2; k++) {
            value = json_object_get(hit, kinds[k].member);

            if (!json_is_string(value)
                || ngx_http_moderate_figures_before(hits, i, kinds[k].member,
                                                    value))
            {
                continue;
            }

            name.data = (u_char *) json_string_value(value);
            name.len = json_string_length(value);

            ngx_http_moderate_figures_add(writer, kinds[k].fmt, &name);

            if (k == 0) {
                ngx_http_moderate_figures_decided(&name, writer->what);
            }
        }
    }

    json_decref(hits);
}


static void
ngx_http_moderate_figures_decided(ngx_str_t *rule, ngx_str_t *what)
{
    static ngx_str_t  delivered = ngx_string("delivered");
    static ngx_str_t  rejected = ngx_string("rejected");

    if (what->len == delivered.len
        && ngx_strncmp(what->data, delivered.data, what->len) == 0)
    {
        ngx_http_moderate_stats_decided(rule, 0);
    }

    if (what->len == rejected.len
        && ngx_strncmp(what->data, rejected.data, what->len) == 0)
    {
        ngx_http_moderate_stats_decided(rule, 1);
    }
}


ngx_uint_t
ngx_http_moderate_figures_before(json_t *hits, size_t i, const char *member,
    json_t *value)
{
    size_t  n;

    for (n = 0; n < i; n++) {
        if (json_equal(json_object_get(json_array_get(hits, n), member),
                       value))
        {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_http_moderate_figures(ngx_http_moderate_figures_t *figures)
{
    time_t                          day;
    ngx_str_t                      *key;
    ngx_uint_t                      i;
    ngx_pool_t                     *pool;
    ngx_http_moderate_batch_t       batch;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(figures->request,
                                         ngx_http_moderate_module);
    pool = figures->request->pool;

    key = ngx_palloc(pool, figures->days * sizeof(ngx_str_t));
    if (key == NULL) {
        return NGX_ERROR;
    }

    ngx_http_moderate_batch_init(&batch, pool);

    for (i = 0; i < figures->days; i++) {
        day = figures->from + (time_t) i * 86400;

        if (ngx_http_moderate_key_figures(pool, &figures->site, day, &key[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_http_moderate_command(&batch, "HGETALL");
        ngx_http_moderate_arg(&batch, &key[i]);
    }

    /* one more, so that the reply is an array of them even for one day */

    ngx_http_moderate_command(&batch, "PING");

    return ngx_http_moderate_send(mmcf->queue, &batch, figures->slot,
                                  ngx_http_moderate_figures_read, figures);
}


static void
ngx_http_moderate_figures_read(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_figures_t *figures = data;

    ngx_uint_t         i;
    ngx_connection_t  *c;

    c = figures->request->connection;

    for (i = 0; rc == NGX_OK && i < figures->days; i++) {
        ngx_http_moderate_figures_day(figures,
                                      ngx_http_moderate_reply_at(reply, i),
                                      figures->from + (time_t) i * 86400);
    }

    figures->handler(figures->request, rc);
    ngx_http_run_posted_requests(c);
}


/* "KIND:NAME:WHAT": a name may have colons, the others have none */

static void
ngx_http_moderate_figures_day(ngx_http_moderate_figures_t *figures,
    redisReply *hash, time_t day)
{
    char        date[sizeof("9999-12-31")];
    size_t      i;
    u_char     *p;
    ngx_tm_t    tm;
    ngx_str_t   field, what;
    ngx_uint_t  k;
    json_int_t  n;

    static struct {
        char    kind;
        size_t  offset;
    } kinds[] = {
        { 'h', offsetof(ngx_http_moderate_figures_t, by_hour) },
        { 'f', offsetof(ngx_http_moderate_figures_t, by_form) },
        { 'c', offsetof(ngx_http_moderate_figures_t, by_category) },
        { 'r', offsetof(ngx_http_moderate_figures_t, by_rule) },
        { 't', offsetof(ngx_http_moderate_figures_t, by_time) }
    };

    ngx_gmtime(day, &tm);
    *ngx_snprintf((u_char *) date, sizeof(date) - 1, "%04d-%02d-%02d",
                  tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday)
        = '\0';

    for (i = 0; hash != NULL && i + 1 < hash->elements; i += 2) {

        ngx_http_moderate_reply_str(hash->element[i], &field);
        n = ngx_http_moderate_reply_int(hash->element[i + 1], 0);

        for (p = field.data + field.len; p > field.data + 2; p--) {
            if (p[-1] == ':') {
                break;
            }
        }

        if (field.len < 4 || p <= field.data + 2) {
            continue;
        }

        what.data = p;
        what.len = field.data + field.len - p;

        field.len = p - 1 - field.data - 2;

        for (k = 0; k < 5; k++) {
            if (field.data[0] == (u_char) kinds[k].kind) {
                ngx_http_moderate_figures_sum(
                    *(json_t **) ((u_char *) figures + kinds[k].offset),
                    (char *) field.data + 2, field.len, &what, n);
            }
        }

        if (field.data[0] == 'd') {
            ngx_http_moderate_figures_sum(figures->decisions, NULL, 0, &what,
                                          n);
            ngx_http_moderate_figures_sum(figures->by_day, date,
                                          ngx_strlen(date), &what, n);
        }
    }
}


/* adds to json[what], or to json[name][what]; a URI may be no UTF-8 */

static void
ngx_http_moderate_figures_sum(json_t *json, char *name, size_t len,
    ngx_str_t *what, json_int_t n)
{
    char     text[NGX_HTTP_MODERATE_FIGURES_FORM + 1], word[64];
    size_t   i;
    json_t  *inner;

    if (len >= sizeof(text) || what->len >= sizeof(word)) {
        return;
    }

    if (name != NULL) {

        ngx_memcpy(text, name, len);
        text[len] = '\0';

        /* a path in Vietnamese is UTF-8, other bytes are not shown */

        inner = json_stringn(name, len);

        for (i = 0; inner == NULL && i < len; i++) {
            if ((u_char) text[i] >= 0x80) {
                text[i] = '?';
            }
        }

        json_decref(inner);

        inner = json_object_get(json, text);

        if (inner == NULL) {
            inner = json_object();
            json_object_set_new(json, text, inner);
        }

        json = inner;
    }

    ngx_memcpy(word, what->data, what->len);
    word[what->len] = '\0';

    n += json_integer_value(json_object_get(json, word));

    json_object_set_new(json, word, json_integer(n));
}
