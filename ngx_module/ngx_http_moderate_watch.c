
/*
 * Copyright (C) the moderate authors
 *
 * Where the kernel tells of changes (inotify), rule files are looked at when
 * something was written, renamed or removed in one of their folders, and now
 * and then.  What it does not tell of, as on a network file system, is looked
 * at all the time.
 */


#include "ngx_http_moderate_watch.h"

#if (NGX_LINUX)
#include <sys/inotify.h>
#include <sys/vfs.h>


/* not IN_MODIFY: an access log may be in the same folder */

#define NGX_HTTP_MODERATE_WATCHED                                            \
    (IN_CLOSE_WRITE|IN_CREATE|IN_DELETE|IN_MOVED_FROM|IN_MOVED_TO|IN_ATTRIB  \
     |IN_DELETE_SELF|IN_MOVE_SELF|IN_ONLYDIR)


typedef struct {
    int                         fd;
    ngx_uint_t                  n;
    ngx_uint_t                  failed;
} ngx_http_moderate_watching_t;


static void ngx_http_moderate_watch_event(ngx_event_t *ev);
static void ngx_http_moderate_watch_folder(void *data, const char *folder);
static ngx_uint_t ngx_http_moderate_watch_remote(const char *folder);


/* file systems that others write to; their numbers as in statfs(2) */

static const uint32_t  ngx_http_moderate_remote[] = {
    0x00006969,                 /* NFS */
    0x0000517b,                 /* SMB */
    0xff534d42,                 /* CIFS */
    0xfe534d42,                 /* SMB2 */
    0x65735546,                 /* FUSE */
    0x01021997,                 /* 9P */
    0x00c36400,                 /* Ceph */
    0x5346414f,                 /* AFS */
    0x6b414653,                 /* kAFS */
    0x73757245,                 /* Coda */
    0x0bd00bd0,                 /* Lustre */
    0x01161970,                 /* GFS2 */
    0x7461636f                  /* OCFS2 */
};


/* without it rules are looked at all the time, which is no error */

void
ngx_http_moderate_watch_start(ngx_http_moderate_main_conf_t *mmcf,
    ngx_cycle_t *cycle)
{
    int                fd;
    ngx_connection_t  *c;

    fd = inotify_init1(IN_NONBLOCK|IN_CLOEXEC);

    if (fd == -1) {
        ngx_log_error(NGX_LOG_NOTICE, cycle->log, ngx_errno,
                      "inotify_init1() failed, rule files are polled");
        return;
    }

    c = ngx_get_connection(fd, cycle->log);

    if (c == NULL) {
        (void) close(fd);
        return;
    }

    c->log = cycle->log;
    c->read->log = cycle->log;
    c->write->log = cycle->log;
    c->read->handler = ngx_http_moderate_watch_event;
    c->data = mmcf;

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_free_connection(c);
        (void) close(fd);
        return;
    }

    mmcf->watch = c;
}


void
ngx_http_moderate_watch_stop(ngx_http_moderate_main_conf_t *mmcf)
{
    if (mmcf->watch != NULL) {
        ngx_close_connection(mmcf->watch);
        mmcf->watch = NULL;
    }
}


/* which folder it was does not matter: looks are cheap, and in a thread */

static void
ngx_http_moderate_watch_event(ngx_event_t *ev)
{
    u_char                           buf[4096]
                                __attribute__((aligned(sizeof(uint64_t))));
    ssize_t                          n;
    ngx_uint_t                       i;
    ngx_connection_t                *c;
    ngx_http_moderate_rules_t      **rules;
    ngx_http_moderate_main_conf_t   *mmcf;

    c = ev->data;
    mmcf = c->data;

    do {
        n = read(c->fd, buf, sizeof(buf));
    } while (n > 0 || (n == -1 && ngx_errno == NGX_EINTR));

    ev->ready = 0;

    if (ngx_handle_read_event(ev, 0) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, ev->log, 0, "rule files are polled");
    }

    rules = mmcf->rules.elts;

    for (i = 0; i < mmcf->rules.nelts; i++) {
        ngx_http_moderate_rules_changed(rules[i]);
    }
}


/* in a thread; a folder that is watched already stays so */

ngx_uint_t
ngx_http_moderate_watch_folders(ngx_http_moderate_rules_t *rules, int fd)
{
    ngx_http_moderate_watching_t  watching;

    if (fd == -1) {
        return 0;
    }

    watching.fd = fd;
    watching.n = 0;
    watching.failed = 0;

    if (vet_ruleset_folders(rules->paths.elts, rules->paths.nelts,
                            ngx_http_moderate_watch_folder, &watching)
        != VET_OK)
    {
        return 0;
    }

    return watching.n != 0 && !watching.failed;
}


static void
ngx_http_moderate_watch_folder(void *data, const char *folder)
{
    ngx_http_moderate_watching_t *watching = data;

    if (ngx_http_moderate_watch_remote(folder)
        || inotify_add_watch(watching->fd, folder, NGX_HTTP_MODERATE_WATCHED)
           == -1)
    {
        watching->failed = 1;
    }

    watching->n++;
}


static ngx_uint_t
ngx_http_moderate_watch_remote(const char *folder)
{
    size_t         i;
    struct statfs  fs;

    if (statfs(folder, &fs) != 0) {
        return 1;
    }

    for (i = 0; i < sizeof(ngx_http_moderate_remote) / sizeof(uint32_t); i++) {
        if ((uint32_t) fs.f_type == ngx_http_moderate_remote[i]) {
            return 1;
        }
    }

    return 0;
}


#else


void
ngx_http_moderate_watch_start(ngx_http_moderate_main_conf_t *mmcf,
    ngx_cycle_t *cycle)
{
}


void
ngx_http_moderate_watch_stop(ngx_http_moderate_main_conf_t *mmcf)
{
}


ngx_uint_t
ngx_http_moderate_watch_folders(ngx_http_moderate_rules_t *rules, int fd)
{
    return 0;
}


#endif
