
/*
 * Copyright (C) the moderate authors
 *
 * Versions of rule sets on disk: CACHE/NAME/VERSION has the files of one, and
 * CACHE/NAME/active says which one nginx begins with.  All of it runs in
 * threads, or when the configuration is read.
 */


#include "ngx_http_moderate_background.h"
#include "ngx_http_moderate_bundle.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>


#define NGX_HTTP_MODERATE_BUNDLE_PATH    1024
#define NGX_HTTP_MODERATE_BUNDLE_COPIES  4      /* beside those in use */

/* what is loaded of a version; no file of a bundle has such a name */

#define NGX_HTTP_MODERATE_BUNDLE_PATHS   ".paths"


typedef char  ngx_http_moderate_path_t[NGX_HTTP_MODERATE_BUNDLE_PATH];


typedef struct {
    ngx_http_moderate_bundle_t  *bundle;
    int                          rc;
} ngx_http_moderate_check_t;

typedef struct {
    ngx_http_moderate_bundle_t  *bundle;
    const char                  *folder;
    char                        *real;
    ngx_uint_t                   outside;
} ngx_http_moderate_inside_t;


static void ngx_http_moderate_bundle_work(void *data);
static int ngx_http_moderate_bundle_files(ngx_http_moderate_bundle_t *bundle,
    json_t *json, const char *folder);
static int ngx_http_moderate_bundle_file(ngx_http_moderate_bundle_t *bundle,
    const char *folder, json_t *file);
static int ngx_http_moderate_bundle_put(const char *path, const char *data,
    size_t len);
static int ngx_http_moderate_bundle_known(ngx_http_moderate_bundle_t *bundle,
    const char *folder);
static int ngx_http_moderate_bundle_unknown(
    ngx_http_moderate_bundle_t *bundle, const char *folder);
static int ngx_http_moderate_bundle_rename(
    ngx_http_moderate_bundle_t *bundle, const char *from, char *to);
static int ngx_http_moderate_bundle_rules(ngx_http_moderate_bundle_t *bundle,
    const char *folder);
static void ngx_http_moderate_bundle_folder(void *data, const char *folder);
static void ngx_http_moderate_bundle_relative(vet_errors_t *errors,
    const char *folder);
static int ngx_http_moderate_bundle_join(char *path, const char *folder,
    const char *name);
static int ngx_http_moderate_bundle_sync(const char *folder);
static void ngx_http_moderate_bundle_remove(const char *folder);
static int ngx_http_moderate_bundle_remove_one(const char *path,
    const struct stat *st, int type, struct FTW *ftw);
static void ngx_http_moderate_bundle_sweep(const char *dir,
    const char *version, const char *canary);


int
ngx_http_moderate_bundle_load(ngx_http_moderate_bundle_t *bundle)
{
    vet_str_t                 version;
    struct stat               st;
    ngx_http_moderate_path_t  folder;

    if (!ngx_http_moderate_fleet_version_ok(bundle->version)
        || ngx_http_moderate_bundle_join(folder, bundle->dir, bundle->version)
           != VET_OK
        || stat(folder, &st) != 0)
    {
        return VET_DECLINED;
    }

    if (ngx_http_moderate_bundle_rules(bundle, folder) == VET_OK) {
        version = vet_ruleset_version(bundle->ruleset);

        if (memcmp(version.data, bundle->version, version.len) == 0) {
            return VET_OK;
        }

        vet_ruleset_destroy(bundle->ruleset);
        bundle->ruleset = NULL;
    }

    /* somebody wrote there, or a disk lost something: Redis has it whole */

    bundle->damaged = 1;

    return VET_DECLINED;
}


int
ngx_http_moderate_bundle_take(ngx_http_moderate_bundle_t *bundle)
{
    ngx_http_moderate_check_t  check;

    check.bundle = bundle;
    check.rc = VET_ERROR;

    ngx_http_moderate_background(ngx_http_moderate_bundle_work, &check);

    return check.rc;
}


static void
ngx_http_moderate_bundle_work(void *data)
{
    ngx_http_moderate_check_t *check = data;

    ngx_http_moderate_rest_t  rest;

    check->bundle->rest = ngx_http_moderate_rest(&rest);
    check->rc = ngx_http_moderate_bundle_write(check->bundle);
    check->bundle->rest = NULL;
}


int
ngx_http_moderate_bundle_write(ngx_http_moderate_bundle_t *bundle)
{
    int                       rc;
    char                      name[64];
    json_t                   *json;
    ngx_http_moderate_path_t  folder;

    ngx_memzero(&bundle->errors, sizeof(vet_errors_t));

    if (ngx_http_moderate_bundle_parse(bundle, &json) != VET_OK) {
        return VET_ERROR;
    }

    (void) snprintf(name, sizeof(name), ".new-%ld-%lx", (long) getpid(),
                    (unsigned long) (uintptr_t) bundle);

    if (ngx_http_moderate_bundle_join(folder, bundle->dir, name) != VET_OK) {
        json_decref(json);
        return ngx_http_moderate_bundle_failed(bundle, "too long", bundle->dir);
    }

    ngx_http_moderate_bundle_remove(folder);

    rc = ngx_http_moderate_bundle_files(bundle, json, folder);

    json_decref(json);

    if (rc == VET_OK) {
        rc = (bundle->version[0] != '\0')
             ? ngx_http_moderate_bundle_known(bundle, folder)
             : ngx_http_moderate_bundle_unknown(bundle, folder);
    }

    if (rc != VET_OK) {
        ngx_http_moderate_bundle_remove(folder);
        vet_ruleset_destroy(bundle->ruleset);
        bundle->ruleset = NULL;
    }

    return rc;
}


/* loaded from where it stays: messages about rules name the place */

static int
ngx_http_moderate_bundle_known(ngx_http_moderate_bundle_t *bundle,
    const char *folder)
{
    vet_str_t                 version;
    ngx_http_moderate_path_t  path;

    if (ngx_http_moderate_bundle_rename(bundle, folder, path) != VET_OK) {
        return VET_ERROR;
    }

    if (ngx_http_moderate_bundle_rules(bundle, path) != VET_OK) {

        /* another worker may have replaced the damaged copy meanwhile */

        bundle->trouble |= bundle->damaged;
        return VET_ERROR;
    }

    version = vet_ruleset_version(bundle->ruleset);

    if (memcmp(bundle->version, version.data, version.len) == 0) {
        return VET_OK;
    }

    ngx_http_moderate_bundle_remove(path);

    return ngx_http_moderate_bundle_say(bundle, "what Redis has of version "
                                        "%s makes version %.*s",
                                        bundle->version, (int) version.len,
                                        version.data);
}


/* what it is called is known when it is loaded */

static int
ngx_http_moderate_bundle_unknown(ngx_http_moderate_bundle_t *bundle,
    const char *folder)
{
    vet_str_t                 version;
    ngx_http_moderate_path_t  path;

    if (ngx_http_moderate_bundle_rules(bundle, folder) != VET_OK) {
        return VET_ERROR;
    }

    version = vet_ruleset_version(bundle->ruleset);
    memcpy(bundle->version, version.data, NGX_HTTP_MODERATE_FLEET_VERSION);

    return ngx_http_moderate_bundle_rename(bundle, folder, path);
}


static int
ngx_http_moderate_bundle_files(ngx_http_moderate_bundle_t *bundle,
    json_t *json, const char *folder)
{
    int                        rc;
    char                      *text;
    size_t                     i;
    json_t                    *one;
    ngx_http_moderate_path_t   path;

    if ((mkdir(bundle->dir, 0700) != 0 && errno != EEXIST)
        || mkdir(folder, 0700) != 0)
    {
        return ngx_http_moderate_bundle_failed(bundle, "cannot be made",
                                               folder);
    }

    json_array_foreach(json_object_get(json, "files"), i, one) {
        rc = ngx_http_moderate_bundle_file(bundle, folder, one);
        if (rc != VET_OK) {
            return rc;
        }
    }

    text = json_dumps(json_object_get(json, "paths"), JSON_COMPACT);

    rc = (text == NULL
          || ngx_http_moderate_bundle_join(path, folder,
                                           NGX_HTTP_MODERATE_BUNDLE_PATHS)
             != VET_OK
          || ngx_http_moderate_bundle_put(path, text, strlen(text)) != VET_OK)
         ? ngx_http_moderate_bundle_failed(bundle, "cannot be written", folder)
         : VET_OK;

    free(text);

    if (rc == VET_OK && ngx_http_moderate_bundle_sync(folder) != VET_OK) {
        rc = ngx_http_moderate_bundle_failed(bundle, "cannot be synced",
                                             folder);
    }

    return rc;
}


static int
ngx_http_moderate_bundle_file(ngx_http_moderate_bundle_t *bundle,
    const char *folder, json_t *file)
{
    char                      *p;
    json_t                    *text;
    const char                *name;
    ngx_http_moderate_path_t   path;

    name = json_string_value(json_object_get(file, "name"));
    text = json_object_get(file, "text");

    if (ngx_http_moderate_bundle_join(path, folder, name) != VET_OK) {
        return ngx_http_moderate_bundle_failed(bundle, "too long", name);
    }

    /* folders, from the outermost on */

    for (p = path + strlen(folder) + 1; /* void */ ; p++) {
        p = strchr(p, '/');

        if (p == NULL) {
            break;
        }

        *p = '\0';

        if (mkdir(path, 0700) != 0 && errno != EEXIST) {
            return ngx_http_moderate_bundle_failed(bundle, "cannot be made",
                                                   path);
        }

        *p = '/';
    }

    if (ngx_http_moderate_bundle_put(path, json_string_value(text),
                                     json_string_length(text))
        != VET_OK)
    {
        return ngx_http_moderate_bundle_failed(bundle, "cannot be written",
                                               path);
    }

    return VET_OK;
}


/* VET_ERROR: errno tells why */

static int
ngx_http_moderate_bundle_put(const char *path, const char *data, size_t len)
{
    int      fd, err;
    ssize_t  n;

    fd = open(path, O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC|O_NOFOLLOW, 0600);

    if (fd == -1) {
        return VET_ERROR;
    }

    while (len > 0) {
        n = write(fd, data, len);

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n == -1) {
            goto failed;
        }

        data += n;
        len -= n;
    }

    if (fsync(fd) != 0) {
        goto failed;
    }

    return (close(fd) == 0) ? VET_OK : VET_ERROR;

failed:

    err = errno;
    (void) close(fd);
    errno = err;

    return VET_ERROR;
}


/* another worker may have been first: what it has written is the same */

static int
ngx_http_moderate_bundle_rename(ngx_http_moderate_bundle_t *bundle,
    const char *from, char *to)
{
    if (ngx_http_moderate_bundle_join(to, bundle->dir, bundle->version)
        != VET_OK)
    {
        return ngx_http_moderate_bundle_failed(bundle, "too long",
                                               bundle->dir);
    }

    if (bundle->damaged) {
        ngx_http_moderate_bundle_remove(to);
    }

    if (rename(from, to) != 0) {

        if (errno != EEXIST && errno != ENOTEMPTY) {
            return ngx_http_moderate_bundle_failed(bundle, "cannot be renamed",
                                                   to);
        }

        ngx_http_moderate_bundle_remove(from);
    }

    if (ngx_http_moderate_bundle_sync(bundle->dir) != VET_OK) {
        return ngx_http_moderate_bundle_failed(bundle, "cannot be synced",
                                               bundle->dir);
    }

    return VET_OK;
}


/* VET_ERROR: errors has it, with names as they are in the bundle */

static int
ngx_http_moderate_bundle_rules(ngx_http_moderate_bundle_t *bundle,
    const char *folder)
{
    size_t                      i, n;
    json_t                     *paths, *one;
    vet_str_t                   list[NGX_HTTP_MODERATE_FLEET_PATHS];
    ngx_http_moderate_path_t    path[NGX_HTTP_MODERATE_FLEET_PATHS];
    ngx_http_moderate_inside_t  inside;

    if (ngx_http_moderate_bundle_join(path[0], folder,
                                      NGX_HTTP_MODERATE_BUNDLE_PATHS)
        != VET_OK)
    {
        return VET_ERROR;
    }

    paths = json_load_file(path[0], 0, NULL);
    n = json_array_size(paths);

    if (n == 0 || n > NGX_HTTP_MODERATE_FLEET_PATHS) {
        json_decref(paths);
        return ngx_http_moderate_bundle_failed(bundle, "cannot be read",
                                               path[0]);
    }

    json_array_foreach(paths, i, one) {
        if (!ngx_http_moderate_bundle_name_ok(one)
            || ngx_http_moderate_bundle_join(path[i], folder,
                                             json_string_value(one))
               != VET_OK)
        {
            json_decref(paths);
            return VET_ERROR;
        }

        list[i].data = (unsigned char *) path[i];
        list[i].len = strlen(path[i]);
    }

    json_decref(paths);

    /* a list file elsewhere on this machine is none of the version's */

    inside.bundle = bundle;
    inside.folder = folder;
    inside.real = realpath(folder, NULL);
    inside.outside = 0;

    if (vet_ruleset_folders(list, n, ngx_http_moderate_bundle_folder, &inside)
        == VET_OK
        && !inside.outside)
    {
        bundle->ruleset = vet_ruleset_load_resting(list, n, bundle->rest,
                                                   &bundle->errors);
        ngx_http_moderate_bundle_relative(&bundle->errors, folder);
    }

    free(inside.real);

    return (bundle->ruleset != NULL) ? VET_OK : VET_ERROR;
}


static void
ngx_http_moderate_bundle_folder(void *data, const char *folder)
{
    ngx_http_moderate_inside_t *inside = data;

    size_t       i;
    const char  *known[2];

    known[0] = inside->folder;
    known[1] = inside->real;

    for (i = 0; i < 2; i++) {
        if (known[i] != NULL
            && strncmp(folder, known[i], strlen(known[i])) == 0
            && (folder[strlen(known[i])] == '\0'
                || folder[strlen(known[i])] == '/')
            && strstr(folder, "/..") == NULL)
        {
            return;
        }
    }

    if (!inside->outside) {
        (void) ngx_http_moderate_bundle_say(inside->bundle, "a list file is "
                                            "not below the folder of the "
                                            "rules, expected a name like "
                                            "\"lists/words.txt\"");
    }

    inside->outside = 1;
}


/* file:line:column as its author knows it */

static void
ngx_http_moderate_bundle_relative(vet_errors_t *errors, const char *folder)
{
    char    *p;
    size_t   i, len;

    len = strlen(folder);

    for (i = 0; i < errors->n && i < VET_ERRORS_MAX; i++) {
        p = errors->text[i];

        while ((p = strstr(p, folder)) != NULL && p[len] == '/') {
            memmove(p, p + len + 1, strlen(p + len + 1) + 1);
        }
    }
}


static int
ngx_http_moderate_bundle_join(char *path, const char *folder,
    const char *name)
{
    int  n;

    n = snprintf(path, NGX_HTTP_MODERATE_BUNDLE_PATH, "%s/%s", folder, name);

    return (n > 0 && n < NGX_HTTP_MODERATE_BUNDLE_PATH) ? VET_OK : VET_ERROR;
}


static int
ngx_http_moderate_bundle_sync(const char *folder)
{
    int  fd, rc;

    fd = open(folder, O_RDONLY|O_DIRECTORY|O_CLOEXEC);

    if (fd == -1) {
        return VET_ERROR;
    }

    rc = fsync(fd);
    (void) close(fd);

    return (rc == 0) ? VET_OK : VET_ERROR;
}


static void
ngx_http_moderate_bundle_remove(const char *folder)
{
    (void) nftw(folder, ngx_http_moderate_bundle_remove_one, 16,
                FTW_DEPTH|FTW_PHYS|FTW_MOUNT);
}


static int
ngx_http_moderate_bundle_remove_one(const char *path, const struct stat *st,
    int type, struct FTW *ftw)
{
    (void) st;
    (void) type;
    (void) ftw;

    (void) remove(path);

    return 0;
}


int
ngx_http_moderate_bundle_begin_with(const char *dir, const char *version,
    const char *canary)
{
    char                      name[64];
    ngx_http_moderate_path_t  path, new;

    (void) snprintf(name, sizeof(name), ".active-%ld", (long) getpid());

    if (ngx_http_moderate_bundle_join(new, dir, name) != VET_OK
        || ngx_http_moderate_bundle_join(path, dir, "active") != VET_OK)
    {
        return VET_ERROR;
    }

    (void) unlink(new);

    if (ngx_http_moderate_bundle_put(new, version, strlen(version)) != VET_OK
        || rename(new, path) != 0
        || ngx_http_moderate_bundle_sync(dir) != VET_OK)
    {
        return VET_ERROR;
    }

    ngx_http_moderate_bundle_sweep(dir, version, canary);

    return VET_OK;
}


/*
 * Removes the oldest copy while there are too many; one in use by a worker
 * that is late is fetched again.
 */

static void
ngx_http_moderate_bundle_sweep(const char *dir, const char *version,
    const char *canary)
{
    DIR                       *d;
    ngx_uint_t                 n;
    struct stat                st;
    struct dirent             *entry;
    struct timespec            oldest = { 0, 0 };
    ngx_http_moderate_path_t   path, last;

    for ( ;; ) {
        d = opendir(dir);

        if (d == NULL) {
            return;
        }

        n = 0;
        last[0] = '\0';

        while ((entry = readdir(d)) != NULL) {

            if (!ngx_http_moderate_fleet_version_ok(entry->d_name)
                || strcmp(entry->d_name, version) == 0
                || strcmp(entry->d_name, canary) == 0
                || ngx_http_moderate_bundle_join(path, dir, entry->d_name)
                   != VET_OK
                || stat(path, &st) != 0)
            {
                continue;
            }

            n++;

            if (last[0] == '\0' || st.st_mtim.tv_sec < oldest.tv_sec
                || (st.st_mtim.tv_sec == oldest.tv_sec
                    && st.st_mtim.tv_nsec < oldest.tv_nsec))
            {
                oldest = st.st_mtim;
                memcpy(last, path, sizeof(path));
            }
        }

        (void) closedir(d);

        if (n <= NGX_HTTP_MODERATE_BUNDLE_COPIES) {
            return;
        }

        ngx_http_moderate_bundle_remove(last);

        if (stat(last, &st) == 0) {
            return;
        }
    }
}


int
ngx_http_moderate_bundle_begins_with(const char *dir, char *version)
{
    int                       fd;
    ssize_t                   n;
    ngx_http_moderate_path_t  path;

    if (ngx_http_moderate_bundle_join(path, dir, "active") != VET_OK) {
        return VET_DECLINED;
    }

    fd = open(path, O_RDONLY|O_CLOEXEC|O_NOFOLLOW);

    if (fd == -1) {
        return VET_DECLINED;
    }

    n = read(fd, version, NGX_HTTP_MODERATE_FLEET_VERSION);
    (void) close(fd);

    if (n != NGX_HTTP_MODERATE_FLEET_VERSION) {
        return VET_DECLINED;
    }

    version[n] = '\0';

    return ngx_http_moderate_fleet_version_ok(version) ? VET_OK
                                                       : VET_DECLINED;
}
