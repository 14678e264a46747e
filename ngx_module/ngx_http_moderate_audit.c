
/*
 * Copyright (C) the moderate authors
 *
 * Events of the audit log, and the file outside Redis that has the heads of
 * their chains.  A line is "seal" or "late", then name=value, separated by
 * spaces; values are percent-encoded; the mac is the last.
 */


#include "ngx_http_moderate_audit.h"
#include "ngx_http_moderate_keys.h"

#include <ngx_thread_pool.h>


#define NGX_HTTP_MODERATE_AUDIT_LINE  4096    /* bytes of a line, at most */
#define NGX_HTTP_MODERATE_SEAL_PARTS  6


typedef struct {
    ngx_http_moderate_chain_t  *chain;
    ngx_fd_t                    fd;         /* its own */
    ngx_err_t                   err;
    uint64_t                    count;
    size_t                      len;
    u_char                      line[NGX_HTTP_MODERATE_AUDIT_LINE];
} ngx_http_moderate_seal_t;


static ngx_int_t ngx_http_moderate_audit_chains(ngx_conf_t *cf,
    ngx_http_moderate_main_conf_t *mmcf);
static ngx_http_moderate_chain_t *ngx_http_moderate_audit_chain(
    ngx_http_moderate_audit_t *audit, ngx_str_t *site);
static ngx_int_t ngx_http_moderate_audit_read(ngx_conf_t *cf,
    ngx_http_moderate_audit_t *audit);
static void ngx_http_moderate_audit_line(ngx_http_moderate_audit_t *audit,
    u_char *p, u_char *last);
static ngx_int_t ngx_http_moderate_audit_value(u_char **p, u_char *last,
    char *name, ngx_str_t *value);
static ngx_int_t ngx_http_moderate_audit_mac(
    ngx_http_moderate_audit_event_t *event);
static ngx_int_t ngx_http_moderate_seal_mac(ngx_http_moderate_audit_t *audit,
    ngx_str_t *part, u_char *hex);
static size_t ngx_http_moderate_seal_line(ngx_http_moderate_audit_t *audit,
    ngx_http_moderate_chain_t *chain, u_char *line);
static void ngx_http_moderate_seal_write(void *data, ngx_log_t *log);
static void ngx_http_moderate_seal_written(ngx_event_t *ev);


char *
ngx_http_moderate_audit_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_moderate_main_conf_t *mmcf = conf;

    ngx_str_t  *value;

    if (mmcf->audit.file != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        return "needs the path of a file";
    }

    mmcf->audit.file = ngx_conf_open_file(cf->cycle, &value[1]);

    return (mmcf->audit.file == NULL) ? NGX_CONF_ERROR : NGX_CONF_OK;
}


ngx_int_t
ngx_http_moderate_audit_init(ngx_conf_t *cf,
    ngx_http_moderate_main_conf_t *mmcf)
{
    vet_str_t                   secret;
    ngx_http_moderate_audit_t  *audit;

    audit = &mmcf->audit;

    secret.data = mmcf->secret;
    secret.len = NGX_HTTP_MODERATE_SECRET_LEN;

    if (vet_mac_key(secret, "moderate audit", audit->key) != VET_OK) {
        return NGX_ERROR;
    }

    ngx_queue_init(&audit->late);

    if (audit->file == NULL) {
        return NGX_OK;
    }

    if (mmcf->secret_file.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"moderate_audit_file\" "
                           "needs \"moderate_secret_file\": what is sealed "
                           "today has to be verified later");
        return NGX_ERROR;
    }

    if (mmcf->queue == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"moderate_audit_file\" "
                           "needs \"moderate_redis\"");
        return NGX_ERROR;
    }

    if (ngx_http_moderate_audit_chains(cf, mmcf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_moderate_audit_read(cf, audit);
}


/* several servers may be one site */

static ngx_int_t
ngx_http_moderate_audit_chains(ngx_conf_t *cf,
    ngx_http_moderate_main_conf_t *mmcf)
{
    ngx_uint_t                      i;
    ngx_http_moderate_chain_t      *chain;
    ngx_http_moderate_srv_conf_t  **site;

    if (ngx_array_init(&mmcf->audit.chains, cf->pool, 4,
                       sizeof(ngx_http_moderate_chain_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    site = mmcf->sites.elts;

    for (i = 0; i < mmcf->sites.nelts; i++) {

        if (ngx_http_moderate_audit_chain(&mmcf->audit, &site[i]->site)
            != NULL)
        {
            continue;
        }

        chain = ngx_array_push(&mmcf->audit.chains);
        if (chain == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(chain, sizeof(ngx_http_moderate_chain_t));
        chain->site = site[i]->site;
    }

    /* the array has its last place: so have the buffers in it */

    chain = mmcf->audit.chains.elts;

    for (i = 0; i < mmcf->audit.chains.nelts; i++) {
        chain[i].upto.data = chain[i].upto_buf;
    }

    return NGX_OK;
}


static ngx_http_moderate_chain_t *
ngx_http_moderate_audit_chain(ngx_http_moderate_audit_t *audit,
    ngx_str_t *site)
{
    ngx_uint_t                  i;
    ngx_http_moderate_chain_t  *chain;

    chain = audit->chains.elts;

    for (i = 0; i < audit->chains.nelts; i++) {
        if (chain[i].site.len == site->len
            && ngx_memcmp(chain[i].site.data, site->data, site->len) == 0)
        {
            return &chain[i];
        }
    }

    return NULL;
}


/*
 * The last seal of each site is where sealing goes on.  A worker that follows
 * one that crashed begins there too: it comes to the same heads.
 */

static ngx_int_t
ngx_http_moderate_audit_read(ngx_conf_t *cf, ngx_http_moderate_audit_t *audit)
{
    u_char      buf[16 * NGX_HTTP_MODERATE_AUDIT_LINE], *p, *end, *last;
    ssize_t     n;
    ngx_file_t  file;

    ngx_memzero(&file, sizeof(ngx_file_t));
    file.name = audit->file->name;
    file.log = cf->log;
    file.fd = ngx_open_file(file.name.data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (file.fd == NGX_INVALID_FILE) {

        if (ngx_errno == NGX_ENOENT) {
            return NGX_OK;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", &file.name);
        return NGX_ERROR;
    }

    last = buf;

    for ( ;; ) {
        n = ngx_read_file(&file, last, buf + sizeof(buf) - last, file.offset);

        if (n <= 0) {
            break;
        }

        last += n;
        p = buf;

        for ( ;; ) {
            end = ngx_strlchr(p, last, LF);

            if (end == NULL) {
                break;
            }

            ngx_http_moderate_audit_line(audit, p, end);
            p = end + 1;
        }

        if (p == buf && last == buf + sizeof(buf)) {

            /* no line of ours; what follows it may be */
            p = last;
        }

        last = ngx_movemem(buf, p, last - p);
    }

    ngx_close_file(file.fd);

    return (n == NGX_ERROR) ? NGX_ERROR : NGX_OK;
}


static void
ngx_http_moderate_audit_line(ngx_http_moderate_audit_t *audit, u_char *p,
    u_char *last)
{
    u_char                      hex[2 * VET_MAC_LEN], head[VET_MAC_LEN];
    vet_str_t                   text;
    ngx_int_t                   count;
    ngx_str_t                   part[NGX_HTTP_MODERATE_SEAL_PARTS], mac;
    ngx_http_moderate_chain_t  *chain;

    if (last - p < 5 || ngx_strncmp(p, "seal ", 5) != 0) {
        return;
    }

    p += 5;
    ngx_str_set(&part[0], "seal");

    if (ngx_http_moderate_audit_value(&p, last, "site", &part[1]) != NGX_OK
        || ngx_http_moderate_audit_value(&p, last, "upto", &part[2]) != NGX_OK
        || ngx_http_moderate_audit_value(&p, last, "count", &part[3])
           != NGX_OK
        || ngx_http_moderate_audit_value(&p, last, "head", &part[4]) != NGX_OK
        || ngx_http_moderate_audit_value(&p, last, "time", &part[5]) != NGX_OK
        || ngx_http_moderate_audit_value(&p, last, "mac", &mac) != NGX_OK
        || ngx_http_moderate_seal_mac(audit, part, hex) != NGX_OK
        || mac.len != sizeof(hex)
        || ngx_memcmp(mac.data, hex, sizeof(hex)) != 0)
    {
        return;
    }

    chain = ngx_http_moderate_audit_chain(audit, &part[1]);
    count = ngx_atoi(part[3].data, part[3].len);
    text.data = part[4].data;
    text.len = part[4].len;

    if (chain == NULL || count == NGX_ERROR
        || part[2].len > NGX_HTTP_MODERATE_SEQ_LEN
        || vet_mac_read(text, head) != VET_OK
        || (chain->upto.len
            && ngx_http_moderate_audit_order(&part[2], &chain->upto) <= 0))
    {
        return;
    }

    ngx_memcpy(chain->head, head, VET_MAC_LEN);
    ngx_memcpy(chain->upto.data, part[2].data, part[2].len);
    chain->upto.len = part[2].len;
    chain->count = count;
    chain->sealed = count;
}


/* takes " name=value" off the line; values of seals need no encoding */

static ngx_int_t
ngx_http_moderate_audit_value(u_char **p, u_char *last, char *name,
    ngx_str_t *value)
{
    size_t   len;
    u_char  *end;

    len = ngx_strlen(name);

    if ((size_t) (last - *p) <= len || ngx_strncmp(*p, name, len) != 0
        || (*p)[len] != '=')
    {
        return NGX_DECLINED;
    }

    value->data = *p + len + 1;
    end = ngx_strlchr(value->data, last, ' ');

    if (end == NULL) {
        end = last;
    }

    value->len = end - value->data;
    *p = (end < last) ? end + 1 : last;

    return NGX_OK;
}


static ngx_int_t
ngx_http_moderate_seal_mac(ngx_http_moderate_audit_t *audit, ngx_str_t *part,
    u_char *hex)
{
    u_char      mac[VET_MAC_LEN];
    vet_str_t   text[NGX_HTTP_MODERATE_SEAL_PARTS];
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_MODERATE_SEAL_PARTS; i++) {
        text[i].data = part[i].data;
        text[i].len = part[i].len;
    }

    if (vet_mac(audit->key, text, NGX_HTTP_MODERATE_SEAL_PARTS, mac)
        != VET_OK)
    {
        return NGX_ERROR;
    }

    vet_mac_hex(mac, hex);

    return NGX_OK;
}


int
ngx_http_moderate_audit_order(ngx_str_t *one, ngx_str_t *two)
{
    u_char      *p, *end;
    uint64_t     n[2][2];
    ngx_str_t   *s[2];
    ngx_uint_t   i, k;

    s[0] = one;
    s[1] = two;

    ngx_memzero(n, sizeof(n));

    for (i = 0; i < 2; i++) {
        p = s[i]->data;
        end = p + s[i]->len;

        for (k = 0; p < end && k < 2; p++) {

            if (*p == '-') {
                k++;

            } else if (*p >= '0' && *p <= '9') {
                n[i][k] = n[i][k] * 10 + (*p - '0');
            }
        }
    }

    for (k = 0; k < 2; k++) {
        if (n[0][k] != n[1][k]) {
            return (n[0][k] > n[1][k]) ? 1 : -1;
        }
    }

    return 0;
}


ngx_int_t
ngx_http_moderate_audit_make(ngx_pool_t *pool,
    ngx_http_moderate_audit_event_t *event)
{
    u_char      *p, *q;
    ngx_str_t   *value;
    ngx_uint_t   i;

    static ngx_str_t  names[] = {
        ngx_string("event"), ngx_string("id"), ngx_string("actor"),
        ngx_string("from"), ngx_string("to"), ngx_string("before"),
        ngx_string("version"), ngx_string("time"), ngx_string("detail"),
        ngx_string("mac")
    };

    p = ngx_pnalloc(pool, 2 * NGX_INT_T_LEN + NGX_TIME_T_LEN + 3
                          + 2 * VET_MAC_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value = &event->pair[1];

    for (i = 0; i < NGX_HTTP_MODERATE_AUDIT_PAIRS; i++) {
        event->pair[2 * i] = names[i];
    }

    value[0] = event->event;
    value[2] = event->id;
    value[4] = event->actor;
    value[6] = event->from;
    value[8] = event->to;
    value[16] = event->detail;

    value[10].data = p;
    q = ngx_sprintf(p, "%ui", event->before);
    value[10].len = q - p;

    value[12].data = q;
    p = ngx_sprintf(q, "%ui", event->version);
    value[12].len = p - q;

    value[14].data = p;
    q = ngx_sprintf(p, "%T%03M", ngx_time(), ngx_timeofday()->msec);
    value[14].len = q - p;

    value[18].data = q;
    value[18].len = 2 * VET_MAC_LEN;

    return ngx_http_moderate_audit_mac(event);
}


static ngx_int_t
ngx_http_moderate_audit_mac(ngx_http_moderate_audit_event_t *event)
{
    u_char                          mac[VET_MAC_LEN];
    vet_str_t                       part[2 * NGX_HTTP_MODERATE_AUDIT_PAIRS];
    ngx_uint_t                      i;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                               ngx_http_moderate_module);

    part[0].data = (u_char *) "event";
    part[0].len = 5;
    part[1].data = event->site.data;
    part[1].len = event->site.len;

    for (i = 2; i < 2 * NGX_HTTP_MODERATE_AUDIT_PAIRS; i++) {
        part[i].data = event->pair[i - 2].data;
        part[i].len = event->pair[i - 2].len;
    }

    if (vet_mac(mmcf->audit.key, part, 2 * NGX_HTTP_MODERATE_AUDIT_PAIRS, mac)
        != VET_OK)
    {
        return NGX_ERROR;
    }

    vet_mac_hex(mac, event->pair[2 * NGX_HTTP_MODERATE_AUDIT_PAIRS - 1].data);

    return NGX_OK;
}


/*
 * As the access log writes, in one write() and without waiting for the disk:
 * this is the exception of an exception, and the worker may be killed next.
 */

void
ngx_http_moderate_audit_refused(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_audit_event_t *event)
{
    u_char      line[NGX_HTTP_MODERATE_AUDIT_LINE], *p, *last;
    size_t      len;
    ngx_uint_t  i;
    ngx_str_t  *name, *value;

    if (mmcf->audit.file == NULL) {
        return;
    }

    last = line + sizeof(line) - 1;
    p = ngx_slprintf(line, last, "late site=%V", &event->site);

    for (i = 0; i < NGX_HTTP_MODERATE_AUDIT_PAIRS; i++) {
        name = &event->pair[2 * i];
        value = &event->pair[2 * i + 1];

        len = value->len + 2 * ngx_escape_uri(NULL, value->data, value->len,
                                              NGX_ESCAPE_URI_COMPONENT);

        if (len + name->len + 2 > (size_t) (last - p)) {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "event \"%V\" of %V is not in \"%V\", as its line "
                          "would be longer than %d bytes", &event->event,
                          &event->id, &mmcf->audit.file->name,
                          NGX_HTTP_MODERATE_AUDIT_LINE);
            return;
        }

        p = ngx_sprintf(p, " %V=", name);
        p = (u_char *) ngx_escape_uri(p, value->data, value->len,
                                      NGX_ESCAPE_URI_COMPONENT);
    }

    *p++ = LF;

    if (ngx_write_fd(mmcf->audit.file->fd, line, p - line)
        != (ssize_t) (p - line))
    {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, ngx_errno,
                      ngx_write_fd_n " to \"%V\" failed",
                      &mmcf->audit.file->name);
    }
}


void
ngx_http_moderate_audit_seal(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_chain_t *chain)
{
    ngx_thread_task_t         *task;
    ngx_http_moderate_seal_t  *seal;

    if (chain->writing || chain->count == chain->sealed) {
        return;
    }

    task = ngx_calloc(sizeof(ngx_thread_task_t)
                      + sizeof(ngx_http_moderate_seal_t), ngx_cycle->log);
    if (task == NULL) {
        return;
    }

    seal = (ngx_http_moderate_seal_t *) (task + 1);
    seal->chain = chain;
    seal->count = chain->count;
    seal->len = ngx_http_moderate_seal_line(&mmcf->audit, chain, seal->line);

    /* its own: the logs may be opened anew meanwhile */

    seal->fd = dup(mmcf->audit.file->fd);

    task->ctx = seal;
    task->handler = ngx_http_moderate_seal_write;
    task->event.handler = ngx_http_moderate_seal_written;
    task->event.data = task;
    task->event.log = ngx_cycle->log;

    if (seal->len == 0 || seal->fd == NGX_INVALID_FILE
        || ngx_thread_task_post(mmcf->thread_pool, task) != NGX_OK)
    {
        if (seal->fd != NGX_INVALID_FILE) {
            ngx_close_file(seal->fd);
        }

        ngx_free(task);
        return;
    }

    chain->writing = 1;
}


static size_t
ngx_http_moderate_seal_line(ngx_http_moderate_audit_t *audit,
    ngx_http_moderate_chain_t *chain, u_char *line)
{
    u_char     *p, count[NGX_INT64_LEN], now[NGX_TIME_T_LEN + 3];
    u_char      head[2 * VET_MAC_LEN], mac[2 * VET_MAC_LEN];
    ngx_str_t   part[NGX_HTTP_MODERATE_SEAL_PARTS];

    vet_mac_hex(chain->head, head);

    ngx_str_set(&part[0], "seal");
    part[1] = chain->site;
    part[2] = chain->upto;
    part[3].data = count;
    part[3].len = ngx_sprintf(count, "%uL", chain->count) - count;
    part[4].data = head;
    part[4].len = sizeof(head);
    part[5].data = now;
    part[5].len = ngx_sprintf(now, "%T%03M", ngx_time(),
                              ngx_timeofday()->msec)
                  - now;

    if (ngx_http_moderate_seal_mac(audit, part, mac) != NGX_OK) {
        return 0;
    }

    p = ngx_snprintf(line, NGX_HTTP_MODERATE_AUDIT_LINE,
                     "seal site=%V upto=%V count=%V head=%V time=%V "
                     "mac=%*s\n", &part[1], &part[2], &part[3], &part[4],
                     &part[5], sizeof(mac), mac);

    return p - line;
}


/* in a thread */

static void
ngx_http_moderate_seal_write(void *data, ngx_log_t *log)
{
    ngx_http_moderate_seal_t *seal = data;

    ssize_t  n;

    n = ngx_write_fd(seal->fd, seal->line, seal->len);

    /* a pipe or a device cannot be synchronised, and need not be */

    if (n == -1 || (fsync(seal->fd) == -1 && ngx_errno != NGX_EINVAL)) {
        seal->err = ngx_errno;

    } else if ((size_t) n != seal->len) {
        seal->err = NGX_ENOSPC;
    }

    ngx_close_file(seal->fd);
}


static void
ngx_http_moderate_seal_written(ngx_event_t *ev)
{
    ngx_thread_task_t              *task;
    ngx_http_moderate_seal_t       *seal;
    ngx_http_moderate_main_conf_t  *mmcf;

    task = ev->data;
    seal = task->ctx;

    seal->chain->writing = 0;

    if (seal->err) {
        mmcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                                   ngx_http_moderate_module);

        ngx_log_error(NGX_LOG_ALERT, ev->log, seal->err,
                      "\"%V\": the audit log of \"%V\" cannot be sealed",
                      &mmcf->audit.file->name, &seal->chain->site);

    } else {
        seal->chain->sealed = seal->count;
    }

    ngx_free(task);
}
