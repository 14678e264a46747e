
/*
 * Copyright (C) the moderate authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "seeds.h"


#define SEEDS_MAX  4096     /* bytes of one; longer ones only slow down */


static void seeds_charset(const char *type, vet_str_t body);
static void seeds_write(const char *target, const char *head, const void *data,
    size_t len);


void
seeds_body(const char *type, vet_str_t body)
{
    char         head[512];
    const char  *boundary;

    if (type == NULL) {
        seeds_write("content_type", "0\n\n", body.data, body.len);
        return;
    }

    (void) snprintf(head, sizeof(head), "1%s\n\n", type);

    seeds_write("content_type", head, body.data, body.len);
    seeds_write("record", head, body.data, body.len);
    seeds_write("judge", head, body.data, body.len);

    seeds_charset(type, body);

    boundary = strstr(type, "boundary=");

    if (boundary != NULL) {
        (void) snprintf(head, sizeof(head), "%s\n", boundary + 9);
        seeds_write("multipart", head, body.data, body.len);

    } else if (strstr(type, "json") != NULL) {
        seeds_write("json", "", body.data, body.len);

    } else if (strstr(type, "urlencoded") != NULL) {
        seeds_write("urlencoded", "", body.data, body.len);
    }
}


/* A form, or parts between "b", with what is declared of it. */

static void
seeds_charset(const char *type, vet_str_t body)
{
    char         head[512];
    const char  *set;

    set = strstr(type, "charset=");

    if (set == NULL && strstr(type, "boundary=b") == NULL) {
        return;
    }

    (void) snprintf(head, sizeof(head), "%s\n", (set == NULL) ? "" : set + 8);

    seeds_write("charset", head, body.data, body.len);
}


void
seeds_rules(const char *data, size_t len)
{
    seeds_write("rules", "", data, len);
}


/* The name is made of the bytes, so that the same ones are one file. */

static void
seeds_write(const char *target, const char *head, const void *data, size_t len)
{
    FILE           *file;
    char            path[1024];
    size_t          i;
    uint64_t        hash;
    const char     *folder;

    folder = getenv("SEEDS");

    if (folder == NULL || len > SEEDS_MAX) {
        return;
    }

    hash = 0xcbf29ce484222325u;

    for (i = 0; i < len; i++) {
        hash = (hash ^ ((const unsigned char *) data)[i]) * 0x100000001b3u;
    }

    for (i = 0; head[i] != '\0'; i++) {
        hash = (hash ^ (unsigned char) head[i]) * 0x100000001b3u;
    }

    (void) snprintf(path, sizeof(path), "%s/%s", folder, target);
    (void) mkdir(path, 0755);

    (void) snprintf(path, sizeof(path), "%s/%s/%016llx", folder, target,
                    (unsigned long long) hash);

    file = fopen(path, "wb");

    if (file == NULL) {
        perror(path);
        exit(2);
    }

    fputs(head, file);
    (void) fwrite(data, 1, len, file);
    fclose(file);
}
