
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

/* the folders in a folder: files that add, and files that replace */

#define VET_FOLDER_ADD      "local.d"
#define VET_FOLDER_REPLACE  "override.d"

#define VET_FNV_START       0xcbf29ce484222325ULL
#define VET_FNV_PRIME       0x100000001b3ULL


typedef struct {
    vet_list_t             *files;
    vet_errors_t           *errors;
    int                     override;   /* files found now replace */
} vet_finder_t;

/* Whom to tell of a file that cannot be read. */

typedef struct {
    const char             *file;
    const vet_place_t      *place;      /* where a list is named; or NULL */
    vet_errors_t           *errors;
} vet_file_t;


static int vet_files_path(vet_finder_t *f, vet_str_t path);
static int vet_files_folders(vet_finder_t *f, const char *folder);
static int vet_files_inner(vet_finder_t *f, const char *folder,
    const char *name);
static int vet_files_folder(vet_finder_t *f, const char *folder);
static int vet_files_names(vet_finder_t *f, const char *folder, DIR *dir);
static int vet_files_add(vet_finder_t *f, const char *folder,
    const char *name);
static char *vet_files_join(vet_pool_t *pool, const char *folder,
    const char *name);
static int vet_files_order(const void *one, const void *two);
static int vet_file_bytes(const vet_file_t *f, int fd, vet_pool_t *pool,
    vet_str_t *data);
static int vet_file_error(const vet_file_t *f, const char *what, int err);
static int vet_file_refuse(const vet_file_t *f, const char *text);
static void vet_file_tell(const vet_file_t *f, const char *what,
    const char *text);
static int vet_path_error(vet_errors_t *errors, const char *file,
    const char *what, int err);
static int vet_path_refuse(vet_errors_t *errors, const char *file,
    const char *text);
static int vet_signature_lists(const char *file, uint64_t *signature,
    vet_errors_t *errors);
static int vet_signature_list(const char *file, vet_pool_t *pool,
    uint64_t *signature, vet_errors_t *errors);
static int vet_signature_file(const char *file, uint64_t *signature,
    vet_errors_t *errors);
static void vet_signature_stat(const char *file, const struct stat *st,
    uint64_t *signature);


int
vet_rule_files(const vet_str_t *paths, size_t npaths, vet_list_t *files,
    vet_errors_t *errors)
{
    int           rc, result;
    size_t        i;
    vet_finder_t  f;

    f.files = files;
    f.errors = errors;
    result = VET_OK;

    for (i = 0; i < npaths; i++) {
        f.override = 0;
        rc = vet_files_path(&f, paths[i]);

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
vet_files_path(vet_finder_t *f, vet_str_t path)
{
    char         *name;
    struct stat   st;
    vet_shown_t   shown;

    if (path.len == 0 || path.len > VET_PATH_LEN
        || memchr(path.data, '\0', path.len) != NULL)
    {
        return vet_path_refuse(f->errors, vet_shown(&shown, path),
                               "not a path, expected a file or folder");
    }

    name = vet_palloc(f->files->pool, path.len + 1);
    if (name == NULL) {
        return VET_ERROR;
    }

    memcpy(name, path.data, path.len);
    name[path.len] = '\0';

    if (stat(name, &st) != 0) {
        return vet_path_error(f->errors, name, "cannot be looked at", errno);
    }

    if (S_ISDIR(st.st_mode)) {
        return vet_files_folders(f, name);
    }

    return vet_files_add(f, NULL, name);
}


/* Adds the files of a folder, then those of the two folders in it. */

static int
vet_files_folders(vet_finder_t *f, const char *folder)
{
    int     rc;
    size_t  n;

    n = f->files->n;
    rc = vet_files_folder(f, folder);

    if (rc == VET_OK) {
        rc = vet_files_inner(f, folder, VET_FOLDER_ADD);
    }

    if (rc == VET_OK && f->files->n == n) {
        return vet_path_refuse(f->errors, folder, "no rule file is in this "
                               "folder, expected *.yaml");
    }

    f->override = 1;

    return (rc == VET_OK) ? vet_files_inner(f, folder, VET_FOLDER_REPLACE)
                          : rc;
}


/* A folder in a folder may be absent, or empty. */

static int
vet_files_inner(vet_finder_t *f, const char *folder, const char *name)
{
    char         *path;
    struct stat   st;

    path = vet_files_join(f->files->pool, folder, name);
    if (path == NULL) {
        return VET_ERROR;
    }

    if (stat(path, &st) != 0) {
        return (errno == ENOENT) ? VET_OK
               : vet_path_error(f->errors, path, "cannot be looked at", errno);
    }

    if (!S_ISDIR(st.st_mode)) {
        return vet_path_refuse(f->errors, path, "not a folder, expected one "
                               "with *.yaml in it");
    }

    return vet_files_folder(f, path);
}


/* Adds the files of a folder, in the order of their names' bytes. */

static int
vet_files_folder(vet_finder_t *f, const char *folder)
{
    int     rc;
    DIR    *dir;
    size_t  n;

    dir = opendir(folder);
    if (dir == NULL) {
        return vet_path_error(f->errors, folder, "cannot be opened", errno);
    }

    n = f->files->n;
    rc = vet_files_names(f, folder, dir);
    (void) closedir(dir);

    if (rc == VET_OK && f->files->n > n) {
        qsort((vet_rule_path_t *) f->files->elts + n, f->files->n - n,
              sizeof(vet_rule_path_t), vet_files_order);
    }

    return rc;
}


/* Hidden files are passed over: editors lock and back up under such names. */

static int
vet_files_names(vet_finder_t *f, const char *folder, DIR *dir)
{
    int                   rc;
    size_t                len;
    const struct dirent  *entry;

    for ( ;; ) {
        errno = 0;
        entry = readdir(dir);

        if (entry == NULL) {
            return (errno == 0) ? VET_OK
                   : vet_path_error(f->errors, folder, "cannot be read",
                                    errno);
        }

        len = strlen(entry->d_name);

        if (entry->d_name[0] == '.' || len < sizeof(VET_SUFFIX)
            || strcmp(entry->d_name + len - (sizeof(VET_SUFFIX) - 1),
                      VET_SUFFIX) != 0)
        {
            continue;
        }

        rc = vet_files_add(f, folder, entry->d_name);
        if (rc != VET_OK) {
            return rc;
        }
    }
}


static int
vet_files_add(vet_finder_t *f, const char *folder, const char *name)
{
    char             *path;
    vet_rule_path_t  *file;

    if (f->files->n == VET_RULE_FILES_MAX) {
        return vet_path_refuse(f->errors, name, "one file too many, expected "
                               "at most 1000");
    }

    path = vet_files_join(f->files->pool, folder, name);
    if (path == NULL) {
        return VET_ERROR;
    }

    file = vet_list_push(f->files);
    if (file == NULL) {
        return VET_ERROR;
    }

    file->path = path;
    file->override = (f->override != 0);

    return VET_OK;
}


/* Returns folder/name, or name when folder is NULL; NULL: memory is out. */

static char *
vet_files_join(vet_pool_t *pool, const char *folder, const char *name)
{
    char    *path;
    size_t   len;

    len = (folder == NULL) ? 0 : strlen(folder);

    while (len > 1 && folder[len - 1] == '/') {
        len--;
    }

    path = vet_palloc(pool, len + strlen(name) + 2);
    if (path == NULL) {
        return NULL;
    }

    if (folder != NULL) {
        memcpy(path, folder, len);
        path[len++] = '/';
    }

    memcpy(path + len, name, strlen(name) + 1);

    return path;
}


static int
vet_files_order(const void *one, const void *two)
{
    return strcmp(((const vet_rule_path_t *) one)->path,
                  ((const vet_rule_path_t *) two)->path);
}


int
vet_rule_file(vet_pool_t *pool, const char *file, const vet_place_t *place,
    vet_str_t *data, vet_errors_t *errors)
{
    int         fd, rc;
    vet_file_t  f;

    f.file = file;
    f.place = place;
    f.errors = errors;

    /* not to wait for the writer of a pipe */

    fd = open(file, O_RDONLY|O_CLOEXEC|O_NONBLOCK);
    if (fd == -1) {
        return vet_file_error(&f, "cannot be opened", errno);
    }

    rc = vet_file_bytes(&f, fd, pool, data);
    (void) close(fd);

    return rc;
}


static int
vet_file_bytes(const vet_file_t *f, int fd, vet_pool_t *pool, vet_str_t *data)
{
    size_t          size;
    ssize_t         n;
    struct stat     st;
    unsigned char  *p;

    if (fstat(fd, &st) != 0) {
        return vet_file_error(f, "cannot be looked at", errno);
    }

    if (!S_ISREG(st.st_mode)) {
        return vet_file_refuse(f, (f->place == NULL)
                                  ? "not a regular file, expected a rule file"
                                  : "is not a regular file, expected a list");
    }

    if (st.st_size > VET_RULE_FILE_SIZE) {
        return vet_file_refuse(f, (f->place == NULL)
                                  ? "file is too large, expected at most "
                                    "16777216 bytes"
                                  : "is too large, expected at most 16777216 "
                                    "bytes");
    }

    /* one more byte: the file is being written if it gets used */

    size = (size_t) st.st_size + 1;

    p = vet_palloc_mapped(pool, size);
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
            return vet_file_error(f, "cannot be read", errno);
        }

        data->len += (n > 0) ? (size_t) n : 0;
    }

    return vet_file_refuse(f, (f->place == NULL)
                              ? "file grows while it is read, expected it "
                                "complete"
                              : "grows while it is read, expected it "
                                "complete");
}


static int
vet_file_error(const vet_file_t *f, const char *what, int err)
{
    /* strerror() is safe with threads since glibc 2.32 */

    vet_file_tell(f, what, strerror(err));

    return VET_DECLINED;
}


static int
vet_file_refuse(const vet_file_t *f, const char *text)
{
    vet_file_tell(f, text, NULL);

    return VET_DECLINED;
}


/* A list file is told of where it is named. */

static void
vet_file_tell(const vet_file_t *f, const char *what, const char *text)
{
    vet_place_t  place;

    if (f->place != NULL) {
        vet_rule_error(f->errors, f->place, "list file \"%s\" %s%s%s",
                       f->file, what, (text == NULL) ? "" : ": ",
                       (text == NULL) ? "" : text);
        return;
    }

    memset(&place, 0, sizeof(vet_place_t));
    place.file = f->file;

    vet_rule_error(f->errors, &place, "%s%s%s", what,
                   (text == NULL) ? "" : ": ", (text == NULL) ? "" : text);
}


static int
vet_path_error(vet_errors_t *errors, const char *file, const char *what,
    int err)
{
    vet_file_t  f;

    f.file = file;
    f.place = NULL;
    f.errors = errors;

    return vet_file_error(&f, what, err);
}


static int
vet_path_refuse(vet_errors_t *errors, const char *file, const char *text)
{
    vet_file_t  f;

    f.file = file;
    f.place = NULL;
    f.errors = errors;

    return vet_file_refuse(&f, text);
}


int
vet_ruleset_signature(const vet_str_t *paths, size_t npaths,
    uint64_t *signature, vet_errors_t *errors)
{
    int               rc;
    size_t            i;
    vet_list_t        files;
    vet_rule_path_t  *file;

    memset(&files, 0, sizeof(vet_list_t));
    files.size = sizeof(vet_rule_path_t);
    files.pool = vet_pool_create(VET_LIST_MEMORY);

    if (files.pool == NULL) {
        return VET_ERROR;
    }

    rc = vet_rule_files(paths, npaths, &files, errors);
    *signature = 0;

    for (i = 0; rc == VET_OK && i < files.n; i++) {
        file = (vet_rule_path_t *) files.elts + i;
        rc = vet_signature_file(file->path, signature, errors);

        if (rc == VET_OK) {
            rc = vet_signature_lists(file->path, signature, errors);
        }
    }

    vet_pool_destroy(files.pool);

    return (rc == VET_OK) ? VET_OK : VET_ERROR;
}


/* The list files that a rule file names. */

static int
vet_signature_lists(const char *file, uint64_t *signature,
    vet_errors_t *errors)
{
    int          rc;
    vet_pool_t  *pool;

    pool = vet_pool_create((size_t) VET_RULE_FILE_SIZE + VET_LIST_MEMORY);
    if (pool == NULL) {
        return VET_ERROR;
    }

    rc = vet_signature_list(file, pool, signature, errors);
    vet_pool_destroy(pool);

    return rc;
}


/* One that is not there has the facts of none: it may come. */

static int
vet_signature_list(const char *file, vet_pool_t *pool, uint64_t *signature,
    vet_errors_t *errors)
{
    int               rc;
    size_t            i;
    vet_str_t         data;
    struct stat       st;
    vet_list_t        lists;
    vet_rule_path_t  *list;

    memset(&lists, 0, sizeof(vet_list_t));
    lists.size = sizeof(vet_rule_path_t);
    lists.pool = pool;

    rc = vet_rule_file(pool, file, NULL, &data, errors);
    if (rc == VET_OK) {
        rc = vet_list_names(&lists, file, data);
    }

    if (rc != VET_OK) {
        return rc;
    }

    for (i = 0; i < lists.n; i++) {
        list = (vet_rule_path_t *) lists.elts + i;

        if (stat(list->path, &st) != 0) {
            memset(&st, 0, sizeof(struct stat));
        }

        vet_signature_stat(list->path, &st, signature);
    }

    return VET_OK;
}


static int
vet_signature_file(const char *file, uint64_t *signature,
    vet_errors_t *errors)
{
    struct stat  st;

    if (stat(file, &st) != 0) {
        return vet_path_error(errors, file, "cannot be looked at", errno);
    }

    vet_signature_stat(file, &st, signature);

    return VET_OK;
}


static void
vet_signature_stat(const char *file, const struct stat *st,
    uint64_t *signature)
{
    size_t     i;
    uint64_t   facts[5];
    vet_str_t  bytes;

    facts[0] = (uint64_t) st->st_dev;
    facts[1] = (uint64_t) st->st_ino;
    facts[2] = (uint64_t) st->st_size;
    facts[3] = (uint64_t) st->st_mtim.tv_sec;
    facts[4] = (uint64_t) st->st_mtim.tv_nsec;

    bytes.data = (const unsigned char *) file;
    bytes.len = strlen(file) + 1;
    *signature = vet_rule_hash(*signature, bytes);

    for (i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        bytes.data = (const unsigned char *) &facts[i];
        bytes.len = sizeof(facts[i]);
        *signature = vet_rule_hash(*signature, bytes);
    }
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
