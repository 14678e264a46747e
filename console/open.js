/*
 * Copyright (C) the moderate authors
 *
 * The submission that is open beside the queue.
 */

import { show } from "./api.js";
import { detail } from "./item.js";
import { problem } from "./problem.js";
import { change, moveTo } from "./queue.js";
import { el } from "./text.js";
import { node, view } from "./view.js";
import { word } from "./words.js";

let wanted = null;      /* the id that was last asked for */


export async function openAt(index) {
    moveTo(index);

    const item = view.items[index];

    if (item) {
        await read(item.id, true);
    }
}


/* Reads an item; it is shown if it is the one that is open, or is to be. */

export async function read(id, opens = false) {
    if (opens) {
        wanted = id;
    }

    try {
        const item = await show(id);

        if ((opens && wanted === id) || (view.open && view.open.id === id)) {
            view.open = item;
            drawOpen();
        }

        change(id, item);

        return item;

    } catch (error) {
        problem(error);
        return null;
    }
}


export function drawOpen() {
    if (view.open === null) {
        node("detail").replaceChildren(el("p", {}, word("choose")));
        return;
    }

    const name = document.activeElement.closest("#detail [data-action]")
                 ?.dataset.action;

    detail(node("detail"), view.open);

    if (name) {
        (node("detail").querySelector(`[data-action="${name}"]`)
         || node("item")).focus();
    }
}
