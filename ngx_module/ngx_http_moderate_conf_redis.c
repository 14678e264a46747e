
/*
 * Copyright (C) the moderate authors
 *
 * Where Redis is, as configured, and whether it is safe to hold things there.
 */


#include "ngx_http_moderate_connection.h"


#define NGX_HTTP_MODERATE_CHECK          60000


static ngx_int_t ngx_http_moderate_redis_address(ngx_conf_t *cf,
    ngx_http_moderate_redis_t *redis, ngx_str_t *address);
static ngx_int_t ngx_http_moderate_redis_param(ngx_conf_t *cf,
    ngx_http_moderate_redis_t *redis, ngx_str_t *param);
static ngx_int_t ngx_http_moderate_redis_password(ngx_conf_t *cf,
    ngx_http_moderate_redis_t *redis, ngx_str_t *file);
static void ngx_http_moderate_redis_checked(void *data, ngx_int_t rc,
    redisReply *reply);
static void ngx_http_moderate_redis_untold(ngx_http_moderate_redis_t *redis);


ngx_http_moderate_redis_t *
ngx_http_moderate_redis_create(ngx_conf_t *cf, ngx_str_t *args,
    ngx_uint_t nargs)
{
    ngx_uint_t                  i;
    ngx_http_moderate_redis_t  *redis;

    redis = ngx_pcalloc(cf->pool, sizeof(ngx_http_moderate_redis_t));
    if (redis == NULL) {
        return NULL;
    }

    redis->name = args[0];

    if (ngx_http_moderate_redis_address(cf, redis, &args[0]) != NGX_OK) {
        return NULL;
    }

    for (i = 1; i < nargs; i++) {
        if (ngx_http_moderate_redis_param(cf, redis, &args[i]) != NGX_OK) {
            return NULL;
        }
    }

    if (redis->user.len && redis->password.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"user=\" needs \"password_file=\"");
        return NULL;
    }

    return redis;
}


static ngx_int_t
ngx_http_moderate_redis_address(ngx_conf_t *cf,
    ngx_http_moderate_redis_t *redis, ngx_str_t *address)
{
    u_char      *p, text[NGX_SOCKADDR_STRLEN];
    size_t       len;
    ngx_url_t    u;

    if (address->len > 5 && ngx_strncmp(address->data, "unix:", 5) == 0) {

        /* sun_path of sockaddr_un, with its NUL */

        if (address->len - 5 > 107) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "too long path in \"%V\"", address);
            return NGX_ERROR;
        }

        redis->host = (char *) address->data + 5;
        return NGX_OK;
    }

    if (ngx_strnstr(address->data, "://", address->len) != NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unsupported scheme in \"%V\", expected "
                           "\"unix:/path\" or \"host:port\"", address);
        return NGX_ERROR;
    }

    ngx_memzero(&u, sizeof(ngx_url_t));
    u.url = *address;
    u.default_port = 6379;

    /* a name is looked up now: doing so later would block a worker */

    if (ngx_parse_url(cf->pool, &u) != NGX_OK || u.naddrs == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in \"%V\"",
                           u.err ? u.err : "no address", address);
        return NGX_ERROR;
    }

    len = ngx_sock_ntop(u.addrs[0].sockaddr, u.addrs[0].socklen, text,
                        NGX_SOCKADDR_STRLEN, 0);

    p = ngx_pnalloc(cf->pool, len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    redis->port = ngx_inet_get_port(u.addrs[0].sockaddr);

    /* "[::1]" without the brackets */

    if (len > 2 && text[0] == '[') {
        ngx_cpystrn(p, text + 1, len - 1);

    } else {
        ngx_cpystrn(p, text, len + 1);
    }

    redis->host = (char *) p;

    return NGX_OK;
}


static ngx_int_t
ngx_http_moderate_redis_param(ngx_conf_t *cf, ngx_http_moderate_redis_t *redis,
    ngx_str_t *param)
{
    ngx_str_t  value;

    if (ngx_strncmp(param->data, "user=", 5) == 0 && param->len > 5) {
        redis->user.data = param->data + 5;
        redis->user.len = param->len - 5;
        return NGX_OK;
    }

    if (ngx_strncmp(param->data, "db=", 3) == 0
        && ngx_atoi(param->data + 3, param->len - 3) != NGX_ERROR)
    {
        redis->database.data = param->data + 3;
        redis->database.len = param->len - 3;
        return NGX_OK;
    }

    if (ngx_strncmp(param->data, "password_file=", 14) == 0
        && param->len > 14)
    {
        value.data = param->data + 14;
        value.len = param->len - 14;
        return ngx_http_moderate_redis_password(cf, redis, &value);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\", expected \"user=\", "
                       "\"password_file=\" or \"db=\"", param);
    return NGX_ERROR;
}


/* the password is the file's first line */

static ngx_int_t
ngx_http_moderate_redis_password(ngx_conf_t *cf,
    ngx_http_moderate_redis_t *redis, ngx_str_t *name)
{
    u_char     *p;
    size_t      len;
    ssize_t     n;
    ngx_file_t  file;

    if (ngx_conf_full_name(cf->cycle, name, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memzero(&file, sizeof(ngx_file_t));
    file.name = *name;
    file.log = cf->log;
    file.fd = ngx_open_file(name->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (file.fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", name);
        return NGX_ERROR;
    }

    p = ngx_pnalloc(cf->pool, 1024);
    n = (p == NULL) ? NGX_ERROR : ngx_read_file(&file, p, 1024, 0);
    ngx_close_file(file.fd);

    if (n == NGX_ERROR) {
        return NGX_ERROR;
    }

    for (len = 0; len < (size_t) n && p[len] != LF && p[len] != CR; len++) {
        /* void */
    }

    if (len == 0 || len == 1024) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no password in the first line of \"%V\"", name);
        return NGX_ERROR;
    }

    redis->password.data = p;
    redis->password.len = len;

    return NGX_OK;
}


/* what is held must outlive a full or restarted Redis: say when it will not */


void
ngx_http_moderate_redis_check(ngx_event_t *ev)
{
    ngx_uint_t                  i;
    ngx_http_moderate_batch_t   batch;
    ngx_http_moderate_redis_t  *redis;

    static char  *names[] = { "maxmemory-policy", "appendonly", "appendfsync" };

    redis = ev->data;

    if (ngx_exiting) {
        return;
    }

    ngx_add_timer(ev, NGX_HTTP_MODERATE_CHECK);

    if (!redis->connected) {
        return;
    }

    if (redis->pool != NULL) {
        ngx_destroy_pool(redis->pool);
    }

    redis->pool = ngx_create_pool(1024, ngx_cycle->log);
    if (redis->pool == NULL) {
        return;
    }

    ngx_http_moderate_batch_init(&batch, redis->pool);

    for (i = 0; i < 3; i++) {
        ngx_http_moderate_command(&batch, "CONFIG");
        ngx_http_moderate_word(&batch, "GET");
        ngx_http_moderate_word(&batch, names[i]);
    }

    (void) ngx_http_moderate_send(redis, &batch, NULL,
                                  ngx_http_moderate_redis_checked, redis);
}


static void
ngx_http_moderate_redis_checked(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_redis_t *redis = data;

    u_char     *p, *last, text[NGX_MAX_ERROR_STR];
    ngx_str_t   value;
    ngx_uint_t  i, unsafe;

    static struct {
        char       *name;
        ngx_str_t   safe;
    } wanted[] = {
        { "maxmemory-policy", ngx_string("noeviction") },
        { "appendonly", ngx_string("yes") },
        { "appendfsync", ngx_string("always") }
    };

    if (rc == NGX_DECLINED) {
        ngx_http_moderate_redis_untold(redis);
    }

    if (rc != NGX_OK) {
        return;
    }

    unsafe = 0;
    last = text;

    for (i = 0; i < 3; i++) {
        ngx_http_moderate_reply_str(
            ngx_http_moderate_reply_at(ngx_http_moderate_reply_at(reply, i),
                                       1),
            &value);

        if (value.len == wanted[i].safe.len
            && ngx_strncmp(value.data, wanted[i].safe.data, value.len) == 0)
        {
            continue;
        }

        unsafe = 1;

        p = last;
        last = ngx_slprintf(last, text + sizeof(text),
                            "%s\"%s\" is \"%V\", \"%V\" is safe",
                            (last == text) ? "" : "; ", wanted[i].name,
                            &value, &wanted[i].safe);

        if (!redis->unsafe) {
            p += (p == text) ? 0 : 2;
            ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                          "redis \"%V\" may lose held submissions: %*s",
                          &redis->name, last - p, p);
        }
    }

    redis->unsafe = unsafe;
    ngx_http_moderate_stats_redis_unsafe(redis->stats, text, last - text);
}


static void
ngx_http_moderate_redis_untold(ngx_http_moderate_redis_t *redis)
{
    static ngx_str_t  text = ngx_string("it refuses to tell its settings with "
                                        "CONFIG GET");

    if (!redis->unsafe) {
        redis->unsafe = 1;
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "redis \"%V\" may lose held submissions: %V",
                      &redis->name, &text);
    }

    ngx_http_moderate_stats_redis_unsafe(redis->stats, text.data, text.len);
}
