
/*
 * Copyright (C) the moderate authors
 *
 * Rule files as they are pushed: {"paths","files"}, with names below the last
 * part of each path.
 */


#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "rules_fleet.h"


#define BUNDLE_PATH     4096
#define BUNDLE_FILES    1000
#define BUNDLE_SIZE     (8 * 1024 * 1024)
#define BUNDLE_DEPTH    8


typedef struct {
    json_t                 *files;
    size_t                  size;
} bundle_t;


static int bundle_add(bundle_t *bundle, const char *path, const char *name,
    int depth);
static int bundle_folder(bundle_t *bundle, const char *path, const char *name,
    int depth);
static int bundle_entry(bundle_t *bundle, const char *path, const char *name,
    const char *entry, int depth);
static int bundle_file(bundle_t *bundle, const char *path, const char *name,
    size_t size);
static int bundle_skipped(const char *name);
static int bundle_refuse(const char *path, const char *text);


int
moderatectl_bundle(const moderatectl_paths_t *paths, json_t *body)
{
    int        rc;
    char       real[BUNDLE_PATH], name[BUNDLE_PATH], *resolved;
    size_t     i, k;
    json_t    *list;
    bundle_t   bundle;

    list = json_array();
    bundle.files = json_array();
    bundle.size = 0;
    rc = MODERATECTL_OK;

    for (i = 0; rc == MODERATECTL_OK && i < paths->n; i++) {
        snprintf(real, sizeof(real), "%.*s", (int) paths->elts[i].len,
                 paths->elts[i].data);

        resolved = realpath(real, NULL);

        if (resolved == NULL || strrchr(resolved, '/')[1] == '\0') {
            rc = bundle_refuse(real, resolved ? "is no folder of rules"
                                              : strerror(errno));
            free(resolved);
            break;
        }

        snprintf(name, sizeof(name), "%s", strrchr(resolved, '/') + 1);
        snprintf(real, sizeof(real), "%s", resolved);
        free(resolved);

        for (k = 0; k < json_array_size(list); k++) {
            if (strcmp(json_string_value(json_array_get(list, k)), name)
                == 0)
            {
                rc = bundle_refuse(real, "has the name of another path");
            }
        }

        if (rc == MODERATECTL_OK) {
            json_array_append_new(list, json_string(name));
            rc = bundle_add(&bundle, real, name, 0);
        }
    }

    json_object_set_new(body, "paths", list);
    json_object_set_new(body, "files", bundle.files);

    return rc;
}


static int
bundle_add(bundle_t *bundle, const char *path, const char *name, int depth)
{
    struct stat  st;

    if (stat(path, &st) != 0) {
        return bundle_refuse(path, strerror(errno));
    }

    if (S_ISDIR(st.st_mode)) {
        return bundle_folder(bundle, path, name, depth);
    }

    if (!S_ISREG(st.st_mode)) {
        return bundle_refuse(path, "is no file");
    }

    if (bundle->size + (size_t) st.st_size > BUNDLE_SIZE
        || json_array_size(bundle->files) == BUNDLE_FILES)
    {
        return bundle_refuse(path, "is too much, expected at most 1000 files "
                             "of 8 MiB together");
    }

    bundle->size += (size_t) st.st_size;

    return bundle_file(bundle, path, name, (size_t) st.st_size);
}


static int
bundle_folder(bundle_t *bundle, const char *path, const char *name, int depth)
{
    int             rc, i, n;
    struct dirent **entries;

    if (depth == BUNDLE_DEPTH) {
        return bundle_refuse(path, "is too deep");
    }

    n = scandir(path, &entries, NULL, alphasort);

    if (n < 0) {
        return bundle_refuse(path, strerror(errno));
    }

    rc = MODERATECTL_OK;

    for (i = 0; i < n; i++) {
        if (rc == MODERATECTL_OK && !bundle_skipped(entries[i]->d_name)) {
            rc = bundle_entry(bundle, path, name, entries[i]->d_name,
                              depth + 1);
        }

        free(entries[i]);
    }

    free(entries);

    return rc;
}


static int
bundle_entry(bundle_t *bundle, const char *path, const char *name,
    const char *entry, int depth)
{
    int     rc;
    char   *inner;
    size_t  len, shown;

    len = strlen(path) + strlen(entry) + 2;
    shown = strlen(name) + strlen(entry) + 2;

    inner = malloc(len + shown);

    if (inner == NULL) {
        return moderatectl_no_memory();
    }

    snprintf(inner, len, "%s/%s", path, entry);
    snprintf(inner + len, shown, "%s/%s", name, entry);

    rc = bundle_add(bundle, inner, inner + len, depth);

    free(inner);

    return rc;
}


/* what the engine passes over, and what lies beside rules */

static int
bundle_skipped(const char *name)
{
    size_t       i, len, n;

    static const char  *ends[] = { "~", ".md", ".json" };

    len = strlen(name);

    for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        n = strlen(ends[i]);

        if (len >= n && strcmp(name + len - n, ends[i]) == 0) {
            return 1;
        }
    }

    return name[0] == '.';
}


static int
bundle_file(bundle_t *bundle, const char *path, const char *name, size_t size)
{
    char    *data;
    FILE    *file;
    size_t   n;
    json_t  *text;

    file = fopen(path, "r");
    data = malloc(size + 1);

    if (file == NULL || data == NULL) {
        free(data);

        if (file != NULL) {
            fclose(file);
            return moderatectl_no_memory();
        }

        return bundle_refuse(path, strerror(errno));
    }

    n = fread(data, 1, size + 1, file);
    fclose(file);

    if (n != size) {
        free(data);
        return bundle_refuse(path, "changed while it was read");
    }

    text = json_stringn(data, n);
    free(data);

    if (text == NULL) {
        return bundle_refuse(path, "is not UTF-8");
    }

    json_array_append_new(bundle->files, json_pack("{s:s, s:o}", "name", name,
                                                   "text", text));
    return MODERATECTL_OK;
}


static int
bundle_refuse(const char *path, const char *text)
{
    fprintf(stderr, "moderatectl: \"%s\": %s\n", path, text);

    return MODERATECTL_USAGE;
}
