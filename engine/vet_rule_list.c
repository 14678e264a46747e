
/*
 * Copyright (C) the moderate authors
 *
 * List files: what words and hosts name, one a line.
 */


#include <string.h>

#include "vet_rules.h"


#define VET_LIST_NAME       1024


typedef struct {
    vet_ruleset_t          *rs;
    vet_errors_t           *errors;
    vet_place_t             place;      /* of the line */
    vet_str_t               data;
    vet_list_t              lines;      /* of vet_phrase_t */
} vet_lines_t;


static int vet_list_good(vet_str_t name);
static int vet_list_is_name(unsigned char c);
static char *vet_list_path(vet_pool_t *pool, const char *file,
    vet_str_t name);
static int vet_list_lines(vet_lines_t *l);
static int vet_list_line(vet_lines_t *l, vet_str_t line);
static size_t vet_list_bad(vet_str_t line);
static size_t vet_list_value(vet_str_t data, size_t i);


int
vet_list_read(vet_ruleset_t *rs, const vet_place_t *place, vet_str_t name,
    vet_list_file_t *list, vet_errors_t *errors)
{
    int               rc;
    char             *path;
    size_t            i;
    vet_shown_t       shown;
    vet_lines_t       l;
    vet_list_file_t  *read;

    if (!vet_list_good(name)) {
        vet_rule_error(errors, place, "bad file name \"%s\", expected letters, "
                       "digits, \".\", \"_\", \"-\" and \"/\"",
                       vet_shown(&shown, name));
        return VET_DECLINED;
    }

    path = vet_list_path(rs->source, place->file, name);
    if (path == NULL) {
        return VET_ERROR;
    }

    read = rs->lists.elts;

    for (i = 0; i < rs->lists.n; i++) {
        if (strcmp(read[i].path, path) == 0) {
            *list = read[i];
            return VET_OK;
        }
    }

    memset(&l, 0, sizeof(vet_lines_t));
    l.rs = rs;
    l.errors = errors;
    l.place.file = path;
    l.lines.size = sizeof(vet_phrase_t);
    l.lines.pool = rs->source;

    rc = vet_rule_file(rs->source, path, place, &l.data, errors);
    if (rc != VET_OK) {
        return rc;
    }

    rs->hash = vet_rule_hash(rs->hash, l.data);

    rc = vet_list_lines(&l);
    if (rc != VET_OK) {
        return rc;
    }

    if (l.lines.n == 0) {
        vet_rule_error(errors, place, "list file \"%s\" has no line, expected "
                       "one text a line", path);
        return VET_DECLINED;
    }

    list->path = path;
    list->lines = l.lines.elts;
    list->n = l.lines.n;

    read = vet_list_push(&rs->lists);
    if (read == NULL) {
        return VET_ERROR;
    }

    *read = *list;

    return VET_OK;
}


/*
 * Names are plain, so that they stand in a rule file as they are, where
 * vet_list_names finds them.
 */

static int
vet_list_good(vet_str_t name)
{
    size_t  i;

    for (i = 0; i < name.len; i++) {
        if (!vet_list_is_name(name.data[i])) {
            return 0;
        }
    }

    return name.len <= VET_LIST_NAME;
}


static int
vet_list_is_name(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9')
           || c == '.' || c == '_' || c == '-' || c == '/';
}


/* A name is relative to the folder of the file that has it. */

static char *
vet_list_path(vet_pool_t *pool, const char *file, vet_str_t name)
{
    char        *path;
    size_t       len;
    const char  *slash;

    slash = (name.data[0] == '/') ? NULL : strrchr(file, '/');
    len = (slash == NULL) ? 0 : (size_t) (slash - file) + 1;

    path = vet_palloc(pool, len + name.len + 1);
    if (path == NULL) {
        return NULL;
    }

    memcpy(path, file, len);
    memcpy(path + len, name.data, name.len);
    path[len + name.len] = '\0';

    return path;
}


static int
vet_list_lines(vet_lines_t *l)
{
    int        rc, result;
    size_t     i, end;
    vet_str_t  line;

    result = VET_OK;
    i = 0;

    /* some editors begin a file with a byte order mark */

    if (l->data.len >= 3 && memcmp(l->data.data, "\xef\xbb\xbf", 3) == 0) {
        i = 3;
    }

    for ( /* void */ ; i < l->data.len; i = end + 1) {
        for (end = i; end < l->data.len && l->data.data[end] != '\n'; end++) {
            /* void */
        }

        line.data = l->data.data + i;
        line.len = end - i;
        l->place.line++;
        l->place.column = 1;

        rc = vet_list_line(l, line);

        if (rc == VET_ERROR) {
            return VET_ERROR;
        }

        result = (rc == VET_OK) ? result : rc;
    }

    return result;
}


static int
vet_list_line(vet_lines_t *l, vet_str_t line)
{
    size_t         bad;
    vet_phrase_t  *phrase;

    while (line.len != 0 && strchr(" \t\r", line.data[line.len - 1]) != NULL
           && line.data[line.len - 1] != '\0')
    {
        line.len--;
    }

    while (line.len != 0 && (line.data[0] == ' ' || line.data[0] == '\t')) {
        line.data++;
        line.len--;
        l->place.column++;
    }

    bad = vet_list_bad(line);

    if (bad != line.len) {
        l->place.column += bad;
        vet_rule_error(l->errors, &l->place, "byte 0x%02x is no text, "
                       "expected UTF-8 without control characters",
                       line.data[bad]);
        return VET_DECLINED;
    }

    if (line.len == 0 || line.data[0] == '#') {
        return VET_OK;
    }

    phrase = vet_list_push(&l->lines);
    if (phrase == NULL) {
        return VET_ERROR;
    }

    phrase->text = line;
    phrase->place = l->place;

    return VET_OK;
}


/* Returns the place of the first byte that is no text, or the length. */

static size_t
vet_list_bad(vet_str_t line)
{
    size_t    i, n;
    uint32_t  cp;

    for (i = 0; i < line.len; i += n) {
        n = vet_uni_read(line.data + i, line.len - i, &cp);

        if ((n == 1 && cp >= 0x80) || cp == 0x7f || (cp < 0x20 && cp != '\t'))
        {
            return i;
        }
    }

    return line.len;
}


/*
 * Looks for "file:" rather than reading YAML: a name too many does no harm to
 * a signature.
 */

int
vet_list_names(vet_list_t *files, const char *file, vet_str_t data)
{
    size_t            i, start;
    vet_str_t         name;
    vet_rule_path_t  *path;

    for (i = 0; i + 4 < data.len; i++) {
        if (memcmp(data.data + i, "file", 4) != 0) {
            continue;
        }

        start = vet_list_value(data, i + 4);
        name.data = data.data + start;
        name.len = 0;

        while (start + name.len < data.len
               && vet_list_is_name(name.data[name.len]))
        {
            name.len++;
        }

        if (start == i + 4 || name.len == 0 || name.len > VET_LIST_NAME) {
            continue;
        }

        path = vet_list_push(files);
        if (path == NULL) {
            return VET_ERROR;
        }

        path->path = vet_list_path(files->pool, file, name);
        if (path->path == NULL) {
            return VET_ERROR;
        }

        i = start + name.len - 1;
    }

    return VET_OK;
}


/* Returns the place behind ":" and what may stand before a name, or i. */

static size_t
vet_list_value(vet_str_t data, size_t i)
{
    size_t  start;

    start = i;

    while (i < data.len && data.data[i] != '\0'
           && strchr("\"' \t", data.data[i]) != NULL)
    {
        i++;
    }

    if (i == data.len || data.data[i] != ':') {
        return start;
    }

    i++;

    while (i < data.len && data.data[i] != '\0'
           && strchr("\"' \t\r\n", data.data[i]) != NULL)
    {
        i++;
    }

    return i;
}
