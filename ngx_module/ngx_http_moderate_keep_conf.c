
/*
 * Copyright (C) the moderate authors
 *
 * How long what is over is kept.
 */


#include "ngx_http_moderate_conf.h"
#include "ngx_http_moderate_keys.h"


static ngx_int_t ngx_http_moderate_retention_state(ngx_conf_t *cf,
    ngx_str_t *value, size_t len, ngx_uint_t *state);


/* states that end, and how long each is kept when nothing is said */

static struct {
    ngx_uint_t  state;
    time_t      time;       /* seconds; 0: it is kept */
} ngx_http_moderate_retention[] = {
    { NGX_HTTP_MODERATE_DELIVERED,      30 * 86400 },
    { NGX_HTTP_MODERATE_REJECTED_STATE, 90 * 86400 },
    { NGX_HTTP_MODERATE_FAILED_STATE,   0 },
    { NGX_HTTP_MODERATE_UNKNOWN,        0 }
};

#define NGX_HTTP_MODERATE_ENDS                                               \
    (sizeof(ngx_http_moderate_retention)                                     \
     / sizeof(ngx_http_moderate_retention[0]))


/* moderate_retention state=time|off ... */

char *
ngx_http_moderate_retention_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_moderate_srv_conf_t *mscf = conf;

    u_char      *p, *last;
    time_t       time;
    ngx_str_t   *value, s;
    ngx_uint_t   i, state;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        last = value[i].data + value[i].len;
        p = ngx_strlchr(value[i].data, last, '=');

        if (p == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\", expected a state "
                               "and a time, as in \"delivered=30d\"",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        if (ngx_http_moderate_retention_state(cf, &value[i],
                                              p - value[i].data, &state)
            != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

        if (mscf->retention[state] != NGX_CONF_UNSET) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "the state of \"%V\" is named twice",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        s.data = p + 1;
        s.len = last - s.data;

        if (s.len == 3 && ngx_strncmp(s.data, "off", 3) == 0) {
            mscf->retention[state] = 0;
            continue;
        }

        time = ngx_parse_time(&s, 1);

        if (time == (time_t) NGX_ERROR || time == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid time \"%V\" in \"%V\", expected one "
                               "as in \"30d\", or \"off\"", &s, &value[i]);
            return NGX_CONF_ERROR;
        }

        mscf->retention[state] = time;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_moderate_retention_state(ngx_conf_t *cf, ngx_str_t *value,
    size_t len, ngx_uint_t *state)
{
    ngx_str_t    name, *s;
    ngx_uint_t   i;

    name.data = value->data;
    name.len = len;

    for (i = 0; i < NGX_HTTP_MODERATE_STATES; i++) {
        s = &ngx_http_moderate_states[i];

        if (s->len == len && ngx_strncmp(s->data, name.data, len) == 0) {
            break;
        }
    }

    *state = i;

    if (i == NGX_HTTP_MODERATE_STATES) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown state \"%V\", expected \"delivered\", "
                           "\"rejected\", \"failed\" or \"unknown\"", &name);
        return NGX_ERROR;
    }

    for (i = 0; i < NGX_HTTP_MODERATE_ENDS; i++) {
        if (ngx_http_moderate_retention[i].state == *state) {
            return NGX_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "what is \"%V\" waits for somebody and is never "
                       "removed by its age, expected \"delivered\", "
                       "\"rejected\", \"failed\" or \"unknown\"", &name);

    return NGX_ERROR;
}


void
ngx_http_moderate_retention_merge(ngx_http_moderate_srv_conf_t *prev,
    ngx_http_moderate_srv_conf_t *conf)
{
    ngx_uint_t  i, state;

    for (i = 0; i < NGX_HTTP_MODERATE_ENDS; i++) {
        state = ngx_http_moderate_retention[i].state;

        ngx_conf_merge_value(conf->retention[state], prev->retention[state],
                             ngx_http_moderate_retention[i].time);
    }
}
