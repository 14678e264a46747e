/*
 * Copyright (C) the moderate authors
 *
 * Items that are alike stand together, and the first one stands for all of
 * them until the group is opened.
 */

import { view } from "./view.js";

let groups = new Map();     /* by the id of each of their items */


/*
 * What is left of a text without what campaigns vary: numbers (hidden ones
 * too), links, capitals, spacing, and signs that nobody sees.
 */

function bare(text) {
    return text.normalize("NFKC").toLowerCase()
        .replace(/\p{Default_Ignorable_Code_Point}/gu, "")
        .replace(/(https?:\/\/|www\.)\S*|\S+\.\p{L}{2,}(\/\S*)?/gu, "@")
        .replace(/[\p{N}*]+/gu, "0")
        .replace(/[^\p{L}\p{M}0@]+/gu, "")
        .replace(/0+/g, "0");
}


function ruleSet(item) {
    return [...new Set((item.hits || []).map(({ rule }) => rule))].sort()
        .join(" ");
}


/* "" is like nothing else. */

const keys = {
    text: (item) => bare(item.excerpt || ""),
    rules: ruleSet
};


/*
 * Puts the items in order: as they came, or groups, each where its newest item
 * was.  Groups that were open stay so.
 */

export function arrange() {
    const opened = new Set([...groups.values()].filter(({ open }) => open)
        .map(({ key }) => key));
    const at = view.items[view.cursor];

    groups = new Map();
    view.items.sort(newest);

    if (keys[view.grouping]) {
        gather(opened);
    }

    view.cursor = at ? view.items.indexOf(at) : -1;
}


function newest(one, two) {
    return one.received !== two.received
           ? (one.received < two.received ? 1 : -1)
           : (one.id < two.id ? 1 : -1);
}


function gather(opened) {
    const found = new Map();

    for (const item of view.items) {
        const key = keys[view.grouping](item) || item.id;
        const group = found.get(key) || { key, open: opened.has(key),
                                          items: [] };

        group.items.push(item);
        found.set(key, group);
    }

    view.items = [...found.values()].flatMap(({ items }) => items);

    for (const group of found.values()) {
        if (group.items.length > 1) {
            group.items.forEach(({ id }) => groups.set(id, group));
        }
    }
}


/* The group that an item is the first one of, or null. */

export function headed(item) {
    const group = groups.get(item.id);

    return group && group.items[0] === item ? group : null;
}


/* Whether another one stands for it. */

export function covered(item) {
    const group = groups.get(item.id);

    return Boolean(group) && !group.open && group.items[0] !== item;
}


/* Whether it is shown below the one that stands for it. */

export function inside(item) {
    const group = groups.get(item.id);

    return Boolean(group) && group.open && group.items[0] !== item;
}


/* What is meant when an item is selected. */

export function meant(item) {
    const group = headed(item);

    return group && !group.open ? group.items : [item];
}
