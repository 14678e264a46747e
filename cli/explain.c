
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

#include <vet.h>

#include "moderatectl.h"


#define EXPLAIN_BODY_MAX   (16 * 1024 * 1024)
#define EXPLAIN_PATHS_MAX  64


typedef struct {
    vet_message_t           message;
    vet_form_t             *form;
    vet_context_t           context;
    vet_pool_t             *pool;
    vet_submission_t        submission;
    vet_ruleset_t          *rules;
    vet_hits_t              hits;
    vet_verdict_t           verdict;
    vet_str_t               paths[EXPLAIN_PATHS_MAX];
    size_t                  npaths;
    char                   *body;
    int                     json;
    int                     help;
} explain_t;


static const struct option  explain_long[] = {
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


static void explain_usage(FILE *out);
static int explain_options(explain_t *e, int argc, char **argv);
static int explain_option(explain_t *e, int option);
static int explain_field(explain_t *e, int option, char *arg);
static vet_str_t explain_string(const char *s);
static int explain_load(explain_t *e, const char *file);
static int explain_read(explain_t *e, FILE *file);
static int explain_judge(explain_t *e);
static int explain_rules(explain_t *e);
static int explain_print_json(explain_t *e);
static void explain_print(const explain_t *e);
static void explain_print_field(const explain_t *e, size_t i);
static void explain_print_verdict(const explain_t *e);
static void explain_destroy(explain_t *e);


static const char  *explain_actions[] = { "pass", "hold", "reject" };


int
moderatectl_explain(int argc, char **argv)
{
    int        rc;
    explain_t  e;

    memset(&e, 0, sizeof(explain_t));

    rc = explain_options(&e, argc, argv);

    if (e.help) {
        explain_usage(stdout);

    } else if (rc == MODERATECTL_OK) {
        rc = explain_load(&e, argv[optind]);

        if (rc == MODERATECTL_OK) {
            rc = explain_judge(&e);
        }

        if (rc == MODERATECTL_OK && e.json) {
            rc = explain_print_json(&e);

        } else if (rc == MODERATECTL_OK) {
            explain_print(&e);
        }

        if (rc == MODERATECTL_OK
            && (e.submission.unreadable != VET_READABLE
                || e.verdict.action != VET_PASS))
        {
            rc = MODERATECTL_REFUSED;
        }
    }

    explain_destroy(&e);

    return rc;
}


static void
explain_usage(FILE *out)
{
    fprintf(out,
            "usage: moderatectl explain [OPTION ...] [FILE]\n\n"
            "Reads a request's body, from FILE or standard input, as nginx\n"
            "would, and tells its fields, or why it cannot be read in one\n"
            "way only; with rules also what they make of it.\n\n"
            "  --type TYPE            its Content-Type, as it was sent\n"
            "  --encoding ENCODING    its Content-Encoding\n"
            "  --field ROLE=SELECTOR  as moderate_field, any number of times\n"
            "  --decode ROLE=DECODER  as moderate_decode, in this order\n"
            "  --rules PATH           as moderate_rules, any number of times\n"
            "  --form PATH            the path that it was sent to\n"
            "  --site NAME            as moderate_site\n"
            "  --json                 for programs\n\n"
            "Exits with 0 when it is readable and would pass, 1 when not, 2\n"
            "for a wrong command line.\n");
}


static int
explain_options(explain_t *e, int argc, char **argv)
{
    int  option, rc;

    e->form = vet_form_create();
    if (e->form == NULL) {
        fprintf(stderr, "moderatectl: out of memory\n");
        return MODERATECTL_REFUSED;
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

    if (argc - optind > 1) {
        fprintf(stderr, "moderatectl: one file at a time\n");
        return MODERATECTL_USAGE;
    }

    return MODERATECTL_OK;
}


static int
explain_option(explain_t *e, int option)
{
    switch (option) {

    case 't':
        e->message.content_type = explain_string(optarg);
        e->message.content_types++;
        return MODERATECTL_OK;

    case 'e':
        e->message.content_encoding = explain_string(optarg);
        return MODERATECTL_OK;

    case 'f':
    case 'd':
        return explain_field(e, option, optarg);

    case 'r':
        if (e->npaths == EXPLAIN_PATHS_MAX) {
            fprintf(stderr, "moderatectl: more than %d rule paths\n",
                    EXPLAIN_PATHS_MAX);
            return MODERATECTL_USAGE;
        }

        e->paths[e->npaths++] = explain_string(optarg);
        return MODERATECTL_OK;

    case 'p':
        e->context.form = explain_string(optarg);
        return MODERATECTL_OK;

    case 's':
        e->context.site = explain_string(optarg);
        return MODERATECTL_OK;

    case 'j':
        e->json = 1;
        return MODERATECTL_OK;

    case 'h':
        e->help = 1;
        return MODERATECTL_OK;

    default:
        fprintf(stderr, "\"moderatectl explain --help\" tells more\n");
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

    value = explain_string(selector + 1);

    rc = (option == 'f') ? vet_form_add(e->form, role, value, &errors)
                         : vet_form_decode(e->form, role, value, &errors);

    if (rc != VET_OK) {
        fprintf(stderr, "moderatectl: %s: %s\n", given, errors.text[0]);
        return MODERATECTL_USAGE;
    }

    return MODERATECTL_OK;
}


static vet_str_t
explain_string(const char *s)
{
    vet_str_t  str;

    str.data = (const unsigned char *) s;
    str.len = strlen(s);

    return str;
}


static int
explain_load(explain_t *e, const char *file)
{
    int    rc;
    FILE  *f;

    if (file == NULL || strcmp(file, "-") == 0) {
        return explain_read(e, stdin);
    }

    f = fopen(file, "rb");
    if (f == NULL) {
        fprintf(stderr, "moderatectl: %s: %s\n", file, strerror(errno));
        return MODERATECTL_USAGE;
    }

    rc = explain_read(e, f);

    fclose(f);

    return rc;
}


static int
explain_read(explain_t *e, FILE *file)
{
    size_t  len;

    e->body = malloc(EXPLAIN_BODY_MAX + 1);
    if (e->body == NULL) {
        fprintf(stderr, "moderatectl: out of memory\n");
        return MODERATECTL_REFUSED;
    }

    len = fread(e->body, 1, EXPLAIN_BODY_MAX + 1, file);

    if (ferror(file) || len > EXPLAIN_BODY_MAX) {
        fprintf(stderr, "moderatectl: the body cannot be read, or has more "
                "than %d bytes\n", EXPLAIN_BODY_MAX);
        return MODERATECTL_REFUSED;
    }

    e->message.body.data = (const unsigned char *) e->body;
    e->message.body.len = len;

    return MODERATECTL_OK;
}


static int
explain_judge(explain_t *e)
{
    int  rc;

    e->pool = vet_pool_create((size_t) 8 * 1024 * 1024
                              + 64 * e->message.body.len);

    rc = (e->pool == NULL) ? VET_ERROR
                           : vet_parse(e->pool, &e->message, e->form,
                                       &e->submission);

    if (rc != VET_OK) {
        fprintf(stderr, "moderatectl: out of memory\n");
        return MODERATECTL_REFUSED;
    }

    e->submission.context = e->context;

    return e->npaths ? explain_rules(e) : MODERATECTL_OK;
}


static int
explain_rules(explain_t *e)
{
    int             rc;
    size_t          i;
    vet_errors_t    errors;
    vet_scratch_t  *scratch;

    memset(&errors, 0, sizeof(vet_errors_t));

    e->rules = vet_ruleset_load(e->paths, e->npaths, &errors);

    if (e->rules == NULL) {
        for (i = 0; i < errors.n && i < VET_ERRORS_MAX; i++) {
            fprintf(stderr, "%s\n", errors.text[i]);
        }

        return MODERATECTL_REFUSED;
    }

    scratch = vet_scratch_create();

    rc = (scratch == NULL) ? VET_ERROR
                           : vet_match(e->pool, e->rules, scratch,
                                       &e->submission, &e->hits);

    vet_scratch_destroy(scratch);

    if (rc != VET_OK) {
        fprintf(stderr, "moderatectl: out of memory\n");
        return MODERATECTL_REFUSED;
    }

    vet_decide(e->rules, &e->hits, VET_HOLD, &e->verdict);

    return MODERATECTL_OK;
}


static int
explain_print_json(explain_t *e)
{
    vet_str_t  fields, hits;

    if (vet_fields_json(e->pool, &e->submission, &fields) != VET_OK
        || vet_hits_json(e->pool, &e->submission, &e->hits, &hits) != VET_OK)
    {
        fprintf(stderr, "moderatectl: out of memory\n");
        return MODERATECTL_REFUSED;
    }

    printf("{\"unreadable\":\"%s\",\"offset\":%zu,\"fields\":",
           vet_unreadable_name(e->submission.unreadable),
           e->submission.offset);
    fwrite(fields.data, 1, fields.len, stdout);

    if (e->rules != NULL) {
        printf(",\"hits\":");
        fwrite(hits.data, 1, hits.len, stdout);
        printf(",\"score\":%d.%d,\"verdict\":\"%s\"",
               e->verdict.score / VET_POINT, e->verdict.score % VET_POINT,
               explain_actions[e->verdict.action]);
    }

    printf("}\n");

    return MODERATECTL_OK;
}


static void
explain_print(const explain_t *e)
{
    size_t  i;

    if (e->submission.unreadable != VET_READABLE) {
        printf("unreadable: %s, noticed at byte %zu\n",
               vet_unreadable_name(e->submission.unreadable),
               e->submission.offset);

    } else {
        printf("readable: %zu field%s\n", e->submission.nfields,
               e->submission.nfields == 1 ? "" : "s");
    }

    for (i = 0; i < e->submission.nfields; i++) {
        explain_print_field(e, i);
    }

    if (e->rules != NULL) {
        explain_print_verdict(e);
    }
}


static void
explain_print_field(const explain_t *e, size_t i)
{
    const vet_field_t  *f;

    f = &e->submission.fields[i];

    printf("\n%zu  ", i);
    moderatectl_print(stdout, (const char *) f->name.data, f->name.len, -1);
    printf("  (%s%s%s%s)\n", vet_role_name(f->role),
           f->utf8 ? "" : ", not UTF-8",
           (f->charset == NULL) ? "" : ", converted from ",
           (f->charset == NULL) ? "" : f->charset);

    if (f->file) {
        printf("    file, %zu bytes, ", f->value.len);
        moderatectl_print(stdout, (const char *) f->filename.data,
                          f->filename.len, -1);
        printf("\n");
        return;
    }

    moderatectl_print(stdout, (const char *) f->value.data, f->value.len, 4);
}


static void
explain_print_verdict(const explain_t *e)
{
    size_t            i;
    const vet_hit_t  *hit;

    printf("\n");

    for (i = 0; i < e->hits.n; i++) {
        hit = &e->hits.elts[i];

        printf("%d.%d  %.*s", hit->score / VET_POINT, hit->score % VET_POINT,
               (int) hit->rule->id.len, (const char *) hit->rule->id.data);

        if (hit->field == VET_NO_FIELD) {
            printf("\n");
            continue;
        }

        printf("  field %zu, bytes %zu to %zu: ", hit->field, hit->start,
               hit->end);
        moderatectl_print(stdout,
                          (const char *) e->submission.fields[hit->field]
                                         .value.data + hit->start,
                          hit->end - hit->start, -1);
        printf("\n");
    }

    printf("score %d.%d: %s\n", e->verdict.score / VET_POINT,
           e->verdict.score % VET_POINT, explain_actions[e->verdict.action]);
}


static void
explain_destroy(explain_t *e)
{
    vet_ruleset_destroy(e->rules);
    vet_pool_destroy(e->pool);
    vet_form_destroy(e->form);
    free(e->body);
}
