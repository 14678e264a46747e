
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl erase: what is to be forgotten.
 */


#include <getopt.h>
#include <string.h>

#include "moderatectl.h"


typedef struct {
    moderatectl_days_t      days;       /* where the API is */
    const char             *by;         /* "receipt", "id", "subject" */
    const char             *value;
    int                     json;
    int                     help;
} erase_t;


static const struct option  erase_long[] = {
    { "api", required_argument, NULL, 'a' },
    { "credentials", required_argument, NULL, 'c' },
    { "receipt", required_argument, NULL, 'r' },
    { "id", required_argument, NULL, 'i' },
    { "subject", required_argument, NULL, 's' },
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
};


static int erase_options(erase_t *e, int argc, char **argv);
static int erase_what(erase_t *e, const char *by, const char *value);
static int erase_run(void *data, moderatectl_api_t *api);
static int erase_add(json_t *sum, const json_t *answer);
static int erase_tell(const erase_t *e, const json_t *sum);


static const char  erase_usage[] =
    "usage: moderatectl erase --receipt RECEIPT | --id ID [--json]\n"
    "       moderatectl erase --subject ADDRESS [--json]\n"
    "\n"
    "Removes a submission whole, or all that were sent with this mail address\n"
    "or number in a field of their own.  That cannot be undone.  An event of\n"
    "the audit log is left, without content.\n"
    "\n"
    "  --api URL           where the moderation API is, or MODERATE_API\n"
    "  --credentials FILE  with user:password, or MODERATE_CREDENTIALS\n"
    "\n"
    "Exits with 0; 1 when the API said no, or some are being delivered and\n"
    "are left; 2 for a wrong command line; 3 when the API cannot be reached.\n";


int
moderatectl_erase(int argc, char **argv)
{
    int      rc;
    erase_t  e;

    memset(&e, 0, sizeof(erase_t));
    moderatectl_days_init(&e.days);

    rc = erase_options(&e, argc, argv);

    if (e.help) {
        fputs(erase_usage, stdout);
        return MODERATECTL_OK;
    }

    if (rc == MODERATECTL_OK && e.value == NULL) {
        fprintf(stderr, "moderatectl: needs --receipt, --id or --subject\n");
        rc = MODERATECTL_USAGE;
    }

    return moderatectl_days_run(&e.days, "erase", rc, erase_run, &e);
}


static int
erase_options(erase_t *e, int argc, char **argv)
{
    int  c, rc;

    optind = 1;
    rc = MODERATECTL_OK;

    while (rc == MODERATECTL_OK
           && (c = getopt_long(argc, argv, "", erase_long, NULL)) != -1)
    {
        switch (c) {

        case 'r':
            rc = erase_what(e, "receipt", optarg);
            break;

        case 'i':
            rc = erase_what(e, "id", optarg);
            break;

        case 's':
            rc = erase_what(e, "subject", optarg);
            break;

        case 'j':
            e->json = 1;
            break;

        case 'h':
            e->help = 1;
            return MODERATECTL_OK;

        default:
            if (!moderatectl_days_option(&e->days, c, optarg)) {
                return MODERATECTL_USAGE;
            }
        }
    }

    if (rc == MODERATECTL_OK && optind < argc) {
        fprintf(stderr, "moderatectl: \"%s\" is too much\n", argv[optind]);
        return MODERATECTL_USAGE;
    }

    return rc;
}


static int
erase_what(erase_t *e, const char *by, const char *value)
{
    if (e->value != NULL) {
        fprintf(stderr, "moderatectl: one of --receipt, --id and --subject\n");
        return MODERATECTL_USAGE;
    }

    e->by = by;
    e->value = value;

    return MODERATECTL_OK;
}


/* a call looks at some, and says where the next one begins */

static int
erase_run(void *data, moderatectl_api_t *api)
{
    const erase_t *e = data;

    int      rc;
    json_t  *sum, *body, *answer, *next;

    sum = json_object();
    next = NULL;

    do {
        body = json_pack("{s:s, s:O*}", e->by, e->value, "after", next);
        json_decref(next);
        next = NULL;

        if (body == NULL) {
            fprintf(stderr, "moderatectl: \"%s\" is not UTF-8\n", e->value);
            rc = MODERATECTL_USAGE;
            break;
        }

        rc = moderatectl_api_call(api, "erase", body, NULL, &answer);
        json_decref(body);

        if (rc != MODERATECTL_OK) {
            break;
        }

        rc = erase_add(sum, answer);
        next = json_incref(json_object_get(answer, "next"));
        json_decref(answer);

    } while (rc == MODERATECTL_OK && json_is_string(next));

    json_decref(next);

    if (rc == MODERATECTL_OK) {
        rc = erase_tell(e, sum);
    }

    json_decref(sum);

    return rc;
}


static int
erase_add(json_t *sum, const json_t *answer)
{
    size_t       i;
    json_int_t   n;
    const char  *name;

    static const char *const  names[] = { "erased", "busy", "sealed",
                                          "looked" };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        name = names[i];

        if (!json_is_integer(json_object_get(answer, name))) {
            continue;
        }

        n = json_integer_value(json_object_get(sum, name))
            + json_integer_value(json_object_get(answer, name));

        if (json_object_set_new(sum, name, json_integer(n)) != 0) {
            return moderatectl_no_memory();
        }
    }

    return MODERATECTL_OK;
}


static int
erase_tell(const erase_t *e, const json_t *sum)
{
    int         rc;
    json_int_t  busy, sealed;

    busy = moderatectl_number(sum, "busy");
    sealed = moderatectl_number(sum, "sealed");

    if (e->json) {
        rc = moderatectl_print_json(stdout, sum, JSON_INDENT(2));

        if (rc != MODERATECTL_OK) {
            return rc;
        }

    } else {
        printf("erased: %lld\n",
               (long long) moderatectl_number(sum, "erased"));
    }

    if (busy != 0) {
        fprintf(stderr, "moderatectl: %lld are being delivered or decided; "
                "please call again\n", (long long) busy);
    }

    if (sealed != 0) {
        fprintf(stderr, "moderatectl: %lld cannot be decrypted, and may be "
                "theirs too: see moderate_payload_key_file\n",
                (long long) sealed);
    }

    return (busy != 0 || sealed != 0) ? MODERATECTL_REFUSED : MODERATECTL_OK;
}
