
/*
 * Copyright (C) the moderate authors
 *
 * Counting texts by their source and label, in JSON that can be printed.
 */


#include "moderatectl.h"


json_t *
moderatectl_count_group(json_t *groups, const moderatectl_record_t *record,
    const char *label)
{
    json_t  *sources;

    sources = moderatectl_child(groups,
                                moderatectl_record_name(record, "source"));

    return moderatectl_child(sources, moderatectl_record_name(record, label));
}


json_t *
moderatectl_child(json_t *object, const char *name)
{
    json_t  *child;

    child = json_object_get(object, name);

    if (child == NULL && object != NULL) {
        child = json_object();

        if (json_object_set_new(object, name, child) != 0) {
            return NULL;
        }
    }

    return child;
}


int
moderatectl_count(json_t *object, const char *name)
{
    return json_object_set_new(object, name, json_integer(
                               moderatectl_number(object, name) + 1));
}


int
moderatectl_count_verdict(json_t *object, vet_action_t verdict)
{
    int          action;
    const char  *name;

    for (action = VET_PASS; action <= VET_REJECT; action++) {
        name = moderatectl_action((vet_action_t) action);

        if (json_object_set_new(object, name, json_integer(
                                moderatectl_number(object, name)
                                + (action == (int) verdict))) != 0)
        {
            return -1;
        }
    }

    return 0;
}


json_int_t
moderatectl_number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}


json_t *
moderatectl_count_list(json_t *groups)
{
    json_t      *list, *labels, *counts, *row;
    const char  *source, *label;

    list = json_array();

    json_object_foreach(groups, source, labels) {
        json_object_foreach(labels, label, counts) {

            row = json_pack("{s:s,s:s}", "source", source, "label", label);

            if (json_array_append_new(list, row) != 0
                || json_object_update(row, counts) != 0)
            {
                json_decref(list);
                return NULL;
            }
        }
    }

    return list;
}
