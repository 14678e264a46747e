
/*
 * Copyright (C) the moderate authors
 *
 * Sets of hosts: as many names as a list has, found at the cost of one.
 *
 * A name has one spelling here: lower case, Unicode labels as punycode (RFC
 * 3492), no final dot.  It is built from its end, so that each label that is
 * put before it is one more question to the set: is this name in it.
 */


#include <string.h>

#include "vet_rules.h"


#define VET_LABEL_LEN       63
#define VET_LABELS          16       /* of a name in a set */
#define VET_PUNY            "xn--"

#define VET_PUNY_BASE       36
#define VET_PUNY_TMIN       1
#define VET_PUNY_TMAX       26
#define VET_PUNY_SKEW       38
#define VET_PUNY_DAMP       700
#define VET_PUNY_BIAS       72
#define VET_PUNY_N          0x80

#define VET_HOST_HASH       0x811c9dc5u     /* FNV-1a, 32 bits */
#define VET_HOST_PRIME      0x01000193u


struct vet_host_set_s {
    vet_str_t              *names;
    unsigned char          *exact;      /* no sub-domains: an address */
    uint32_t               *slots;      /* a place in names and 1; 0: free */
    size_t                  mask;
    size_t                  n;
};

/* A name that is being built, from its end. */

typedef struct {
    unsigned char           bytes[VET_HOST_LEN];
    size_t                  start;
    uint32_t                hash;
} vet_host_t;


static int vet_hosts_read(vet_pool_t *pool, const vet_phrase_t *phrase,
    vet_str_t *name, vet_errors_t *errors);
static int vet_host_good(vet_str_t name);
static int vet_host_address(vet_str_t name);
static int vet_hosts_fill(vet_ruleset_t *rs, vet_host_set_t *set);
static const vet_str_t *vet_hosts_get(const vet_host_set_t *set,
    const vet_host_t *host, size_t *index);
static void vet_host_begin(vet_host_t *host);
static int vet_host_put(vet_host_t *host, vet_str_t label);
static int vet_host_prepend(vet_host_t *host, const unsigned char *p,
    size_t len);
static vet_str_t vet_host_last(vet_str_t *host);
static size_t vet_host_puny(vet_str_t label, unsigned char *out);
static size_t vet_puny_number(uint32_t delta, uint32_t bias,
    unsigned char *out, size_t room);
static uint32_t vet_puny_adapt(uint32_t delta, uint32_t n, int first);


int
vet_hosts_compile(vet_ruleset_t *rs, vet_test_rule_t *rule,
    vet_errors_t *errors)
{
    int              rc, result;
    size_t           i;
    vet_host_set_t  *set;

    set = vet_pcalloc(rs->pool, sizeof(vet_host_set_t));
    if (set == NULL) {
        return VET_ERROR;
    }

    set->names = vet_pcalloc(rs->pool, (rule->nphrases + 1)
                                       * sizeof(vet_str_t));
    set->exact = vet_pcalloc(rs->pool, rule->nphrases + 1);

    if (set->names == NULL || set->exact == NULL) {
        return VET_ERROR;
    }

    result = VET_OK;

    for (i = 0; i < rule->nphrases; i++) {
        rc = vet_hosts_read(rs->pool, &rule->phrases[i], &set->names[set->n],
                            errors);

        if (rc == VET_ERROR) {
            return VET_ERROR;
        }

        if (rc != VET_OK) {
            result = rc;
            continue;
        }

        set->exact[set->n] = (vet_host_address(set->names[set->n]) != 0);
        set->n++;
    }

    rule->hosts = set;

    return (result == VET_OK) ? vet_hosts_fill(rs, set) : result;
}


static int
vet_hosts_read(vet_pool_t *pool, const vet_phrase_t *phrase, vet_str_t *name,
    vet_errors_t *errors)
{
    size_t          len;
    vet_view_t      view;
    vet_shown_t     shown;
    unsigned char  *p, bytes[VET_HOST_LEN];

    if (vet_view_build(pool, phrase->text, VET_VIEW_WORDS, &view) != VET_OK) {
        return VET_ERROR;
    }

    len = vet_host_good(view.text) ? vet_host_name(view.text, bytes) : 0;

    if (len == 0) {
        vet_rule_error(errors, &phrase->place, "bad host \"%s\", expected a "
                       "name such as example.com, or an address",
                       vet_shown(&shown, phrase->text));
        return VET_DECLINED;
    }

    p = vet_palloc(pool, len);
    if (p == NULL) {
        return VET_ERROR;
    }

    memcpy(p, bytes, len);
    name->data = p;
    name->len = len;

    return VET_OK;
}


static int
vet_host_good(vet_str_t name)
{
    size_t    i, labels;
    uint32_t  cp;

    labels = 1;

    for (i = 0; i < name.len; /* void */ ) {
        i += vet_uni_read(name.data + i, name.len - i, &cp);

        labels += (cp == '.' && i < name.len);

        if (cp != '.' && cp != '-' && cp != '_' && cp != ':'
            && (vet_uni(cp)->flags & VET_UNI_WORD) == 0)
        {
            return 0;
        }
    }

    return name.len != 0 && name.data[0] != '.' && labels <= VET_LABELS;
}


/* An IP address, also in other bases; or one label: nothing is under it. */

static int
vet_host_address(vet_str_t name)
{
    size_t  i;

    for (i = 0; i < name.len; i++) {
        if (name.data[i] == ':') {
            return 1;
        }
    }

    for (i = name.len; i > 0 && name.data[i - 1] != '.'; i--) { /* void */ }

    return i == 0 || (name.data[i] >= '0' && name.data[i] <= '9');
}


static int
vet_hosts_fill(vet_ruleset_t *rs, vet_host_set_t *set)
{
    size_t      i, k, size;
    vet_host_t  host;

    for (size = 16; size < 2 * set->n; size *= 2) { /* void */ }

    set->slots = vet_pcalloc(rs->pool, size * sizeof(uint32_t));
    if (set->slots == NULL) {
        return VET_ERROR;
    }

    set->mask = size - 1;

    for (i = 0; i < set->n; i++) {
        vet_host_begin(&host);
        (void) vet_host_prepend(&host, set->names[i].data, set->names[i].len);

        if (vet_hosts_get(set, &host, &k) == NULL) {
            set->slots[k] = (uint32_t) i + 1;
        }
    }

    return VET_OK;
}


/* Sets index to the slot where the name is, or would be. */

static const vet_str_t *
vet_hosts_get(const vet_host_set_t *set, const vet_host_t *host,
    size_t *index)
{
    size_t            i, len;
    const vet_str_t  *name;

    len = sizeof(host->bytes) - host->start;

    for (i = host->hash & set->mask; set->slots[i] != 0;
         i = (i + 1) & set->mask)
    {
        name = &set->names[set->slots[i] - 1];

        if (name->len == len
            && memcmp(name->data, host->bytes + host->start, len) == 0)
        {
            *index = i;
            return name;
        }
    }

    *index = i;

    return NULL;
}


int
vet_hosts_find(const vet_host_set_t *set, vet_str_t host, int link)
{
    size_t            i, labels;
    vet_str_t         label;
    vet_host_t        built;
    const vet_str_t  *name;

    vet_host_begin(&built);

    /* a name in the set has no more labels than that */

    for (labels = 0; host.len != 0 && labels < VET_LABELS; labels++) {
        label = vet_host_last(&host);

        if (!vet_host_put(&built, label)) {
            return 0;
        }

        if (host.len == 0 && labels == 0 && !link) {
            return 0;
        }

        name = vet_hosts_get(set, &built, &i);

        if (name != NULL && (host.len == 0 || !set->exact[name - set->names]))
        {
            return 1;
        }
    }

    return 0;
}


size_t
vet_host_name(vet_str_t host, unsigned char *name)
{
    size_t      len;
    vet_str_t   label;
    vet_host_t  built;

    vet_host_begin(&built);

    while (host.len != 0 && host.data[host.len - 1] == '.') {
        host.len--;
    }

    while (host.len != 0) {
        label = vet_host_last(&host);

        if (!vet_host_put(&built, label)) {
            return 0;
        }
    }

    len = sizeof(built.bytes) - built.start;
    memcpy(name, built.bytes + built.start, len);

    return len;
}


static void
vet_host_begin(vet_host_t *host)
{
    host->start = sizeof(host->bytes);
    host->hash = VET_HOST_HASH;
}


/* Puts a label, and a dot, before what is there; 0: no host has that. */

static int
vet_host_put(vet_host_t *host, vet_str_t label)
{
    size_t         i, len;
    unsigned char  puny[VET_LABEL_LEN];

    if (label.len == 0) {
        return 0;
    }

    if (host->start != sizeof(host->bytes)
        && !vet_host_prepend(host, (const unsigned char *) ".", 1))
    {
        return 0;
    }

    for (i = 0; i < label.len && label.data[i] < 0x80; i++) { /* void */ }

    if (i == label.len) {
        return label.len <= VET_LABEL_LEN
               && vet_host_prepend(host, label.data, label.len);
    }

    len = vet_host_puny(label, puny);

    return len != 0 && vet_host_prepend(host, puny, len);
}


/* The hash goes by the bytes from the last to the first. */

static int
vet_host_prepend(vet_host_t *host, const unsigned char *p, size_t len)
{
    if (len > host->start) {
        return 0;
    }

    while (len > 0) {
        len--;
        host->bytes[--host->start] = p[len];
        host->hash = (host->hash ^ p[len]) * VET_HOST_PRIME;
    }

    return 1;
}


/* Takes the last label off. */

static vet_str_t
vet_host_last(vet_str_t *host)
{
    size_t     i;
    vet_str_t  label;

    for (i = host->len; i > 0 && host->data[i - 1] != '.'; i--) { /* void */ }

    label.data = host->data + i;
    label.len = host->len - i;
    host->len = (i == 0) ? 0 : i - 1;

    return label;
}


/*
 * RFC 3492, section 6.3.  Returns how many bytes of VET_LABEL_LEN are written;
 * 0: it does not fit, no label is so long.
 */

static size_t
vet_host_puny(vet_str_t label, unsigned char *out)
{
    size_t    i, n, len, digits;
    uint32_t  cp, code, least, delta, done, basic, bias;
    uint32_t  cps[VET_LABEL_LEN];

    len = sizeof(VET_PUNY) - 1;
    memcpy(out, VET_PUNY, len);
    n = 0;

    for (i = 0; i < label.len; /* void */ ) {
        i += vet_uni_read(label.data + i, label.len - i, &cp);

        if (n == VET_LABEL_LEN || len == VET_LABEL_LEN) {
            return 0;
        }

        cps[n++] = cp;

        if (cp < VET_PUNY_N) {
            out[len++] = (unsigned char) cp;
        }
    }

    basic = (uint32_t) (len - (sizeof(VET_PUNY) - 1));
    done = basic;

    if (basic != 0) {
        if (len == VET_LABEL_LEN) {
            return 0;
        }

        out[len++] = '-';
    }

    code = VET_PUNY_N;
    delta = 0;
    bias = VET_PUNY_BIAS;

    while (done < n) {
        least = UINT32_MAX;

        for (i = 0; i < n; i++) {
            least = (cps[i] >= code && cps[i] < least) ? cps[i] : least;
        }

        /* below 2^32: 0x10ffff times a label's code points */

        delta += (least - code) * (done + 1);
        code = least;

        for (i = 0; i < n; i++) {
            delta += (cps[i] < code);

            if (cps[i] != code) {
                continue;
            }

            digits = vet_puny_number(delta, bias, out + len,
                                     VET_LABEL_LEN - len);
            if (digits == 0) {
                return 0;
            }

            len += digits;
            bias = vet_puny_adapt(delta, done + 1, done == basic);
            delta = 0;
            done++;
        }

        delta++;
        code++;
    }

    return len;
}


static size_t
vet_puny_number(uint32_t delta, uint32_t bias, unsigned char *out,
    size_t room)
{
    size_t    len;
    uint32_t  k, t, digit;

    len = 0;

    for (k = VET_PUNY_BASE; /* void */ ; k += VET_PUNY_BASE) {
        t = (k <= bias) ? VET_PUNY_TMIN
            : (k >= bias + VET_PUNY_TMAX) ? VET_PUNY_TMAX : k - bias;
        digit = (delta < t) ? delta : t + (delta - t) % (VET_PUNY_BASE - t);

        if (len == room) {
            return 0;
        }

        out[len++] = (unsigned char) (digit < 26 ? 'a' + digit
                                                 : '0' + digit - 26);
        if (delta < t) {
            return len;
        }

        delta = (delta - t) / (VET_PUNY_BASE - t);
    }
}


static uint32_t
vet_puny_adapt(uint32_t delta, uint32_t n, int first)
{
    uint32_t  k;

    delta = first ? delta / VET_PUNY_DAMP : delta / 2;
    delta += delta / n;

    for (k = 0; delta > (VET_PUNY_BASE - VET_PUNY_TMIN) * VET_PUNY_TMAX / 2;
         k += VET_PUNY_BASE)
    {
        delta /= VET_PUNY_BASE - VET_PUNY_TMIN;
    }

    return k + (VET_PUNY_BASE - VET_PUNY_TMIN + 1) * delta
               / (delta + VET_PUNY_SKEW);
}


vet_str_t
vet_host_of(vet_str_t link)
{
    size_t     i, start;
    vet_str_t  host;

    start = 0;

    for (i = 0; i + 2 < link.len; i++) {
        if (memcmp(link.data + i, "://", 3) == 0) {
            start = i + 3;
            break;
        }
    }

    for (i = start; i < link.len; i++) {
        if (strchr("/?#\\", link.data[i]) != NULL) {
            break;
        }

        if (link.data[i] == '@') {
            start = i + 1;
        }
    }

    host.data = link.data + start;
    host.len = i - start;

    for (i = 0; i < host.len && host.data[i] != ':'; i++) { /* void */ }

    host.len = i;

    return host;
}
