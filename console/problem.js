/*
 * Copyright (C) the moderate authors
 *
 * What went wrong, in words for who can do something about it.
 */

import { Refusal } from "./api.js";
import { node } from "./view.js";
import { called, word } from "./words.js";

let ofLook = false;     /* whether what is said is of a look at the queue */


/* The sentence for what the API refused. */

export function sentence(error) {
    if (error.code === "conflict") {
        return word("conflict", error.body.by || word("someone"),
                    called("states", error.body.state));
    }

    return called("problems", error.code)
           + (error.status ? ` (${error.status})` : "");
}


/* How an item begins, or why that cannot be read. */

export function begins(item) {
    return item.error ? called("problems", item.error) : item.excerpt || "";
}


/* What a look at the queue met is over with the next one; other things not. */

export function problem(error, look = false) {
    if (!(error instanceof Refusal)) {
        throw error;
    }

    ofLook = look;
    node("problem").textContent = sentence(error);
}


export function solved(look = false) {
    if (!look || ofLook) {
        node("problem").textContent = "";
    }
}
