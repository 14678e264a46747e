
/*
 * Copyright (C) the moderate authors
 */


#include <stdio.h>
#include <string.h>

#include <vet.h>

#include "moderatectl.h"


typedef struct {
    const char             *name;
    int                   (*run)(int argc, char **argv);
    const char             *summary;
} moderatectl_command_t;


static const moderatectl_command_t  moderatectl_commands[] = {

    { "rules", moderatectl_rules,
      "check rule files" },

    { "explain", moderatectl_explain,
      "tell how a body is read and judged" },

    { "queue", moderatectl_queue,
      "look through what is held; approve it or reject it" },

    { "erase", moderatectl_erase,
      "forget the submission of a receipt, or those of somebody" },

    { "report", moderatectl_report,
      "figures of some days, as an office has to give them" },

    { "audit", moderatectl_audit,
      "verify that the log of events is whole" },

    { "webhooks", moderatectl_webhooks,
      "tell other systems what happens to submissions" },

    { NULL, NULL, NULL }
};


static void
moderatectl_usage(FILE *out)
{
    const moderatectl_command_t  *c;

    fprintf(out, "usage: moderatectl COMMAND ...\n\n");

    for (c = moderatectl_commands; c->name != NULL; c++) {
        fprintf(out, "  %-8s  %s\n", c->name, c->summary);
    }

    fprintf(out, "\n\"moderatectl COMMAND --help\" tells more; "
                 "\"moderatectl --version\" which one this is.\n");
}


int
main(int argc, char **argv)
{
    const moderatectl_command_t  *c;

    if (argc < 2) {
        moderatectl_usage(stderr);
        return MODERATECTL_USAGE;
    }

    if (strcmp(argv[1], "--version") == 0) {
        printf("moderatectl %s\n", VET_VERSION);
        return MODERATECTL_OK;
    }

    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        moderatectl_usage(stdout);
        return MODERATECTL_OK;
    }

    for (c = moderatectl_commands; c->name != NULL; c++) {
        if (strcmp(argv[1], c->name) == 0) {
            return c->run(argc - 1, argv + 1);
        }
    }

    fprintf(stderr, "moderatectl: unknown command \"%s\"\n", argv[1]);
    moderatectl_usage(stderr);

    return MODERATECTL_USAGE;
}
