
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl audit: the log of events, and whether it is whole.
 */


#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "audit.h"


#define MODERATECTL_SECRET_MIN   32
#define MODERATECTL_SECRET_MAX   4096
#define MODERATECTL_AUDIT_PATH   128


typedef struct {
    const char             *action;
    const char             *api;
    const char             *credentials;
    const char             *secret;
    const char             *file;
    int                     trimmed;
    int                     json;
    int                     help;
} moderatectl_audit_t;


static int moderatectl_audit_options(moderatectl_audit_t *audit, int argc,
    char **argv);
static int moderatectl_audit_check(const moderatectl_audit_t *audit);
static int moderatectl_audit_key(const char *name, unsigned char *key);
static int moderatectl_audit_verify(const moderatectl_audit_t *audit,
    moderatectl_api_t *api, moderatectl_chain_t *chain);
static int moderatectl_audit_events(moderatectl_api_t *api,
    moderatectl_chain_t *chain);
static int moderatectl_audit_print(const moderatectl_audit_t *audit,
    const moderatectl_chain_t *chain);


static const struct option  moderatectl_audit_long[] = {
    { "api", required_argument, NULL, 'a' },
    { "credentials", required_argument, NULL, 'c' },
    { "secret", required_argument, NULL, 's' },
    { "file", required_argument, NULL, 'f' },
    { "trimmed", no_argument, NULL, 't' },
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
};


static const char  moderatectl_audit_usage[] =
    "usage: moderatectl audit verify --secret FILE --file FILE [--trimmed]\n"
    "       [--json]\n"
    "\n"
    "  --secret FILE       that of moderate_secret_file\n"
    "  --file FILE         that of moderate_audit_file\n"
    "  --trimmed           the oldest events were removed on purpose\n"
    "  --api URL           where the moderation API is, or MODERATE_API\n"
    "  --credentials FILE  with user:password, or MODERATE_CREDENTIALS\n"
    "\n"
    "Exits with 0 when the log is whole, 1 when something was changed, added,\n"
    "moved, removed or cut off, 2 for a wrong command line, 3 when the API or\n"
    "a file cannot be read.\n";


int
moderatectl_audit(int argc, char **argv)
{
    int                   rc;
    moderatectl_api_t    *api;
    moderatectl_chain_t   chain;
    moderatectl_audit_t   audit;

    memset(&audit, 0, sizeof(moderatectl_audit_t));
    memset(&chain, 0, sizeof(moderatectl_chain_t));

    audit.api = getenv("MODERATE_API");
    audit.credentials = getenv("MODERATE_CREDENTIALS");

    rc = moderatectl_audit_options(&audit, argc, argv);

    if (audit.help) {
        fputs(moderatectl_audit_usage, stdout);
        return MODERATECTL_OK;
    }

    if (rc == MODERATECTL_OK) {
        rc = moderatectl_audit_check(&audit);
    }

    if (rc != MODERATECTL_OK) {
        fprintf(stderr, "\"moderatectl audit --help\" tells more\n");
        return rc;
    }

    rc = moderatectl_audit_key(audit.secret, chain.key);

    if (rc != MODERATECTL_OK) {
        return rc;
    }

    api = moderatectl_api_create(audit.api, audit.credentials);

    if (api == NULL) {
        return MODERATECTL_USAGE;
    }

    rc = moderatectl_audit_verify(&audit, api, &chain);

    moderatectl_chain_destroy(&chain);
    moderatectl_api_destroy(api);
    OPENSSL_cleanse(chain.key, sizeof(chain.key));

    return rc;
}


static int
moderatectl_audit_options(moderatectl_audit_t *audit, int argc, char **argv)
{
    int  c;

    for ( ;; ) {
        c = getopt_long(argc, argv, "h", moderatectl_audit_long, NULL);

        switch (c) {

        case -1:
            audit->action = argv[optind];

            if (audit->action != NULL && argv[optind + 1] != NULL) {
                fprintf(stderr, "moderatectl: unexpected \"%s\"\n",
                        argv[optind + 1]);
                return MODERATECTL_USAGE;
            }

            return MODERATECTL_OK;

        case 'a':
            audit->api = optarg;
            break;

        case 'c':
            audit->credentials = optarg;
            break;

        case 's':
            audit->secret = optarg;
            break;

        case 'f':
            audit->file = optarg;
            break;

        case 't':
            audit->trimmed = 1;
            break;

        case 'j':
            audit->json = 1;
            break;

        case 'h':
            audit->help = 1;
            return MODERATECTL_OK;

        default:
            return MODERATECTL_USAGE;
        }
    }
}


static int
moderatectl_audit_check(const moderatectl_audit_t *audit)
{
    if (audit->action == NULL || strcmp(audit->action, "verify") != 0) {
        fprintf(stderr, "moderatectl: expected \"audit verify\"\n");
        return MODERATECTL_USAGE;
    }

    if (audit->secret == NULL || audit->file == NULL) {
        fprintf(stderr, "moderatectl: --secret and --file are needed\n");
        return MODERATECTL_USAGE;
    }

    if (audit->api == NULL || *audit->api == '\0') {
        fprintf(stderr, "moderatectl: where is the API? set --api URL or "
                "MODERATE_API\n");
        return MODERATECTL_USAGE;
    }

    return MODERATECTL_OK;
}


/* as nginx makes it of the same file */

static int
moderatectl_audit_key(const char *name, unsigned char *key)
{
    int             rc;
    FILE           *file;
    size_t          n;
    vet_str_t       secret;
    unsigned char   text[MODERATECTL_SECRET_MAX], digest[VET_MAC_LEN];

    file = fopen(name, "rb");

    if (file == NULL) {
        fprintf(stderr, "moderatectl: cannot open \"%s\": %s\n", name,
                strerror(errno));
        return MODERATECTL_TROUBLE;
    }

    n = fread(text, 1, sizeof(text), file);
    fclose(file);

    if (n < MODERATECTL_SECRET_MIN || n == sizeof(text)) {
        fprintf(stderr, "moderatectl: \"%s\" has %zu bytes, expected from %d "
                "to %d\n", name, n, MODERATECTL_SECRET_MIN,
                MODERATECTL_SECRET_MAX - 1);
        return MODERATECTL_TROUBLE;
    }

    rc = MODERATECTL_TROUBLE;

    if (EVP_Digest(text, n, digest, NULL, EVP_sha256(), NULL) == 1) {
        secret.data = digest;
        secret.len = sizeof(digest);

        if (vet_mac_key(secret, "moderate audit", key) == VET_OK) {
            rc = MODERATECTL_OK;
        }
    }

    OPENSSL_cleanse(text, sizeof(text));
    OPENSSL_cleanse(digest, sizeof(digest));

    return rc;
}


static int
moderatectl_audit_verify(const moderatectl_audit_t *audit,
    moderatectl_api_t *api, moderatectl_chain_t *chain)
{
    int      rc;
    json_t  *me;

    rc = moderatectl_api_call(api, "me", NULL, NULL, &me);

    if (rc != MODERATECTL_OK) {
        return MODERATECTL_TROUBLE;
    }

    chain->trimmed = audit->trimmed;
    chain->findings = json_array();
    chain->site = json_string_value(json_object_get(me, "site"));

    if (chain->site == NULL) {
        fprintf(stderr, "moderatectl: the API does not tell its site\n");
        rc = MODERATECTL_TROUBLE;
    }

    /* the file first: what is sealed meanwhile is not missed */

    if (rc == MODERATECTL_OK) {
        rc = moderatectl_seals_read(chain, audit->file);
    }

    if (rc == MODERATECTL_OK) {
        rc = moderatectl_audit_events(api, chain);
    }

    if (rc == MODERATECTL_OK) {
        rc = moderatectl_chain_end(chain);
    }

    if (rc == MODERATECTL_OK) {
        rc = moderatectl_audit_print(audit, chain);
    }

    json_decref(me);

    return rc;
}


static int
moderatectl_audit_events(moderatectl_api_t *api, moderatectl_chain_t *chain)
{
    int      rc;
    char     path[MODERATECTL_AUDIT_PATH];
    size_t   i;
    json_t  *answer, *events, *event;

    for ( ;; ) {
        snprintf(path, sizeof(path), "events?limit=1000&after=%s",
                 chain->last.text);

        if (moderatectl_api_call(api, path, NULL, NULL, &answer)
            != MODERATECTL_OK)
        {
            return MODERATECTL_TROUBLE;
        }

        rc = MODERATECTL_OK;
        events = json_object_get(answer, "events");

        json_array_foreach(events, i, event) {

            if (rc == MODERATECTL_OK) {
                rc = moderatectl_chain_event(chain, event);
            }
        }

        i = json_array_size(events);
        json_decref(answer);

        if (rc != MODERATECTL_OK || i == 0) {
            return rc;
        }
    }
}


static int
moderatectl_audit_print(const moderatectl_audit_t *audit,
    const moderatectl_chain_t *chain)
{
    int          rc;
    size_t       i, n;
    json_t      *json, *finding;
    const char  *message;

    n = json_array_size(chain->findings);

    if (audit->json) {
        json = json_pack("{s:s, s:I, s:I, s:I, s:O}", "site", chain->site,
                         "events", (json_int_t) chain->events,
                         "unsealed", (json_int_t) (chain->count
                                                   - chain->sealed),
                         "repeated", (json_int_t) chain->repeated, "findings",
                         chain->findings);

        rc = moderatectl_print_json(stdout, json, JSON_INDENT(2));
        json_decref(json);

        return (rc != MODERATECTL_OK || n == 0) ? rc : MODERATECTL_REFUSED;
    }

    json_array_foreach(chain->findings, i, finding) {
        message = json_string_value(json_object_get(finding, "message"));

        printf("%s: ", json_string_value(json_object_get(finding, "kind")));
        moderatectl_print(stdout, message, strlen(message), -1);
        printf("\n");
    }

    printf("%s: %zu events, the last %zu of them not sealed yet; %s\n",
           chain->site, chain->events,
           (size_t) (chain->count - chain->sealed),
           n ? "the log is not whole" : "the log is whole");

    return n ? MODERATECTL_REFUSED : MODERATECTL_OK;
}
