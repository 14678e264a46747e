/*
 * Copyright (C) the moderate authors
 *
 * What went wrong, in words for who can do something about it.
 */

import { Refusal } from "./api.js";
import { node } from "./view.js";
import { called, word } from "./words.js";


/* The sentence for what the API refused. */

export function sentence(error) {
    if (error.code === "conflict") {
        return word("conflict", error.body.by || word("someone"),
                    called("states", error.body.state));
    }

    return called("problems", error.code)
           + (error.status ? ` (${error.status})` : "");
}


export function problem(error) {
    if (!(error instanceof Refusal)) {
        throw error;
    }

    node("problem").textContent = sentence(error);
}


export function solved() {
    node("problem").textContent = "";
}
