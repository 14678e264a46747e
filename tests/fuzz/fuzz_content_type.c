
/*
 * Copyright (C) the moderate authors
 *
 * The input is a message, see fuzz_message().
 */


#include "fuzz.h"
#include "vet_parse.h"


static void fuzz_media(vet_str_t header, uint64_t *digest);
static void fuzz_slice(vet_str_t header, vet_str_t s);


int
fuzz_one(vet_str_t in, uint64_t *digest)
{
    int                rc;
    vet_pool_t        *pool;
    vet_message_t      m;
    vet_submission_t   s;

    fuzz_message(in, &m);
    fuzz_media(m.content_type, digest);

    pool = vet_pool_create(FUZZ_POOL);
    if (pool == NULL) {
        return VET_ERROR;
    }

    rc = fuzz_parse(pool, &m, &s);

    if (rc == VET_OK) {
        fuzz_submission_digest(digest, &s);

        if (m.body.len != 0) {
            FUZZ_CHECK(s.unreadable != VET_READABLE || m.content_types < 2);
            FUZZ_CHECK(s.unreadable != VET_READABLE || m.content_type.len > 7);
        }
    }

    vet_pool_destroy(pool);

    return rc;
}


static void
fuzz_media(vet_str_t header, uint64_t *digest)
{
    int          rc;
    vet_str_t    copy;
    vet_media_t  media;

    copy = fuzz_copy(header);

    rc = vet_media_read(copy, &media);

    fuzz_slice(copy, media.type);
    fuzz_slice(copy, media.subtype);
    fuzz_slice(copy, media.charset);
    fuzz_slice(copy, media.boundary);

    FUZZ_CHECK(rc != VET_OK || (media.type.len != 0 && media.subtype.len != 0));
    FUZZ_CHECK(media.has_boundary || media.boundary.len == 0);
    FUZZ_CHECK(media.has_charset || media.charset.len == 0);

    fuzz_digest_size(digest, (size_t) (rc != VET_OK));
    fuzz_digest_str(digest, media.charset);
    fuzz_digest_str(digest, media.boundary);

    fuzz_copy_free(copy);
}


static void
fuzz_slice(vet_str_t header, vet_str_t s)
{
    FUZZ_CHECK(s.len == 0 || (s.data >= header.data
                              && s.data + s.len <= header.data + header.len));
}
