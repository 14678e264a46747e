
/*
 * Copyright (C) the moderate authors
 *
 * What the files of the configuration share.
 */


#ifndef NGX_HTTP_MODERATE_CONF_H_INCLUDED_
#define NGX_HTTP_MODERATE_CONF_H_INCLUDED_


#include "ngx_http_moderate_module.h"


/* ngx_http_moderate_directives.c: setters of the directive table */

char *ngx_http_moderate_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_moderate_names_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_moderate_rules_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_moderate_field_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_moderate_decode_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_moderate_pair_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_moderate_site_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_moderate_redis_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_moderate_timeout_post(ngx_conf_t *cf, void *post, void *data);
char *ngx_http_moderate_secret_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_moderate_thread_pool_directive(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
char *ngx_http_moderate_failure_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_moderate_keep_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_moderate_codes_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


/* ngx_http_moderate_keep_conf.c: how long what is over is kept */

char *ngx_http_moderate_retention_directive(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);

/* Sets the states of the directive that are not set. */
void ngx_http_moderate_retention_merge(ngx_http_moderate_srv_conf_t *prev,
    ngx_http_moderate_srv_conf_t *conf);


/* ngx_http_moderate_conf.c: configurations are made, inherited, checked */

void *ngx_http_moderate_create_main_conf(ngx_conf_t *cf);
char *ngx_http_moderate_init_main_conf(ngx_conf_t *cf, void *conf);

/* Reads the file of the secret.  NGX_ERROR after a message. */
ngx_int_t ngx_http_moderate_read_secret(ngx_conf_t *cf,
    ngx_http_moderate_main_conf_t *mmcf);

void *ngx_http_moderate_create_srv_conf(ngx_conf_t *cf);
char *ngx_http_moderate_merge_srv_conf(ngx_conf_t *cf, void *parent,
    void *child);
void *ngx_http_moderate_create_loc_conf(ngx_conf_t *cf);
char *ngx_http_moderate_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);


#endif /* NGX_HTTP_MODERATE_CONF_H_INCLUDED_ */
