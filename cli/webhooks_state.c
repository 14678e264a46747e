
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl webhooks: how far each target is, kept in a file.
 */


#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "webhooks.h"


static int webhooks_state_lock(webhooks_t *w);
static int webhooks_state_name(const webhooks_t *w, const char *suffix,
    char *name);
static int webhooks_state_wrong(const webhooks_t *w);
static int webhooks_state_put(const char *name, const char *text, size_t len);
static int webhooks_state_sync_folder(const char *name);


int
webhooks_state_read(webhooks_t *w)
{
    int           rc;
    json_t       *site, *targets;
    json_error_t  error;

    rc = webhooks_state_lock(w);

    if (rc != MODERATECTL_OK) {
        return rc;
    }

    if (access(w->state_name, F_OK) != 0 && errno == ENOENT) {
        w->state = json_pack("{s:n, s:{}}", "site", "targets");

        return (w->state != NULL) ? MODERATECTL_OK : moderatectl_no_memory();
    }

    w->state = json_load_file(w->state_name, JSON_REJECT_DUPLICATES, &error);

    site = json_object_get(w->state, "site");
    targets = json_object_get(w->state, "targets");

    if (!json_is_string(site) || !json_is_object(targets)) {
        return webhooks_state_wrong(w);
    }

    return MODERATECTL_OK;
}


/* two that tell the same would tell it twice, and forget what they told */

static int
webhooks_state_lock(webhooks_t *w)
{
    char  name[PATH_MAX];

    if (webhooks_state_name(w, ".lock", name) != MODERATECTL_OK) {
        return MODERATECTL_USAGE;
    }

    w->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (w->lock == -1) {
        fprintf(stderr, "moderatectl: cannot open \"%s\": %s\n", name,
                strerror(errno));
        return MODERATECTL_TROUBLE;
    }

    if (flock(w->lock, LOCK_EX | LOCK_NB) != 0) {
        fprintf(stderr, "moderatectl: another \"moderatectl webhooks\" uses "
                "\"%s\"\n", w->state_name);
        return MODERATECTL_TROUBLE;
    }

    return MODERATECTL_OK;
}


static int
webhooks_state_name(const webhooks_t *w, const char *suffix, char *name)
{
    int  n;

    n = snprintf(name, PATH_MAX, "%s%s", w->state_name, suffix);

    if (n < 0 || n >= PATH_MAX) {
        fprintf(stderr, "moderatectl: too long a name of a state file\n");
        return MODERATECTL_USAGE;
    }

    return MODERATECTL_OK;
}


/* beginning anew by itself would tell all again, or forget what is left */

static int
webhooks_state_wrong(const webhooks_t *w)
{
    fprintf(stderr, "moderatectl: \"%s\" is no state of webhooks.  Restore "
            "it; without it each target begins anew\n", w->state_name);

    return MODERATECTL_TROUBLE;
}


int
webhooks_state_place(webhooks_t *w)
{
    size_t              i;
    json_t             *places;
    const char         *after, *site;
    moderatectl_seq_t   seq;
    webhooks_target_t  *target;

    site = json_string_value(json_object_get(w->state, "site"));

    if (site != NULL && strcmp(site, w->site) != 0) {
        fprintf(stderr, "moderatectl: \"%s\" is of the site \"%s\", and the "
                "API serves \"%s\": expected a state file for each site\n",
                w->state_name, site, w->site);
        return MODERATECTL_USAGE;
    }

    places = json_object_get(w->state, "targets");

    for (i = 0; i < w->n; i++) {
        target = &w->targets[i];

        if (json_object_get(places, target->name) == NULL) {
            continue;
        }

        after = json_string_value(json_object_get(places, target->name));

        if (after == NULL
            || (*after != '\0' && moderatectl_seq_read(after, &seq) != 0))
        {
            return webhooks_state_wrong(w);
        }

        snprintf(target->after, sizeof(target->after), "%s", after);
        target->placed = 1;
    }

    return MODERATECTL_OK;
}


/* Targets that are not in the configuration any more keep their places. */

int
webhooks_state_write(webhooks_t *w)
{
    int      rc;
    char     name[PATH_MAX], *text;
    size_t   i;
    json_t  *places;

    places = json_object_get(w->state, "targets");
    rc = json_object_set_new(w->state, "site", json_string(w->site));

    for (i = 0; i < w->n; i++) {
        rc |= json_object_set_new(places, w->targets[i].name,
                                  json_string(w->targets[i].after));
    }

    text = json_dumps(w->state, JSON_INDENT(1));

    if (rc != 0 || text == NULL) {
        free(text);
        return moderatectl_no_memory();
    }

    rc = webhooks_state_name(w, ".new", name);

    if (rc == MODERATECTL_OK
        && (webhooks_state_put(name, text, strlen(text)) != 0
            || rename(name, w->state_name) != 0
            || webhooks_state_sync_folder(name) != 0))
    {
        fprintf(stderr, "moderatectl: cannot write \"%s\": %s\n",
                w->state_name, strerror(errno));
        rc = MODERATECTL_TROUBLE;
    }

    free(text);

    for (i = 0; i < w->n && rc == MODERATECTL_OK; i++) {
        w->targets[i].ahead = 0;
    }

    return rc;
}


static int
webhooks_state_put(const char *name, const char *text, size_t len)
{
    int      fd, rc;
    size_t   sent;
    ssize_t  n;

    fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd == -1) {
        return -1;
    }

    rc = 0;

    for (sent = 0; sent < len && rc == 0; sent += (size_t) n) {
        n = write(fd, text + sent, len - sent);

        if (n < 0 && errno == EINTR) {
            n = 0;
        }

        if (n < 0) {
            rc = -1;
            n = 0;
        }
    }

    if (rc == 0) {
        rc = fsync(fd);
    }

    if (close(fd) != 0) {
        rc = -1;
    }

    return rc;
}


/* the rename is on the disk when the folder is */

static int
webhooks_state_sync_folder(const char *name)
{
    int    fd, rc;
    char   folder[PATH_MAX], *end;

    snprintf(folder, sizeof(folder), "%s", name);
    end = strrchr(folder, '/');

    if (end == NULL) {
        snprintf(folder, sizeof(folder), ".");

    } else {
        end[end == folder ? 1 : 0] = '\0';
    }

    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd == -1) {
        return -1;
    }

    rc = fsync(fd);
    close(fd);

    return rc;
}
