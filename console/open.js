/*
 * Copyright (C) the moderate authors
 *
 * The submission that is open beside the queue.
 */

import { addNote, reveal, show } from "./api.js";
import { detail } from "./item.js";
import { problem, solved } from "./problem.js";
import { change, moveTo } from "./queue.js";
import { decides, hides } from "./steps.js";
import { el } from "./text.js";
import { node, view } from "./view.js";
import { word } from "./words.js";

const drafts = new Map();   /* notes that are being written, by id */

let wanted = null;          /* the id that was last asked for */
let revealed = null;        /* the open item with nothing hidden */
let noted = null;           /* the id that the note is written on */


export async function openAt(index) {
    moveTo(index);

    const item = view.items[index];

    if (item) {
        solved();
        await read(item.id, true);

        /* where it is below the queue, not beside it */

        if (node("item").offsetTop > node("queue").offsetTop) {
            node("item").scrollIntoView({ block: "start" });
        }
    }
}


export function close() {
    wanted = null;
    view.open = null;
    drawOpen();
}


/* Reads an item; it is shown if it is the one that is open, or is to be. */

export async function read(id, opens = false) {
    if (opens) {
        wanted = id;
    }

    try {
        const item = asSeen(await show(id));

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


/*
 * What was revealed stays so while it is open, whatever others do with it: the
 * text does not change, and nobody has to ask for it twice.
 */

function asSeen(item) {
    if (revealed === null || revealed.id !== item.id) {
        return item;
    }

    const { fields, excerpt, uri, body, masked } = revealed;

    return { ...item, fields, excerpt, uri, body, masked,
             appeal: revealed.appeal === null ? item.appeal
                                              : revealed.appeal };
}


export async function unmask() {
    const { open } = view;

    if (open === null || !hides(open)) {
        return;
    }

    try {
        const item = await reveal(open.id);

        if (view.open && view.open.id === item.id) {
            revealed = item;
            view.open = item;
            solved();
            drawOpen();
        }

    } catch (error) {
        problem(error);
    }
}


export function drawOpen() {
    if (revealed !== null && (!view.open || view.open.id !== revealed.id)) {
        revealed = null;
    }

    drawNote();

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


/* What is written there stays with its item, whatever is opened meanwhile. */

function drawNote() {
    const id = view.open ? view.open.id : null;

    node("note").hidden = id === null || !decides();

    if (id !== noted) {
        drafts.set(noted, node("note-text").value);
        node("note-text").value = drafts.get(id) || "";
        noted = id;
    }
}


export async function note() {
    const id = noted;

    try {
        await addNote(id, node("note-text").value);
        drafts.delete(id);

        if (id === noted) {
            node("note-text").value = "";
        }

        solved();
        await read(id);

    } catch (error) {
        problem(error);
    }
}
