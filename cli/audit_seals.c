
/*
 * Copyright (C) the moderate authors
 *
 * The file of moderate_audit_file: heads of chains, and events that Redis
 * refused.
 */


#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"


#define MODERATECTL_LINE_LEN     8192
#define MODERATECTL_PARTS_MAX    32


/* a line, taken apart: name, value, name, value; values decoded */

typedef struct {
    size_t                  n;
    char                   *parts[MODERATECTL_PARTS_MAX];
} moderatectl_line_t;


static int moderatectl_seals_line(moderatectl_chain_t *chain, char *text,
    const char *name, size_t number);
static int moderatectl_line_split(char *text, moderatectl_line_t *line);
static void moderatectl_line_decode(char *s);
static const char *moderatectl_line_value(const moderatectl_line_t *line,
    const char *name);
static int moderatectl_line_signed(const moderatectl_chain_t *chain,
    const moderatectl_line_t *line, const char *kind);
static int moderatectl_seals_add(moderatectl_chain_t *chain,
    const moderatectl_line_t *line);
static int moderatectl_late_add(moderatectl_chain_t *chain,
    const moderatectl_line_t *line);
static int moderatectl_seal_order(const void *one, const void *two);


int
moderatectl_seals_read(moderatectl_chain_t *chain, const char *name)
{
    int      rc;
    FILE    *file;
    char     text[MODERATECTL_LINE_LEN];
    size_t   number;

    file = fopen(name, "r");

    if (file == NULL) {
        fprintf(stderr, "moderatectl: cannot open \"%s\": %s\n", name,
                strerror(errno));
        return MODERATECTL_TROUBLE;
    }

    rc = MODERATECTL_OK;

    for (number = 1; rc == MODERATECTL_OK; number++) {

        if (fgets(text, sizeof(text), file) == NULL) {
            break;
        }

        rc = moderatectl_seals_line(chain, text, name, number);
    }

    if (rc == MODERATECTL_OK && ferror(file)) {
        fprintf(stderr, "moderatectl: cannot read \"%s\"\n", name);
        rc = MODERATECTL_TROUBLE;
    }

    fclose(file);

    if (chain->nseals != 0) {
        qsort(chain->seals, chain->nseals, sizeof(moderatectl_seal_t),
              moderatectl_seal_order);
    }

    return rc;
}


static int
moderatectl_seals_line(moderatectl_chain_t *chain, char *text,
    const char *name, size_t number)
{
    int                  rc, late;
    size_t               len;
    const char          *site;
    moderatectl_line_t   line;

    len = strlen(text);
    late = (strncmp(text, "late ", 5) == 0);

    if (len == 0 || text[len - 1] != '\n'
        || (!late && strncmp(text, "seal ", 5) != 0))
    {
        goto unknown;
    }

    text[len - 1] = '\0';

    if (moderatectl_line_split(text + 5, &line) != 0) {
        goto unknown;
    }

    site = moderatectl_line_value(&line, "site");

    if (site != NULL && strcmp(site, chain->site) != 0) {
        return MODERATECTL_OK;
    }

    rc = moderatectl_line_signed(chain, &line, late ? "event" : "seal");

    if (rc == VET_ERROR) {
        return moderatectl_no_memory();
    }

    if (site == NULL || rc != VET_OK) {
        goto unknown;
    }

    rc = late ? moderatectl_late_add(chain, &line)
              : moderatectl_seals_add(chain, &line);

    if (rc == VET_DECLINED) {
        goto unknown;
    }

    return (rc == VET_OK) ? MODERATECTL_OK : moderatectl_no_memory();

unknown:

    if (moderatectl_finding(chain, "file", NULL, "line %zu of \"%s\" was not "
                            "written with this secret", number, name) != 0)
    {
        return moderatectl_no_memory();
    }

    return MODERATECTL_OK;
}


static int
moderatectl_line_split(char *text, moderatectl_line_t *line)
{
    char  *p, *next, *value;

    line->n = 0;

    for (p = text; p != NULL; p = next) {

        next = strchr(p, ' ');

        if (next != NULL) {
            *next++ = '\0';
        }

        value = strchr(p, '=');

        if (value == NULL || line->n + 2 > MODERATECTL_PARTS_MAX) {
            return -1;
        }

        *value++ = '\0';
        moderatectl_line_decode(value);

        line->parts[line->n++] = p;
        line->parts[line->n++] = value;
    }

    return 0;
}


/* a NUL in it would end it: such a line is not one that was signed */

static void
moderatectl_line_decode(char *s)
{
    char      hex[3], *p;
    unsigned  c;

    for (p = s; *s != '\0'; p++) {

        if (s[0] == '%' && s[1] != '\0' && s[2] != '\0') {
            hex[0] = s[1];
            hex[1] = s[2];
            hex[2] = '\0';

            c = (unsigned) strtoul(hex, NULL, 16);
            *p = (char) c;
            s += 3;
            continue;
        }

        *p = *s++;
    }

    *p = '\0';
}


static const char *
moderatectl_line_value(const moderatectl_line_t *line, const char *name)
{
    size_t  i;

    for (i = 0; i < line->n; i += 2) {
        if (strcmp(line->parts[i], name) == 0) {
            return line->parts[i + 1];
        }
    }

    return NULL;
}


/*
 * The mac, which is the last, is over the values of a seal; over the site and
 * then names and values of an event.
 */

static int
moderatectl_line_signed(const moderatectl_chain_t *chain,
    const moderatectl_line_t *line, const char *kind)
{
    int            rc, event;
    size_t         i, n;
    vet_str_t      parts[MODERATECTL_PARTS_MAX + 1];
    unsigned char  mac[VET_MAC_LEN], said[VET_MAC_LEN];

    if (line->n < 4 || strcmp(line->parts[line->n - 2], "mac") != 0
        || vet_mac_read(moderatectl_str(line->parts[line->n - 1]), said)
           != VET_OK)
    {
        return VET_DECLINED;
    }

    event = (strcmp(kind, "event") == 0);

    parts[0] = moderatectl_str(kind);
    parts[1] = moderatectl_str(line->parts[1]);
    n = 2;

    for (i = 2; i < line->n - 2; i += 2) {

        if (event) {
            parts[n++] = moderatectl_str(line->parts[i]);
        }

        parts[n++] = moderatectl_str(line->parts[i + 1]);
    }

    rc = vet_mac(chain->key, parts, n, mac);

    if (rc != VET_OK) {
        return rc;
    }

    return (memcmp(mac, said, VET_MAC_LEN) == 0) ? VET_OK : VET_DECLINED;
}


static int
moderatectl_seals_add(moderatectl_chain_t *chain,
    const moderatectl_line_t *line)
{
    const char          *upto, *count, *head;
    moderatectl_seal_t  *seal;

    upto = moderatectl_line_value(line, "upto");
    count = moderatectl_line_value(line, "count");
    head = moderatectl_line_value(line, "head");

    if (chain->nseals % 1024 == 0) {
        seal = realloc(chain->seals, (chain->nseals + 1024)
                                     * sizeof(moderatectl_seal_t));
        if (seal == NULL) {
            return VET_ERROR;
        }

        chain->seals = seal;
    }

    seal = &chain->seals[chain->nseals];

    if (upto == NULL || count == NULL || head == NULL
        || moderatectl_seq_read(upto, &seal->upto) != 0
        || vet_mac_read(moderatectl_str(head), seal->head) != VET_OK)
    {
        return VET_DECLINED;
    }

    seal->count = strtoull(count, NULL, 10);
    chain->nseals++;

    return VET_OK;
}


static int
moderatectl_late_add(moderatectl_chain_t *chain,
    const moderatectl_line_t *line)
{
    int      rc;
    json_t  *what;

    if (chain->late == NULL) {
        chain->late = json_object();
    }

    what = json_sprintf("%s of %s by %s",
                        moderatectl_line_value(line, "event"),
                        moderatectl_line_value(line, "id"),
                        moderatectl_line_value(line, "actor"));

    rc = json_object_set_new(chain->late, line->parts[line->n - 1], what);

    return (rc == 0) ? VET_OK : VET_ERROR;
}


static int
moderatectl_seal_order(const void *one, const void *two)
{
    const moderatectl_seal_t  *a, *b;

    a = one;
    b = two;

    return moderatectl_seq_order(&a->upto, &b->upto);
}
