
/*
 * Copyright (C) the moderate authors
 *
 * What a pattern has and its view never does.
 */


#include <string.h>

#include "rules_check.h"


#define VIEWS_MEMORY  ((size_t) 1024 * 1024)


typedef struct {
    moderatectl_check_t    *check;
    const vet_look_t       *look;
    const vet_look_text_t  *source;
    int                     rc;
} views_t;


static void views_piece(void *data, const moderatectl_piece_t *piece);
static int views_compare(views_t *v, vet_pool_t *pool,
    const moderatectl_piece_t *piece);


int
moderatectl_check_views(moderatectl_check_t *c, size_t i,
    const vet_look_t *look)
{
    size_t           k;
    views_t          v;
    vet_look_text_t  source;

    v.check = c;
    v.look = look;
    v.source = &source;
    v.rc = MODERATECTL_OK;

    if (look->view == NULL || strcmp(look->view, "raw") == 0) {
        return MODERATECTL_OK;
    }

    for (k = 0; vet_look_source(c->judge.rules, i, k, &source) == VET_OK;
         k++)
    {
        moderatectl_pattern(source.text, views_piece, &v);
    }

    return v.rc;
}


static void
views_piece(void *data, const moderatectl_piece_t *piece)
{
    views_t     *v;
    vet_pool_t  *pool;

    v = data;

    if (!piece->literal || piece->negative || v->rc != MODERATECTL_OK) {
        return;
    }

    pool = vet_pool_create(VIEWS_MEMORY);

    if (pool == NULL || views_compare(v, pool, piece) != VET_OK) {
        v->rc = moderatectl_no_memory();
    }

    vet_pool_destroy(pool);
}


static int
views_compare(views_t *v, vet_pool_t *pool, const moderatectl_piece_t *piece)
{
    int        rc;
    vet_str_t  text, seen;

    text.data = (const unsigned char *) piece->text;
    text.len = piece->len;
    seen = text;

    rc = piece->caseless ? vet_view_text(pool, text, "text", &text) : VET_OK;

    if (rc == VET_OK) {
        rc = vet_view_text(pool, text, v->look->view, &seen);
    }

    if (rc != VET_OK
        || (seen.len == text.len
            && memcmp(seen.data, text.data, text.len) == 0))
    {
        return rc;
    }

    moderatectl_check_warn(v->check, v->look, v->source);
    fprintf(stderr, "\"");
    moderatectl_print(stderr, piece->text, piece->len, -1);
    fprintf(stderr, "\" is never found, the view \"%s\" has ", v->look->view);

    if (seen.len == 0) {
        fprintf(stderr, "nothing of it\n");

    } else {
        fprintf(stderr, "\"");
        moderatectl_print_str(stderr, seen);
        fprintf(stderr, "\"\n");
    }

    return VET_OK;
}
