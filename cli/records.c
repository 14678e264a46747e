
/*
 * Copyright (C) the moderate authors
 *
 * JSON Lines: texts to be judged, one a line.
 */


#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moderatectl.h"


static int records_read(const char *file, FILE *f,
    moderatectl_record_pt handler, void *data);
static int records_line(moderatectl_record_t *record, const char *line,
    size_t len, moderatectl_record_pt handler, void *data);
static int records_blank(const char *line, size_t len);
static int records_check(const moderatectl_record_t *record);
static int records_problem(const moderatectl_record_t *record,
    const char *name, const char *what);


int
moderatectl_records(const char *file, moderatectl_record_pt handler,
    void *data)
{
    int    rc;
    FILE  *f;

    if (strcmp(file, "-") == 0) {
        return records_read("standard input", stdin, handler, data);
    }

    f = fopen(file, "rb");
    if (f == NULL) {
        fprintf(stderr, "moderatectl: ");
        moderatectl_print_str(stderr, moderatectl_str(file));
        fprintf(stderr, ": %s\n", strerror(errno));
        return MODERATECTL_TROUBLE;
    }

    rc = records_read(file, f, handler, data);
    fclose(f);

    return rc;
}


static int
records_read(const char *file, FILE *f, moderatectl_record_pt handler,
    void *data)
{
    int                    rc;
    char                  *line;
    size_t                 size;
    ssize_t                len;
    moderatectl_record_t   record;

    rc = MODERATECTL_OK;
    line = NULL;
    size = 0;
    record.file = file;
    record.line = 0;

    while (rc == MODERATECTL_OK) {

        errno = 0;
        len = getline(&line, &size, f);

        if (len < 0) {
            break;
        }

        record.line++;

        if (!records_blank(line, (size_t) len)) {
            rc = records_line(&record, line, (size_t) len, handler, data);
        }
    }

    if (rc == MODERATECTL_OK && !feof(f)) {
        moderatectl_record_place(&record);
        fprintf(stderr, "%s\n", strerror(errno ? errno : EIO));
        rc = MODERATECTL_TROUBLE;
    }

    free(line);

    return rc;
}


static int
records_line(moderatectl_record_t *record, const char *line, size_t len,
    moderatectl_record_pt handler, void *data)
{
    int           rc;
    json_error_t  error;

    record->object = json_loadb(line, len, JSON_ALLOW_NUL
                                           | JSON_REJECT_DUPLICATES, &error);

    if (record->object == NULL) {
        moderatectl_record_place(record);
        moderatectl_print_str(stderr, moderatectl_str(error.text));
        fprintf(stderr, ", expected a JSON object\n");
        return MODERATECTL_TROUBLE;
    }

    rc = records_check(record);

    if (rc == MODERATECTL_OK) {
        rc = handler(data, record);
    }

    json_decref(record->object);

    return rc;
}


static int
records_blank(const char *line, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (strchr(" \t\r\n", line[i]) == NULL || line[i] == '\0') {
            return 0;
        }
    }

    return 1;
}


static int
records_check(const moderatectl_record_t *record)
{
    int            role, texts;
    const char    *name;
    const json_t  *value;

    texts = 0;

    if (!json_is_object(record->object)) {
        return records_problem(record, NULL, "not an object, expected one "
                               "with \"text\"");
    }

    for (role = 0; role < VET_ROLE_IGNORE; role++) {
        name = vet_role_name((vet_role_t) role);
        value = json_object_get(record->object, name);

        if (json_is_string(value)) {
            texts++;

        } else if (value != NULL && !json_is_null(value)) {
            return records_problem(record, name, "expected text");
        }
    }

    if (texts == 0) {
        return records_problem(record, NULL, "nothing to judge, expected "
                               "\"text\"");
    }

    return MODERATECTL_OK;
}


static int
records_problem(const moderatectl_record_t *record, const char *name,
    const char *what)
{
    moderatectl_record_place(record);

    if (name != NULL) {
        fprintf(stderr, "\"%s\": ", name);
    }

    fprintf(stderr, "%s\n", what);

    return MODERATECTL_TROUBLE;
}


const char *
moderatectl_record_name(const moderatectl_record_t *record, const char *name)
{
    char     number[32];
    json_t  *value;

    value = json_object_get(record->object, name);

    if (json_is_integer(value)) {
        (void) snprintf(number, sizeof(number), "%lld",
                        (long long) json_integer_value(value));

        if (json_object_set_new(record->object, name, json_string(number))
            != 0)
        {
            return "";
        }

        value = json_object_get(record->object, name);
    }

    if (!json_is_string(value)
        || strlen(json_string_value(value)) != json_string_length(value))
    {
        return "";
    }

    return json_string_value(value);
}


void
moderatectl_record_place(const moderatectl_record_t *record)
{
    moderatectl_print_str(stderr, moderatectl_str(record->file));
    fprintf(stderr, ":%zu: ", record->line);
}
