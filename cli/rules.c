
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl rules: what an editor of rule files asks.
 */


#include <stdio.h>
#include <string.h>

#include "moderatectl.h"


typedef struct {
    const char             *name;
    int                   (*run)(int argc, char **argv);
    const char             *summary;
} rules_command_t;


static void rules_usage(FILE *out);


static const rules_command_t  rules_commands[] = {

    { "check", moderatectl_rules_check,
      "are these files a rule set, and a good one?" },

    { "test", moderatectl_rules_test,
      "do rules judge the cases as they should?" },

    { "corpus", moderatectl_rules_corpus,
      "what do rules make of many texts?" },

    { "diff", moderatectl_rules_diff,
      "which verdicts would other rules change?" },

    { "explain", moderatectl_rules_explain,
      "why is a text judged so?" },

    { "push", moderatectl_rules_fleet,
      "store a version for the nginx that share a name" },

    { "activate", moderatectl_rules_fleet,
      "make a version the one they use" },

    { "canary", moderatectl_rules_fleet,
      "give a version a share of the submissions" },

    { "rollback", moderatectl_rules_fleet,
      "end a canary, or go back to the version before" },

    { "policy", moderatectl_rules_fleet,
      "one person or two to activate" },

    { "status", moderatectl_rules_fleet,
      "which versions are used, and what they do" },

    { "history", moderatectl_rules_fleet,
      "who did what" },

    { "precision", moderatectl_rules_precision,
      "how often moderators agree with a rule" },

    { NULL, NULL, NULL }
};


int
moderatectl_rules(int argc, char **argv)
{
    const rules_command_t  *c;

    if (argc < 2) {
        rules_usage(stderr);
        return MODERATECTL_USAGE;
    }

    if (strcmp(argv[1], "--help") == 0) {
        rules_usage(stdout);
        return MODERATECTL_OK;
    }

    for (c = rules_commands; c->name != NULL; c++) {
        if (strcmp(argv[1], c->name) == 0) {
            return c->run(argc - 1, argv + 1);
        }
    }

    fprintf(stderr, "moderatectl: unknown command \"rules %s\"\n", argv[1]);
    rules_usage(stderr);

    return MODERATECTL_USAGE;
}


static void
rules_usage(FILE *out)
{
    const rules_command_t  *c;

    fprintf(out, "usage: moderatectl rules COMMAND ...\n\n");

    for (c = rules_commands; c->name != NULL; c++) {
        fprintf(out, "  %-9s  %s\n", c->name, c->summary);
    }

    fprintf(out, "\n\"moderatectl rules COMMAND --help\" tells more.\n");
}
