
/*
 * Copyright (C) the moderate authors
 *
 * bench_empty on: reads the body before the request is passed on, and does
 * nothing with it: what inspecting costs before anything is inspected.
 *
 * bench_stall: a location that tells how long the event loop of its worker was
 * busy at a time, at most, since it was asked with "?reset"; as seen by a timer
 * of a millisecond, on the clock and in CPU time.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


typedef struct {
    ngx_flag_t                  enable;
} ngx_http_bench_empty_loc_conf_t;


/* of a worker */

typedef struct {
    ngx_event_t                 timer;
    ngx_connection_t            connection;     /* for debug messages */
    ngx_uint_t                  enabled;
    uint64_t                    clock;          /* us, of the last look */
    uint64_t                    cpu;
    uint64_t                    longest;
    uint64_t                    longest_cpu;
    uint64_t                    looks;
    uint64_t                    late;           /* by 2 ms and more */
} ngx_http_bench_stall_t;


static ngx_int_t ngx_http_bench_empty_handler(ngx_http_request_t *r);
static void ngx_http_bench_empty_read(ngx_http_request_t *r);
static void *ngx_http_bench_empty_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_bench_empty_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static ngx_int_t ngx_http_bench_empty_init(ngx_conf_t *cf);
static char *ngx_http_bench_stall(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_bench_stall_process(ngx_cycle_t *cycle);
static void ngx_http_bench_stall_timer(ngx_event_t *ev);
static uint64_t ngx_http_bench_stall_clock(clockid_t clock);
static ngx_int_t ngx_http_bench_stall_handler(ngx_http_request_t *r);


static ngx_http_bench_stall_t  ngx_http_bench_stalled;


static ngx_command_t  ngx_http_bench_empty_commands[] = {

    { ngx_string("bench_empty"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_bench_empty_loc_conf_t, enable),
      NULL },

    { ngx_string("bench_stall"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_bench_stall,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_bench_empty_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_bench_empty_init,             /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_bench_empty_create_loc_conf,  /* create location configuration */
    ngx_http_bench_empty_merge_loc_conf    /* merge location configuration */
};


ngx_module_t  ngx_http_bench_empty_module = {
    NGX_MODULE_V1,
    &ngx_http_bench_empty_module_ctx,      /* module context */
    ngx_http_bench_empty_commands,         /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_http_bench_stall_process,          /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_bench_empty_handler(ngx_http_request_t *r)
{
    ngx_int_t                         rc;
    ngx_http_bench_empty_loc_conf_t  *elcf;

    elcf = ngx_http_get_module_loc_conf(r, ngx_http_bench_empty_module);

    if (!elcf->enable || r != r->main
        || ngx_http_get_module_ctx(r, ngx_http_bench_empty_module) != NULL)
    {
        return NGX_DECLINED;
    }

    /* the second time here the body is there */

    ngx_http_set_ctx(r, elcf, ngx_http_bench_empty_module);

    rc = ngx_http_read_client_request_body(r, ngx_http_bench_empty_read);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    ngx_http_finalize_request(r, NGX_DONE);

    return NGX_DONE;
}


static void
ngx_http_bench_empty_read(ngx_http_request_t *r)
{
    r->write_event_handler = ngx_http_core_run_phases;
    ngx_http_core_run_phases(r);
}


static void *
ngx_http_bench_empty_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_bench_empty_loc_conf_t  *elcf;

    elcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_bench_empty_loc_conf_t));

    if (elcf != NULL) {
        elcf->enable = NGX_CONF_UNSET;
    }

    return elcf;
}


static char *
ngx_http_bench_empty_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_bench_empty_loc_conf_t *prev = parent;
    ngx_http_bench_empty_loc_conf_t *conf = child;

    ngx_conf_merge_value(conf->enable, prev->enable, 0);

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_bench_empty_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_bench_empty_handler;

    return NGX_OK;
}


static char *
ngx_http_bench_stall(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_bench_stall_handler;

    ngx_http_bench_stalled.enabled = 1;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_bench_stall_process(ngx_cycle_t *cycle)
{
    ngx_event_t  *ev;

    ev = &ngx_http_bench_stalled.timer;

    if (ngx_http_bench_stalled.enabled) {
        ev->handler = ngx_http_bench_stall_timer;
        ev->data = &ngx_http_bench_stalled.connection;
        ev->log = cycle->log;
        ev->cancelable = 1;

        ngx_add_timer(ev, 1);
    }

    return NGX_OK;
}


/* the loop comes here each millisecond, unless it is held up elsewhere */

static void
ngx_http_bench_stall_timer(ngx_event_t *ev)
{
    uint64_t                 clock, cpu;
    ngx_http_bench_stall_t  *s;

    s = &ngx_http_bench_stalled;

    clock = ngx_http_bench_stall_clock(CLOCK_MONOTONIC);
    cpu = ngx_http_bench_stall_clock(CLOCK_THREAD_CPUTIME_ID);

    if (s->clock) {
        s->longest = ngx_max(s->longest, clock - s->clock);
        s->longest_cpu = ngx_max(s->longest_cpu, cpu - s->cpu);
        s->late += (clock - s->clock >= 3000);
        s->looks++;
    }

    s->clock = clock;
    s->cpu = cpu;

    ngx_add_timer(ev, 1);
}


static uint64_t
ngx_http_bench_stall_clock(clockid_t clock)
{
    struct timespec  ts;

    (void) clock_gettime(clock, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


static ngx_int_t
ngx_http_bench_stall_handler(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_str_t                  type, text;
    ngx_http_bench_stall_t    *s;
    ngx_http_complex_value_t   cv;

    s = &ngx_http_bench_stalled;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    text.data = ngx_pnalloc(r->pool, 256);
    if (text.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    text.len = ngx_sprintf(text.data, "{\"pid\":%P,\"longest\":%uL,"
                           "\"longest_cpu\":%uL,\"looks\":%uL,\"late\":%uL}",
                           ngx_pid, s->longest, s->longest_cpu, s->looks,
                           s->late)
               - text.data;

    if (r->args.len) {
        s->longest = 0;
        s->longest_cpu = 0;
        s->looks = 0;
        s->late = 0;
    }

    ngx_str_set(&type, "application/json");
    ngx_memzero(&cv, sizeof(ngx_http_complex_value_t));
    cv.value = text;

    return ngx_http_send_response(r, NGX_HTTP_OK, &type, &cv);
}
