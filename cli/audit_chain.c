
/*
 * Copyright (C) the moderate authors
 *
 * The chain of the audit log, compared with what was sealed.
 */


#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit.h"


#define MODERATECTL_FIELDS_MAX   40
#define MODERATECTL_NUMBER_LEN   24


/* the strings of an event, as Redis has them */

typedef struct {
    size_t                  n;
    vet_str_t               parts[MODERATECTL_FIELDS_MAX + 3];
    char                    numbers[MODERATECTL_FIELDS_MAX]
                                   [MODERATECTL_NUMBER_LEN];
} moderatectl_fields_t;


static int moderatectl_chain_first(moderatectl_chain_t *chain);
static int moderatectl_chain_passed(moderatectl_chain_t *chain);
static int moderatectl_chain_sealed(moderatectl_chain_t *chain);
static void moderatectl_chain_resume(moderatectl_chain_t *chain,
    const moderatectl_seal_t *seal);
static int moderatectl_chain_fields(const json_t *event,
    moderatectl_fields_t *fields);
static int moderatectl_chain_time(const char *s, char *text);
static int moderatectl_chain_mac(moderatectl_chain_t *chain,
    const moderatectl_fields_t *fields);
static int moderatectl_chain_seen(moderatectl_chain_t *chain,
    const json_t *event);


int
moderatectl_chain_event(moderatectl_chain_t *chain, const json_t *event)
{
    int                    rc;
    const char            *seq;
    moderatectl_fields_t   fields;

    seq = json_string_value(json_object_get(event, "seq"));

    if (seq == NULL || moderatectl_seq_read(seq, &chain->last) != 0
        || moderatectl_chain_fields(event, &fields) != 0)
    {
        fprintf(stderr, "moderatectl: the API gave what is no event\n");
        return MODERATECTL_TROUBLE;
    }

    if ((chain->events++ == 0 && moderatectl_chain_first(chain) != 0)
        || moderatectl_chain_passed(chain) != 0
        || moderatectl_chain_seen(chain, event) != 0
        || moderatectl_chain_mac(chain, &fields) != 0)
    {
        return moderatectl_no_memory();
    }

    fields.parts[0] = moderatectl_str("head");
    fields.parts[1].data = chain->head;
    fields.parts[1].len = VET_MAC_LEN;
    fields.parts[2] = moderatectl_str(seq);

    rc = vet_mac(chain->key, fields.parts, 3 + fields.n, chain->head);

    if (rc == VET_ERROR) {
        return moderatectl_no_memory();
    }

    chain->count++;

    return (moderatectl_chain_sealed(chain) == 0) ? MODERATECTL_OK
                                                  : moderatectl_no_memory();
}


/* what was sealed before the first event that is there */

static int
moderatectl_chain_first(moderatectl_chain_t *chain)
{
    const moderatectl_seal_t  *seal;

    seal = NULL;

    while (chain->next < chain->nseals
           && moderatectl_seq_order(&chain->seals[chain->next].upto,
                                    &chain->last) < 0)
    {
        seal = &chain->seals[chain->next++];
    }

    if (seal == NULL) {
        return 0;
    }

    moderatectl_chain_resume(chain, seal);

    if (chain->trimmed) {
        return 0;
    }

    return moderatectl_finding(chain, "removed", seal->upto.text,
                               "the first %" PRIu64 " events are gone, which "
                               "were sealed up to %s", seal->count,
                               seal->upto.text);
}


/* a sealed event is not there, when one behind it is */

static int
moderatectl_chain_passed(moderatectl_chain_t *chain)
{
    uint64_t                   missing;
    const moderatectl_seal_t  *seal;

    while (chain->next < chain->nseals) {
        seal = &chain->seals[chain->next];

        if (moderatectl_seq_order(&seal->upto, &chain->last) >= 0) {
            break;
        }

        missing = (seal->count > chain->count) ? seal->count - chain->count
                                               : 1;

        if (moderatectl_finding(chain, "removed", seal->upto.text,
                                "%" PRIu64 " of the events up to %s are gone",
                                missing, seal->upto.text) != 0)
        {
            return -1;
        }

        moderatectl_chain_resume(chain, seal);
        chain->next++;
    }

    return 0;
}


static int
moderatectl_chain_sealed(moderatectl_chain_t *chain)
{
    int                        rc;
    char                       since[MODERATECTL_SEQ_LEN + 16];
    const moderatectl_seal_t  *seal;

    rc = 0;

    while (rc == 0 && chain->next < chain->nseals) {
        seal = &chain->seals[chain->next];

        if (moderatectl_seq_order(&seal->upto, &chain->last) != 0) {
            break;
        }

        snprintf(since, sizeof(since), "event %" PRIu64, chain->sealed + 1);

        if (chain->trimmed && chain->events == chain->count - chain->sealed
            && seal->count >= chain->count)
        {
            /* what was before the first of them may be gone */

        } else if (seal->count > chain->count) {
            rc = moderatectl_finding(chain, "removed", seal->upto.text,
                                     "%" PRIu64 " events between %s and %s "
                                     "are gone", seal->count - chain->count,
                                     since, seal->upto.text);

        } else if (seal->count < chain->count) {
            rc = moderatectl_finding(chain, "added", seal->upto.text,
                                     "%" PRIu64 " events between %s and %s "
                                     "were put in", chain->count - seal->count,
                                     since, seal->upto.text);

        } else if (memcmp(seal->head, chain->head, VET_MAC_LEN) != 0
                   && chain->edited == 0)
        {
            rc = moderatectl_finding(chain, "moved", seal->upto.text,
                                     "the events between %s and %s are not "
                                     "those, or not in the order, that were "
                                     "sealed", since, seal->upto.text);
        }

        moderatectl_chain_resume(chain, seal);
        chain->next++;
    }

    return rc;
}


/* each seal is a new beginning: what is wrong is told where it is */

static void
moderatectl_chain_resume(moderatectl_chain_t *chain,
    const moderatectl_seal_t *seal)
{
    memcpy(chain->head, seal->head, VET_MAC_LEN);

    chain->count = seal->count;
    chain->sealed = seal->count;
    chain->edited = 0;
}


int
moderatectl_chain_end(moderatectl_chain_t *chain)
{
    json_t                    *what;
    const char                *mac;
    const moderatectl_seal_t  *seal;

    if (chain->nseals == 0
        && moderatectl_finding(chain, "unsealed", NULL, "no event of \"%s\" "
                               "was sealed in this file", chain->site) != 0)
    {
        return moderatectl_no_memory();
    }

    if (chain->next < chain->nseals) {
        seal = &chain->seals[chain->nseals - 1];

        if (moderatectl_finding(chain, "cut", seal->upto.text,
                                "the last %" PRIu64 " events are gone, which "
                                "were sealed up to %s",
                                seal->count > chain->count
                                ? seal->count - chain->count : 1,
                                seal->upto.text) != 0)
        {
            return moderatectl_no_memory();
        }

        moderatectl_chain_resume(chain, seal);
    }

    json_object_foreach(chain->late, mac, what) {

        if (json_object_get(chain->seen, mac) == NULL
            && moderatectl_finding(chain, "refused", NULL, "%s was done, but "
                                   "Redis has not taken it yet",
                                   json_string_value(what)) != 0)
        {
            return moderatectl_no_memory();
        }
    }

    return MODERATECTL_OK;
}


static int
moderatectl_chain_fields(const json_t *event, moderatectl_fields_t *fields)
{
    char        *number;
    json_t      *value;
    vet_str_t   *part;
    const char  *name;

    fields->n = 0;

    json_object_foreach((json_t *) event, name, value) {

        if (strcmp(name, "seq") == 0) {
            continue;
        }

        if (fields->n + 2 > MODERATECTL_FIELDS_MAX) {
            return -1;
        }

        number = fields->numbers[fields->n];
        part = &fields->parts[3 + fields->n];
        fields->n += 2;

        part[0] = moderatectl_str(name);
        part[1] = moderatectl_str("");

        if (json_is_integer(value)) {
            snprintf(number, MODERATECTL_NUMBER_LEN,
                     "%" JSON_INTEGER_FORMAT, json_integer_value(value));
            part[1] = moderatectl_str(number);

        } else if (json_is_string(value)) {
            part[1].data = (const unsigned char *) json_string_value(value);
            part[1].len = json_string_length(value);

            if (strcmp(name, "time") == 0
                && moderatectl_chain_time(json_string_value(value), number)
                   == 0)
            {
                part[1] = moderatectl_str(number);
            }
        }
    }

    return 0;
}


/* "2026-11-21T20:24:56.123Z" as the milliseconds that Redis has */

static int
moderatectl_chain_time(const char *s, char *text)
{
    int        ms;
    char       end;
    struct tm  tm;

    memset(&tm, 0, sizeof(struct tm));

    if (sscanf(s, "%4d-%2d-%2dT%2d:%2d:%2d.%3d%c", &tm.tm_year, &tm.tm_mon,
               &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &ms, &end)
        != 8 || end != 'Z')
    {
        return -1;
    }

    tm.tm_year -= 1900;
    tm.tm_mon--;

    snprintf(text, MODERATECTL_NUMBER_LEN, "%lld%03d",
             (long long) timegm(&tm), ms % 1000);

    return 0;
}


/* its own mac, which is the last: it was made by one who has the secret */

static int
moderatectl_chain_mac(moderatectl_chain_t *chain,
    const moderatectl_fields_t *fields)
{
    size_t            n;
    vet_str_t         parts[MODERATECTL_FIELDS_MAX + 2];
    const vet_str_t  *last;
    unsigned char     mac[VET_MAC_LEN], said[VET_MAC_LEN];

    n = (fields->n >= 2) ? fields->n - 2 : 0;
    last = &fields->parts[3 + n];

    parts[0] = moderatectl_str("event");
    parts[1] = moderatectl_str(chain->site);
    memcpy(&parts[2], &fields->parts[3], n * sizeof(vet_str_t));

    if (fields->n >= 2 && last[0].len == 3
        && memcmp(last[0].data, "mac", 3) == 0
        && vet_mac_read(last[1], said) == VET_OK)
    {
        if (vet_mac(chain->key, parts, n + 2, mac) != VET_OK) {
            return -1;
        }

        if (memcmp(mac, said, VET_MAC_LEN) == 0) {
            return 0;
        }
    }

    chain->edited++;

    return moderatectl_finding(chain, "edited", chain->last.text,
                               "event %s was changed or made up",
                               chain->last.text);
}


static int
moderatectl_chain_seen(moderatectl_chain_t *chain, const json_t *event)
{
    const char  *mac;

    mac = json_string_value(json_object_get(event, "mac"));

    if (mac == NULL) {
        return 0;
    }

    if (chain->seen == NULL) {
        chain->seen = json_object();
    }

    if (json_object_get(chain->seen, mac) != NULL) {
        chain->repeated++;
        return 0;
    }

    return json_object_set_new(chain->seen, mac, json_true());
}


void
moderatectl_chain_destroy(moderatectl_chain_t *chain)
{
    free(chain->seals);
    json_decref(chain->late);
    json_decref(chain->seen);
    json_decref(chain->findings);
}


int
moderatectl_finding(moderatectl_chain_t *chain, const char *kind,
    const char *seq, const char *fmt, ...)
{
    char     text[512];
    va_list  args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    return json_array_append_new(chain->findings,
                                 json_pack("{s:s, s:s?, s:s}", "kind", kind,
                                           "seq", seq, "message", text));
}


int
moderatectl_seq_read(const char *s, moderatectl_seq_t *seq)
{
    char    end;
    size_t  len;

    len = strlen(s);

    if (len >= sizeof(seq->text)
        || sscanf(s, "%" SCNu64 "-%" SCNu64 "%c", &seq->ms, &seq->n, &end)
           != 2)
    {
        return -1;
    }

    memcpy(seq->text, s, len + 1);

    return 0;
}


int
moderatectl_seq_order(const moderatectl_seq_t *one,
    const moderatectl_seq_t *two)
{
    if (one->ms != two->ms) {
        return (one->ms > two->ms) ? 1 : -1;
    }

    return (one->n > two->n) - (one->n < two->n);
}
