
/*
 * Copyright (C) the moderate authors
 *
 * Rule files on disk: which they are, their bytes, their signature.
 */


#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vet_rules.h"


#define VET_PATH_LEN        4096
#define VET_SUFFIX          ".yaml"
#define VET_LIST_MEMORY     (32 * 1024 * 1024)

#define VET_FNV_START       0xcbf29ce484222325ULL
#define VET_FNV_PRIME       0x100000001b3ULL


static int vet_files_path(vet_list_t *files, vet_str_t path,
    vet_errors_t *errors);
static int vet_files_folder(vet_list_t *files, const char *folder,
    vet_errors_t *errors);
static int vet_files_names(vet_list_t *files, const char *folder, DIR *dir,
    vet_errors_t *errors);
static int vet_files_add(vet_list_t *files, const char *folder,
    const char *name, vet_errors_t *errors);
static int vet_files_order(const void *one, const void *two);
static int vet_file_bytes(int fd, const char *file, vet_pool_t *pool,
    vet_str_t *data, vet_errors_t *errors);
static int vet_file_error(vet_errors_t *errors, const char *file,
    const char *what, int err);
static int vet_file_refuse(vet_errors_t *errors, const char *file,
    const char *text);
static int vet_signature_file(const char *file, uint64_t *signature,
    vet_errors_t *errors);


int
vet_rule_files(const vet_str_t *paths, size_t npaths, vet_list_t *files,
    vet_errors_t *errors)
{
    int     rc, result;
    size_t  i;

    result = VET_OK;

    for (i = 0; i < npaths; i++) {
        rc = vet_files_path(files, paths[i], errors);

        if (rc == VET_ERROR) {
            return VET_ERROR;
        }

        if (rc != VET_OK) {
            result = rc;
        }
    }

    return result;
}


static int
vet_files_path(vet_list_t *files, vet_str_t path, vet_errors_t *errors)
{
    char         *name;
    struct stat   st;
    vet_shown_t   shown;

    if (path.len == 0 || path.len > VET_PATH_LEN
        || memchr(path.data, '\0', path.len) != NULL)
    {
        return vet_file_refuse(errors, vet_shown(&shown, path),
                               "not a path, expected a file or folder");
    }

    name = vet_palloc(files->pool, path.len + 1);
    if (name == NULL) {
        return VET_ERROR;
    }

    memcpy(name, path.data, path.len);
    name[path.len] = '\0';

    if (stat(name, &st) != 0) {
        return vet_file_error(errors, name, "cannot be looked at", errno);
    }

    if (S_ISDIR(st.st_mode)) {
        return vet_files_folder(files, name, errors);
    }

    return vet_files_add(files, NULL, name, errors);
}


/* Adds the files of a folder, in the order of their names' bytes. */

static int
vet_files_folder(vet_list_t *files, const char *folder, vet_errors_t *errors)
{
    int     rc;
    DIR    *dir;
    size_t  n;

    dir = opendir(folder);
    if (dir == NULL) {
        return vet_file_error(errors, folder, "cannot be opened", errno);
    }

    n = files->n;
    rc = vet_files_names(files, folder, dir, errors);
    (void) closedir(dir);

    if (rc != VET_OK) {
        return rc;
    }

    if (files->n == n) {
        return vet_file_refuse(errors, folder, "no rule file is in this "
                               "folder, expected *.yaml");
    }

    qsort((char **) files->elts + n, files->n - n, sizeof(char *),
          vet_files_order);

    return VET_OK;
}


/* Hidden files are passed over: editors lock and back up under such names. */

static int
vet_files_names(vet_list_t *files, const char *folder, DIR *dir,
    vet_errors_t *errors)
{
    int                   rc;
    size_t                len;
    const struct dirent  *entry;

    for ( ;; ) {
        errno = 0;
        entry = readdir(dir);

        if (entry == NULL) {
            return (errno == 0) ? VET_OK
                   : vet_file_error(errors, folder, "cannot be read", errno);
        }

        len = strlen(entry->d_name);

        if (entry->d_name[0] == '.' || len < sizeof(VET_SUFFIX)
            || strcmp(entry->d_name + len - (sizeof(VET_SUFFIX) - 1),
                      VET_SUFFIX) != 0)
        {
            continue;
        }

        rc = vet_files_add(files, folder, entry->d_name, errors);
        if (rc != VET_OK) {
            return rc;
        }
    }
}


static int
vet_files_add(vet_list_t *files, const char *folder, const char *name,
    vet_errors_t *errors)
{
    char    *path, **file;
    size_t   len;

    if (files->n == VET_RULE_FILES_MAX) {
        return vet_file_refuse(errors, name, "one file too many, expected at "
                               "most 1000");
    }

    len = (folder == NULL) ? 0 : strlen(folder);

    while (len > 1 && folder[len - 1] == '/') {
        len--;
    }

    path = vet_palloc(files->pool, len + strlen(name) + 2);
    if (path == NULL) {
        return VET_ERROR;
    }

    if (folder != NULL) {
        memcpy(path, folder, len);
        path[len++] = '/';
    }

    memcpy(path + len, name, strlen(name) + 1);

    file = vet_list_push(files);
    if (file == NULL) {
        return VET_ERROR;
    }

    *file = path;

    return VET_OK;
}


static int
vet_files_order(const void *one, const void *two)
{
    return strcmp(*(char *const *) one, *(char *const *) two);
}


int
vet_rule_file(vet_pool_t *pool, const char *file, vet_str_t *data,
    vet_errors_t *errors)
{
    int  fd, rc;

    /* not to wait for the writer of a pipe */

    fd = open(file, O_RDONLY|O_CLOEXEC|O_NONBLOCK);
    if (fd == -1) {
        return vet_file_error(errors, file, "cannot be opened", errno);
    }

    rc = vet_file_bytes(fd, file, pool, data, errors);
    (void) close(fd);

    return rc;
}


static int
vet_file_bytes(int fd, const char *file, vet_pool_t *pool, vet_str_t *data,
    vet_errors_t *errors)
{
    size_t          size;
    ssize_t         n;
    struct stat     st;
    unsigned char  *p;

    if (fstat(fd, &st) != 0) {
        return vet_file_error(errors, file, "cannot be looked at", errno);
    }

    if (!S_ISREG(st.st_mode)) {
        return vet_file_refuse(errors, file, "not a regular file, expected a "
                               "rule file");
    }

    if (st.st_size > VET_RULE_FILE_SIZE) {
        return vet_file_refuse(errors, file, "file is too large, expected at "
                               "most 16777216 bytes");
    }

    /* one more byte: the file is being written if it gets used */

    size = (size_t) st.st_size + 1;

    p = vet_palloc(pool, size);
    if (p == NULL) {
        return VET_ERROR;
    }

    data->data = p;
    data->len = 0;

    while (data->len < size) {
        n = read(fd, p + data->len, size - data->len);

        if (n == 0) {
            return VET_OK;
        }

        if (n < 0 && errno != EINTR) {
            return vet_file_error(errors, file, "cannot be read", errno);
        }

        data->len += (n > 0) ? (size_t) n : 0;
    }

    return vet_file_refuse(errors, file, "file grows while it is read, "
                           "expected it complete");
}


static int
vet_file_error(vet_errors_t *errors, const char *file, const char *what,
    int err)
{
    vet_place_t  place;

    memset(&place, 0, sizeof(vet_place_t));
    place.file = file;

    /* strerror() is safe with threads since glibc 2.32 */

    vet_rule_error(errors, &place, "%s: %s", what, strerror(err));

    return VET_DECLINED;
}


static int
vet_file_refuse(vet_errors_t *errors, const char *file, const char *text)
{
    vet_place_t  place;

    memset(&place, 0, sizeof(vet_place_t));
    place.file = file;

    vet_rule_error(errors, &place, "%s", text);

    return VET_DECLINED;
}


int
vet_ruleset_signature(const vet_str_t *paths, size_t npaths,
    uint64_t *signature, vet_errors_t *errors)
{
    int          rc;
    size_t       i;
    vet_list_t   files;

    memset(&files, 0, sizeof(vet_list_t));
    files.size = sizeof(char *);
    files.pool = vet_pool_create(VET_LIST_MEMORY);

    if (files.pool == NULL) {
        return VET_ERROR;
    }

    rc = vet_rule_files(paths, npaths, &files, errors);
    *signature = 0;

    for (i = 0; rc == VET_OK && i < files.n; i++) {
        rc = vet_signature_file(((char **) files.elts)[i], signature, errors);
    }

    vet_pool_destroy(files.pool);

    return (rc == VET_OK) ? VET_OK : VET_ERROR;
}


static int
vet_signature_file(const char *file, uint64_t *signature,
    vet_errors_t *errors)
{
    size_t                i;
    uint64_t              facts[5];
    struct stat           st;
    vet_str_t             bytes;

    if (stat(file, &st) != 0) {
        return vet_file_error(errors, file, "cannot be looked at", errno);
    }

    facts[0] = (uint64_t) st.st_dev;
    facts[1] = (uint64_t) st.st_ino;
    facts[2] = (uint64_t) st.st_size;
    facts[3] = (uint64_t) st.st_mtim.tv_sec;
    facts[4] = (uint64_t) st.st_mtim.tv_nsec;

    bytes.data = (const unsigned char *) file;
    bytes.len = strlen(file) + 1;
    *signature = vet_rule_hash(*signature, bytes);

    for (i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        bytes.data = (const unsigned char *) &facts[i];
        bytes.len = sizeof(facts[i]);
        *signature = vet_rule_hash(*signature, bytes);
    }

    return VET_OK;
}


uint64_t
vet_rule_hash(uint64_t hash, vet_str_t bytes)
{
    size_t  i;

    hash = (hash == 0) ? VET_FNV_START : hash;

    for (i = 0; i < bytes.len; i++) {
        hash = (hash ^ bytes.data[i]) * VET_FNV_PRIME;
    }

    return hash;
}
