
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl explain: how a body is read, and what rules make of it.
 */


#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"


static const struct option  explain_long[] = {
    { "text", required_argument, NULL, 'T' },
    { "file", required_argument, NULL, 'F' },
    { "request", required_argument, NULL, 'R' },
    { "type", required_argument, NULL, 't' },
    { "encoding", required_argument, NULL, 'e' },
    { "field", required_argument, NULL, 'f' },
    { "decode", required_argument, NULL, 'd' },
    { "rules", required_argument, NULL, 'r' },
    { "form", required_argument, NULL, 'p' },
    { "site", required_argument, NULL, 's' },
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
};


static int explain_run(explain_t *e, int argc, char **argv);
static int explain_options(explain_t *e, int argc, char **argv);
static int explain_check(const explain_t *e, char **files, int n);
static int explain_option(explain_t *e, int option);
static int explain_field(explain_t *e, int option, char *arg);
static int explain_load(explain_t *e, const char *file);
static int explain_read(explain_t *e, FILE *file);
static int explain_body(explain_t *e);
static int explain_text(explain_t *e);
static int explain_rules(explain_t *e);
static int explain_failed(int rc);
static void explain_destroy(explain_t *e);


static const char  explain_usage[] =
    "usage: moderatectl rules explain [OPTION ...] [FILE]\n"
    "       moderatectl explain [OPTION ...] [FILE]\n"
    "\n"
    "Reads a request's body, from FILE or standard input, as nginx would, and\n"
    "tells its fields, or why it cannot be read in one way only; how rules\n"
    "see them, and what rules make of it.\n"
    "\n"
    "  --text TEXT            a text instead of a body\n"
    "  --file FILE            the same, from a file\n"
    "  --request FILE         a recorded request: its line, headers and body\n"
    "  --type TYPE            Content-Type of the body, as it was sent\n"
    "  --encoding ENCODING    its Content-Encoding\n"
    "  --field ROLE=SELECTOR  as moderate_field, any number of times\n"
    "  --decode ROLE=DECODER  as moderate_decode, in this order\n"
    "  --rules PATH           as moderate_rules, any number of times; default\n"
    "                         of \"rules explain\":\n"
    "                         " MODERATECTL_RULES_PATH "\n"
    "  --form PATH            the path that it was sent to; default that of\n"
    "                         --request\n"
    "  --site NAME            as moderate_site\n"
    "  --json                 for programs\n"
    "\n"
    "Exits with 0 when it is readable and would pass, 1 when not, 2 for a\n"
    "wrong command line, 3 when something cannot be read.\n";


int
moderatectl_rules_explain(int argc, char **argv)
{
    explain_t  e;

    memset(&e, 0, sizeof(explain_t));
    e.installed = 1;

    return explain_run(&e, argc, argv);
}


int
moderatectl_explain(int argc, char **argv)
{
    explain_t  e;

    memset(&e, 0, sizeof(explain_t));

    return explain_run(&e, argc, argv);
}


static int
explain_run(explain_t *e, int argc, char **argv)
{
    int  rc;

    rc = explain_options(e, argc, argv);

    if (e->help) {
        fputs(explain_usage, stdout);

    } else if (rc == MODERATECTL_USAGE) {
        fprintf(stderr, "\"moderatectl explain --help\" tells more\n");

    } else if (rc == MODERATECTL_OK) {
        rc = explain_load(e, argv[optind]);

        if (rc == MODERATECTL_OK && (e->paths.n != 0 || e->installed)) {
            rc = explain_rules(e);
        }

        if (rc == MODERATECTL_OK) {
            rc = e->json ? moderatectl_explain_json(e)
                         : moderatectl_explain_print(e);
        }

        if (rc == MODERATECTL_OK
            && (e->submission.unreadable != VET_READABLE
                || e->verdict.action != VET_PASS))
        {
            rc = MODERATECTL_REFUSED;
        }
    }

    explain_destroy(e);

    return rc;
}


static int
explain_options(explain_t *e, int argc, char **argv)
{
    int  option, rc;

    e->form = vet_form_create();
    if (e->form == NULL) {
        return moderatectl_no_memory();
    }

    optind = 1;

    for ( ;; ) {
        option = getopt_long(argc, argv, "", explain_long, NULL);

        if (option == -1) {
            break;
        }

        rc = explain_option(e, option);
        if (rc != MODERATECTL_OK || e->help) {
            return rc;
        }
    }

    return explain_check(e, argv + optind, argc - optind);
}


static int
explain_check(const explain_t *e, char **files, int n)
{
    int  texts;

    texts = (e->text != NULL) + (e->text_file != NULL);

    if (texts + (e->request != NULL) + n > 1) {
        fprintf(stderr, "moderatectl: one text, file or request at a time");

        if (n > 0) {
            fprintf(stderr, ", \"%s\" is one more; if these are rules: "
                    "--rules %s", files[n - 1], files[n - 1]);
        }

        fprintf(stderr, "\n");
        return MODERATECTL_USAGE;
    }

    if ((texts != 0 || e->request != NULL)
        && (e->message.content_types != 0
            || e->message.content_encoding.len != 0))
    {
        fprintf(stderr, "moderatectl: --type and --encoding are those of a "
                "body\n");
        return MODERATECTL_USAGE;
    }

    return MODERATECTL_OK;
}


static int
explain_option(explain_t *e, int option)
{
    switch (option) {

    case 'T':
        e->text = optarg;
        return MODERATECTL_OK;

    case 'F':
        e->text_file = optarg;
        return MODERATECTL_OK;

    case 'R':
        e->request = optarg;
        return MODERATECTL_OK;

    case 't':
        e->message.content_type = moderatectl_str(optarg);
        e->message.content_types++;
        return MODERATECTL_OK;

    case 'e':
        e->message.content_encoding = moderatectl_str(optarg);
        return MODERATECTL_OK;

    case 'f':
    case 'd':
        return explain_field(e, option, optarg);

    case 'r':
        return moderatectl_paths_add(&e->paths, optarg);

    case 'p':
        e->context.form = moderatectl_str(optarg);
        return MODERATECTL_OK;

    case 's':
        e->context.site = moderatectl_str(optarg);
        return MODERATECTL_OK;

    case 'j':
        e->json = 1;
        return MODERATECTL_OK;

    case 'h':
        e->help = 1;
        return MODERATECTL_OK;

    default:
        return MODERATECTL_USAGE;
    }
}


static int
explain_field(explain_t *e, int option, char *arg)
{
    int            rc;
    char          *selector;
    vet_str_t      name, value;
    vet_role_t     role;
    const char    *given, *expected;
    vet_errors_t   errors;

    given = (option == 'f') ? "--field" : "--decode";
    expected = (option == 'f') ? "SELECTOR" : "DECODER";

    selector = strchr(arg, '=');

    if (selector == NULL) {
        fprintf(stderr, "moderatectl: %s \"%s\", expected ROLE=%s\n", given,
                arg, expected);
        return MODERATECTL_USAGE;
    }

    name.data = (const unsigned char *) arg;
    name.len = (size_t) (selector - arg);

    if (vet_role_find(name, &role) != VET_OK) {
        fprintf(stderr, "moderatectl: unknown role in \"%s\"\n", arg);
        return MODERATECTL_USAGE;
    }

    memset(&errors, 0, sizeof(vet_errors_t));

    value = moderatectl_str(selector + 1);

    rc = (option == 'f') ? vet_form_add(e->form, role, value, &errors)
                         : vet_form_decode(e->form, role, value, &errors);

    if (rc != VET_OK) {
        fprintf(stderr, "moderatectl: %s: %s\n", given, errors.text[0]);
        return MODERATECTL_USAGE;
    }

    return MODERATECTL_OK;
}


static int
explain_load(explain_t *e, const char *file)
{
    int    rc;
    FILE  *f;

    if (e->text != NULL) {
        return explain_text(e);
    }

    file = (e->text_file != NULL) ? e->text_file
                                  : (e->request != NULL) ? e->request : file;

    if (file == NULL || strcmp(file, "-") == 0) {
        rc = explain_read(e, stdin);

    } else {
        f = fopen(file, "rb");

        if (f == NULL) {
            fprintf(stderr, "moderatectl: ");
            moderatectl_print_str(stderr, moderatectl_str(file));
            fprintf(stderr, ": %s\n", strerror(errno));
            return MODERATECTL_TROUBLE;
        }

        rc = explain_read(e, f);
        fclose(f);
    }

    if (rc != MODERATECTL_OK) {
        return rc;
    }

    return (e->text_file != NULL) ? explain_text(e) : explain_body(e);
}


static int
explain_read(explain_t *e, FILE *file)
{
    e->body = malloc(EXPLAIN_BODY_MAX + 1);
    if (e->body == NULL) {
        return moderatectl_no_memory();
    }

    e->len = fread(e->body, 1, EXPLAIN_BODY_MAX + 1, file);

    if (ferror(file) || e->len > EXPLAIN_BODY_MAX) {
        fprintf(stderr, "moderatectl: what is to be explained cannot be read, "
                "or has more than %d bytes\n", EXPLAIN_BODY_MAX);
        return MODERATECTL_TROUBLE;
    }

    return MODERATECTL_OK;
}


static int
explain_body(explain_t *e)
{
    int  rc;

    e->message.body.data = (const unsigned char *) e->body;
    e->message.body.len = e->len;

    if (e->request != NULL) {
        rc = moderatectl_explain_request(e);
        if (rc != MODERATECTL_OK) {
            return rc;
        }
    }

    e->pool = vet_pool_create((size_t) 8 * 1024 * 1024 + 64 * e->len);
    if (e->pool == NULL) {
        return moderatectl_no_memory();
    }

    return explain_failed(vet_parse(e->pool, &e->message, e->form,
                                    &e->submission));
}


/* A text alone is the one field of a submission. */

static int
explain_text(explain_t *e)
{
    e->field.name = moderatectl_str(vet_role_name(VET_ROLE_TEXT));
    e->field.role = VET_ROLE_TEXT;

    if (e->text != NULL) {
        e->field.value = moderatectl_str(e->text);

    } else {
        e->field.value.data = (const unsigned char *) e->body;
        e->field.value.len = e->len;
    }

    e->field.utf8 = moderatectl_is_utf8(e->field.value) != 0;

    e->submission.fields = &e->field;
    e->submission.nfields = 1;
    e->submission.form = e->form;

    e->pool = vet_pool_create((size_t) 8 * 1024 * 1024
                              + 64 * e->field.value.len);

    return (e->pool == NULL) ? moderatectl_no_memory() : MODERATECTL_OK;
}


static int
explain_rules(explain_t *e)
{
    int  rc;

    rc = moderatectl_judge_create(&e->judge, &e->paths);

    e->submission.context = e->context;

    if (rc == MODERATECTL_OK) {
        rc = explain_failed(vet_match(e->pool, e->judge.rules,
                                      e->judge.scratch, &e->submission,
                                      &e->hits));
    }

    if (rc == MODERATECTL_OK) {
        vet_decide(e->judge.rules, &e->hits, VET_HOLD, &e->verdict);
    }

    return rc;
}


static int
explain_failed(int rc)
{
    if (rc == VET_LIMIT) {
        fprintf(stderr, "moderatectl: this needs more memory than one "
                "submission may have\n");
        return MODERATECTL_TROUBLE;
    }

    return (rc == VET_OK) ? MODERATECTL_OK : moderatectl_no_memory();
}


static void
explain_destroy(explain_t *e)
{
    moderatectl_judge_destroy(&e->judge);
    vet_pool_destroy(e->pool);
    vet_form_destroy(e->form);
    free(e->body);
}
