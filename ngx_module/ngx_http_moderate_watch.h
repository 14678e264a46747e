
/*
 * Copyright (C) the moderate authors
 *
 * Being told of changes of rule files.
 */


#ifndef NGX_HTTP_MODERATE_WATCH_H_INCLUDED_
#define NGX_HTTP_MODERATE_WATCH_H_INCLUDED_


#include "ngx_http_moderate_module.h"


/* ngx_http_moderate_watch.c: one descriptor of a worker, for all its rules */

void ngx_http_moderate_watch_start(ngx_http_moderate_main_conf_t *mmcf,
    ngx_cycle_t *cycle);
void ngx_http_moderate_watch_stop(ngx_http_moderate_main_conf_t *mmcf);

/*
 * In a thread: watches the folders of these rules.  Returns 1 when the worker
 * will be told of whatever happens there.
 */
ngx_uint_t ngx_http_moderate_watch_folders(ngx_http_moderate_rules_t *rules,
    int fd);


/* ngx_http_moderate_rules.c: something may have changed */
void ngx_http_moderate_rules_changed(ngx_http_moderate_rules_t *rules);


#endif /* NGX_HTTP_MODERATE_WATCH_H_INCLUDED_ */
