
/*
 * Copyright (C) the moderate authors
 *
 * What the files about bundles know of each other.
 */


#ifndef NGX_HTTP_MODERATE_BUNDLE_H_INCLUDED_
#define NGX_HTTP_MODERATE_BUNDLE_H_INCLUDED_


#include "ngx_http_moderate_fleet.h"


/* ngx_http_moderate_bundle_json.c */

/*
 * Reads and checks bundle->data.  VET_OK: *json is the caller's, and digest is
 * set; where no version is asked for, text and note too.
 */
int ngx_http_moderate_bundle_parse(ngx_http_moderate_bundle_t *bundle,
    json_t **json);

/* Tells whether it is a name that leads nowhere but below its folder. */
int ngx_http_moderate_bundle_name_ok(json_t *name);

/* Add a problem, the second one with errno; return VET_ERROR. */
int ngx_http_moderate_bundle_say(ngx_http_moderate_bundle_t *bundle,
    const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int ngx_http_moderate_bundle_failed(ngx_http_moderate_bundle_t *bundle,
    const char *what, const char *path);


#endif /* NGX_HTTP_MODERATE_BUNDLE_H_INCLUDED_ */
