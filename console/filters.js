/*
 * Copyright (C) the moderate authors
 *
 * What of the queue is listed.  It is in the address, #/queue?state=pending,
 * so that it can be kept, sent to somebody and gone back to.
 */

import { el } from "./text.js";
import { node, view } from "./view.js";
import { all, word } from "./words.js";

const NAMES = ["state", "category", "rule", "form"];
const GROUPINGS = ["text", "rules"];


/*
 * Of an address that does not say a state it is what waits for a decision;
 * appeals are those that nobody has decided about, claimed or not.
 */

export function take(query, state) {
    const said = NAMES.map((name) => [name, query.get(name) || ""])
        .filter(([, value]) => value);

    view.filters = Object.fromEntries(said);

    if (state) {
        Object.assign(view.filters, state);

    } else if (!query.has("state")) {
        view.filters.state = "pending";
    }

    view.grouping = GROUPINGS.find((name) => name === query.get("group")) || "";
    node("filters").elements.state.parentElement.hidden = Boolean(state);
    draw();
}


export function asked() {
    const query = new URLSearchParams();
    const box = node("filters").elements.state.parentElement;

    for (const name of NAMES) {
        const { value } = node("filters").elements[name];

        /* all states have to be said, as nothing stands for those that wait */

        if (name === "state" ? !box.hidden : value) {
            query.set(name, value);
        }
    }

    if (node("filters").elements.group.value) {
        query.set("group", node("filters").elements.group.value);
    }

    return query;
}


export function draw() {
    const { elements } = node("filters");

    options(elements.state, "states", ["lost"]);
    options(elements.category, "categories", []);

    elements.group.value = view.grouping;

    for (const name of NAMES) {
        elements[name].value = view.filters[name] || "";
    }
}


/* A value that has no word is there as it is. */

function options(box, entries, without) {
    const known = all(entries).filter(([code]) => !without.includes(code));
    const value = view.filters[box.name];

    if (value && !known.some(([code]) => code === value)) {
        known.push([value, value]);
    }

    box.replaceChildren(
        el("option", { value: "" }, word("any")),
        ...known.map(([code, text]) => el("option", { value: code }, text)));
}
