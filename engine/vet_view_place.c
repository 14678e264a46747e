
/*
 * Copyright (C) the moderate authors
 *
 * The way from a view back to its value, and from a value to its view.
 */


#include "vet_rules.h"


static size_t vet_view_find(const vet_view_t *view, size_t pos);


size_t
vet_view_start(const vet_view_t *view, size_t pos)
{
    pos = vet_view_base_start(view, pos);

    return (view->base == NULL) ? pos : vet_view_start(view->base, pos);
}


size_t
vet_view_end(const vet_view_t *view, size_t pos)
{
    pos = vet_view_base_end(view, pos);

    return (view->base == NULL) ? pos : vet_view_end(view->base, pos);
}


size_t
vet_view_base_start(const vet_view_t *view, size_t pos)
{
    const vet_span_t  *span;

    if (view->nspans == 0) {
        return pos;
    }

    span = &view->spans[vet_view_find(view, pos)];

    if (span->to == 0) {
        return span->from + (pos - span->view);
    }

    return (pos == view->text.len) ? span->to : span->from;
}


size_t
vet_view_base_end(const vet_view_t *view, size_t pos)
{
    const vet_span_t  *span;

    if (view->nspans == 0 || pos == 0) {
        return pos;
    }

    span = &view->spans[vet_view_find(view, pos - 1)];

    return (span->to == 0) ? span->from + (pos - span->view) : span->to;
}


int
vet_view_row(const vet_view_t *view, size_t start, size_t end, size_t *from)
{
    size_t             i;
    const vet_span_t  *span;

    *from = start;

    if (view->nspans == 0) {
        return 1;
    }

    i = vet_view_find(view, start);
    span = &view->spans[i];
    *from = span->from + (start - span->view);

    return span->to == 0
           && (i + 1 == view->nspans || end <= span[1].view);
}


/* Returns the span that has the byte of the view at pos, or the last one. */

static size_t
vet_view_find(const vet_view_t *view, size_t pos)
{
    size_t  low, high, mid;

    low = 0;
    high = view->nspans;

    while (high - low > 1) {
        mid = low + (high - low) / 2;

        if (view->spans[mid].view <= pos) {
            low = mid;

        } else {
            high = mid;
        }
    }

    return low;
}


size_t
vet_view_place(const vet_view_t *view, size_t from)
{
    size_t             low, high, mid;
    const vet_span_t  *span;

    if (view->nspans == 0) {
        return from;
    }

    low = 0;
    high = view->nspans;

    while (high - low > 1) {
        mid = low + (high - low) / 2;

        if (view->spans[mid].from <= from) {
            low = mid;

        } else {
            high = mid;
        }
    }

    span = &view->spans[low];

    if (span->to == 0) {
        return span->view + (from - span->from);
    }

    return (from < span->to) ? span->view : view->text.len;
}
