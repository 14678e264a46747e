
/*
 * Copyright (C) the moderate authors
 *
 * Runs a target, without libFuzzer, over what is kept for it: its corpus and
 * the cases that once were found.  Each also with every n-th allocation
 * refused, for all n up to REPLAY_EVERY.  A program of its own for each
 * target: replay_NAME; it is to be run at the root of the project.
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE     /* program_invocation_short_name */
#endif

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sanitizer/common_interface_defs.h>

#include "fuzz.h"


#define REPLAY_EVERY  200
#define REPLAY_PREFIX "replay_"


const char *__asan_default_options(void);

static size_t replay_folder(const char *folder, const char *target);
static int replay_visible(const struct dirent *entry);
static void replay_file(const char *path);
static vet_str_t replay_read(const char *path);
static void replay_died(void);


static char    replay_path[1024];
static size_t  replay_every;


int
main(int argc, char **argv)
{
    int          i;
    size_t       n;
    const char  *target;

    __sanitizer_set_death_callback(replay_died);

    target = program_invocation_short_name;

    if (strncmp(target, REPLAY_PREFIX, strlen(REPLAY_PREFIX)) == 0) {
        target += strlen(REPLAY_PREFIX);
    }

    if (argc > 1) {
        for (i = 1; i < argc; i++) {
            replay_file(argv[i]);
        }

        return 0;
    }

    n = replay_folder("tests/fuzz/corpus", target);
    printf("%s 1 - %s: %zu inputs, no finding\n", (n == 0) ? "not ok" : "ok",
           target, n);

    n = replay_folder("tests/fuzz/crashes", target);
    printf("ok 2 - %s: %zu cases that were found once\n1..2\n", target, n);

    return 0;
}


/* Returns how many files are in the folder; it may be missing. */

static size_t
replay_folder(const char *folder, const char *target)
{
    int             i, n;
    char            path[1024];
    struct dirent **entries;

    (void) snprintf(path, sizeof(path), "%s/%s", folder, target);

    n = scandir(path, &entries, replay_visible, alphasort);

    if (n < 0) {
        return 0;
    }

    for (i = 0; i < n; i++) {
        (void) snprintf(path, sizeof(path), "%s/%s/%s", folder, target,
                        entries[i]->d_name);
        replay_file(path);
        free(entries[i]);
    }

    free(entries);

    return (size_t) n;
}


static int
replay_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}


/* More than was asked for cannot be refused: it would be the same once more. */

static void
replay_file(const char *path)
{
    size_t     n, asked;
    vet_str_t  in;

    (void) snprintf(replay_path, sizeof(replay_path), "%s", path);
    replay_every = 0;

    in = replay_read(path);

    asked = fuzz_run(in, 0);

    for (n = 1; n <= asked && n <= REPLAY_EVERY; n++) {
        replay_every = n;
        (void) fuzz_run(in, n);
    }

    fuzz_copy_free(in);
}


static vet_str_t
replay_read(const char *path)
{
    FILE                 *file;
    vet_str_t             s;
    static unsigned char  buf[1024 * 1024];

    file = fopen(path, "rb");

    if (file == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(2);
    }

    s.data = buf;
    s.len = fread(buf, 1, sizeof(buf), file);

    fclose(file);

    return fuzz_copy(s);
}


/* so that replay_died() tells which file it was also when a check fails */

const char *
__asan_default_options(void)
{
    return "handle_abort=1";
}


static void
replay_died(void)
{
    fprintf(stderr, "# %s, every %zu. allocation refused\n", replay_path,
            replay_every);
}
