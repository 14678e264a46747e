
/*
 * Copyright (C) the moderate authors
 *
 * The folders in which something may change what a rule set is made of.
 */


#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "vet_rules.h"


#define VET_WATCH_MEMORY    (64 * 1024 * 1024)


typedef struct {
    vet_pool_t             *pool;
    vet_folder_pt           handler;
    void                   *data;
    int                     failed;     /* memory is out */
} vet_watcher_t;


static void vet_watch_path(vet_watcher_t *w, vet_str_t path);
static void vet_watch_inner(vet_watcher_t *w, const char *folder,
    const char *name);
static void vet_watch_lists(vet_watcher_t *w, const char *file);
static void vet_watch_parents(vet_watcher_t *w, const char *path);
static void vet_watch_parent(vet_watcher_t *w, const char *path);
static char *vet_watch_copy(vet_watcher_t *w, const void *data, size_t len,
    size_t room);


int
vet_ruleset_folders(const vet_str_t *paths, size_t npaths,
    vet_folder_pt handler, void *data)
{
    size_t            i;
    vet_list_t        files;
    vet_errors_t      errors;
    vet_watcher_t     w;
    vet_rule_path_t  *file;

    memset(&errors, 0, sizeof(vet_errors_t));
    memset(&files, 0, sizeof(vet_list_t));

    w.pool = vet_pool_create(VET_WATCH_MEMORY);
    w.handler = handler;
    w.data = data;
    w.failed = 0;

    if (w.pool == NULL) {
        return VET_ERROR;
    }

    for (i = 0; i < npaths; i++) {
        vet_watch_path(&w, paths[i]);
    }

    /* what is wrong with the files is said when they are loaded */

    files.size = sizeof(vet_rule_path_t);
    files.pool = w.pool;
    (void) vet_rule_files(paths, npaths, &files, &errors);

    for (i = 0; i < files.n; i++) {
        file = (vet_rule_path_t *) files.elts + i;

        vet_watch_parents(&w, file->path);
        vet_watch_lists(&w, file->path);
    }

    vet_pool_destroy(w.pool);

    return w.failed ? VET_ERROR : VET_OK;
}


static void
vet_watch_path(vet_watcher_t *w, vet_str_t path)
{
    char         *name;
    struct stat   st;

    name = vet_watch_copy(w, path.data, path.len, 0);
    if (name == NULL) {
        return;
    }

    vet_watch_parents(w, name);

    if (stat(name, &st) == 0 && S_ISDIR(st.st_mode)) {
        w->handler(w->data, name);
        vet_watch_inner(w, name, "/local.d");
        vet_watch_inner(w, name, "/override.d");
    }
}


/* one that is not there yet is seen to come in its parent */

static void
vet_watch_inner(vet_watcher_t *w, const char *folder, const char *name)
{
    char         *path;
    struct stat   st;

    path = vet_watch_copy(w, folder, strlen(folder), strlen(name));
    if (path == NULL) {
        return;
    }

    memcpy(path + strlen(folder), name, strlen(name) + 1);

    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        w->handler(w->data, path);
    }
}


static void
vet_watch_lists(vet_watcher_t *w, const char *file)
{
    size_t            i;
    vet_str_t         data;
    vet_list_t        lists;
    vet_pool_t       *pool;
    vet_errors_t      errors;
    vet_rule_path_t  *list;

    pool = vet_pool_create(VET_WATCH_MEMORY);
    if (pool == NULL) {
        w->failed = 1;
        return;
    }

    memset(&errors, 0, sizeof(vet_errors_t));
    memset(&lists, 0, sizeof(vet_list_t));
    lists.size = sizeof(vet_rule_path_t);
    lists.pool = pool;

    if (vet_rule_file(pool, file, NULL, &data, &errors) == VET_OK
        && vet_list_names(&lists, file, data) == VET_OK)
    {
        for (i = 0; i < lists.n; i++) {
            list = (vet_rule_path_t *) lists.elts + i;
            vet_watch_parents(w, list->path);
        }
    }

    vet_pool_destroy(pool);
}


/* Where its name is, and where what it links to is. */

static void
vet_watch_parents(vet_watcher_t *w, const char *path)
{
    char  *real;

    vet_watch_parent(w, path);

    real = realpath(path, NULL);

    if (real != NULL) {
        vet_watch_parent(w, real);
        free(real);
    }
}


static void
vet_watch_parent(vet_watcher_t *w, const char *path)
{
    char         *copy, *parent;
    struct stat   st;

    copy = vet_watch_copy(w, path, strlen(path), 0);
    if (copy == NULL) {
        return;
    }

    parent = dirname(copy);

    if (stat(parent, &st) == 0) {
        w->handler(w->data, parent);
    }
}


/* Returns a string of len bytes, with room for more behind it. */

static char *
vet_watch_copy(vet_watcher_t *w, const void *data, size_t len, size_t room)
{
    char  *copy;

    copy = vet_palloc(w->pool, len + room + 1);
    if (copy == NULL) {
        w->failed = 1;
        return NULL;
    }

    memcpy(copy, data, len);
    copy[len] = '\0';

    return copy;
}
