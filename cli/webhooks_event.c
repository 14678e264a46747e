
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl webhooks: what a receiver is told, and the signature.  It is no
 * more than codes and an id: what somebody wrote, and who decided, stay here.
 */


#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "webhooks.h"


#define WEBHOOKS_CODE_LEN  64


static webhooks_kind_t webhooks_event_kind(const json_t *event);
static int webhooks_event_id(webhooks_target_t *target, const char *site,
    const json_t *event);
static json_t *webhooks_code(const json_t *event, const char *name);


const char *const  webhooks_kinds[] = {
    "held", "decided", "undone", "delivered", "failed", "unknown", "appealed",
    "overdue", "removed", NULL
};

/* as the log calls them */

static const struct {
    const char             *event;
    webhooks_kind_t         kind;
} webhooks_of_log[] = {
    { "held", WEBHOOKS_HELD },
    { "approve", WEBHOOKS_DECIDED },
    { "reject", WEBHOOKS_DECIDED },
    { "undo", WEBHOOKS_UNDONE },
    { "delivered", WEBHOOKS_DELIVERED },
    { "failed", WEBHOOKS_FAILED },
    { "unknown", WEBHOOKS_UNKNOWN },
    { "appeal", WEBHOOKS_APPEALED },
    { "overdue", WEBHOOKS_OVERDUE },
    { "erase", WEBHOOKS_REMOVED },
    { "remove", WEBHOOKS_REMOVED },
    { NULL, WEBHOOKS_NONE }
};


webhooks_kind_t
webhooks_kind(const char *name)
{
    int  kind;

    for (kind = 0; kind < WEBHOOKS_NONE; kind++) {
        if (strcmp(webhooks_kinds[kind], name) == 0) {
            break;
        }
    }

    return (webhooks_kind_t) kind;
}


int
webhooks_event(webhooks_target_t *target, const char *site,
    const json_t *event)
{
    int              overdue;
    json_t          *body, *id;
    const char      *name;
    webhooks_kind_t  kind;

    target->body = NULL;

    name = json_string_value(json_object_get(event, "seq"));
    snprintf(target->seq, sizeof(target->seq), "%s", name);

    kind = webhooks_event_kind(event);
    id = json_object_get(event, "id");

    if (kind == WEBHOOKS_NONE || !(target->kinds & 1U << kind)
        || !json_is_string(id))
    {
        return MODERATECTL_OK;
    }

    if (webhooks_event_id(target, site, event) != MODERATECTL_OK) {
        return MODERATECTL_TROUBLE;
    }

    overdue = kind == WEBHOOKS_OVERDUE;
    name = json_string_value(json_object_get(event, "event"));

    body = json_pack("{s:s, s:s, s:s, s:s, s:O, s:o, s:o, s:o}",
                     "event_id", target->id,
                     "seq", target->seq,
                     "site", site,
                     "event", webhooks_kinds[kind],
                     "id", id,
                     "state", webhooks_code(event, "to"),
                     "time", webhooks_code(event, "time"),
                     "reason", strcmp(name, "reject") == 0
                               ? webhooks_code(event, "detail")
                               : json_null());

    if (body != NULL && overdue) {
        json_object_set_new(body, "category", webhooks_code(event, "detail"));
    }

    if (body != NULL) {
        target->body = json_dumps(body, JSON_COMPACT | JSON_ENSURE_ASCII);
    }

    json_decref(body);

    return (target->body != NULL) ? MODERATECTL_OK : moderatectl_no_memory();
}


/* what a crash left unknown is unknown to receivers too */

static webhooks_kind_t
webhooks_event_kind(const json_t *event)
{
    size_t       i;
    const char  *name, *to;

    name = json_string_value(json_object_get(event, "event"));
    to = json_string_value(json_object_get(event, "to"));

    if (name == NULL) {
        return WEBHOOKS_NONE;
    }

    if (strcmp(name, "recover") == 0 && to != NULL
        && strcmp(to, "unknown") == 0)
    {
        return WEBHOOKS_UNKNOWN;
    }

    for (i = 0; webhooks_of_log[i].event != NULL; i++) {
        if (strcmp(webhooks_of_log[i].event, name) == 0) {
            break;
        }
    }

    return webhooks_of_log[i].kind;
}


/*
 * An event that nginx added twice has the same mac, and so the same id.  The
 * mac itself is not given away.
 */

static int
webhooks_event_id(webhooks_target_t *target, const char *site,
    const json_t *event)
{
    int             len;
    char            text[1024];
    unsigned        n;
    const char     *mac;
    unsigned char   digest[EVP_MAX_MD_SIZE], hex[2 * VET_MAC_LEN];

    mac = json_string_value(json_object_get(event, "mac"));

    len = snprintf(text, sizeof(text), "%s %s", site,
                   mac != NULL ? mac : target->seq);

    if (len < 0 || (size_t) len >= sizeof(text)
        || EVP_Digest(text, (size_t) len, digest, &n, EVP_sha256(), NULL) != 1)
    {
        fprintf(stderr, "moderatectl: event %s has no id\n", target->seq);
        return MODERATECTL_TROUBLE;
    }

    vet_mac_hex(digest, hex);
    memcpy(target->id, hex, WEBHOOKS_ID_LEN);
    target->id[WEBHOOKS_ID_LEN] = '\0';

    return MODERATECTL_OK;
}


/* codes, states and times; anything else is none of them and is not told */

static json_t *
webhooks_code(const json_t *event, const char *name)
{
    size_t       len;
    const char  *value;

    value = json_string_value(json_object_get(event, name));

    if (value == NULL) {
        return json_null();
    }

    len = strspn(value, "abcdefghijklmnopqrstuvwxyzTZ0123456789-_.:");

    if (len == 0 || len > WEBHOOKS_CODE_LEN || value[len] != '\0') {
        return json_null();
    }

    return json_string(value);
}


int
webhooks_sign(const webhooks_target_t *target, long long time,
    char *signature)
{
    char            number[32];
    size_t          i, len, body;
    unsigned        n;
    unsigned char  *text, digest[EVP_MAX_MD_SIZE], hex[2 * VET_MAC_LEN];

    len = (size_t) snprintf(number, sizeof(number), "%lld.", time);
    body = strlen(target->body);
    text = malloc(len + body);

    if (text == NULL) {
        return moderatectl_no_memory();
    }

    memcpy(text, number, len);
    memcpy(text + len, target->body, body);

    signature += sprintf(signature, "t=%lld", time);

    for (i = 0; i < target->nkeys; i++) {

        if (HMAC(EVP_sha256(), target->keys[i].data,
                 (int) target->keys[i].len, text, len + body, digest, &n)
            == NULL)
        {
            free(text);
            return moderatectl_no_memory();
        }

        vet_mac_hex(digest, hex);
        signature += sprintf(signature, ",v1=%.*s", 2 * VET_MAC_LEN,
                             (char *) hex);
    }

    free(text);

    return MODERATECTL_OK;
}
