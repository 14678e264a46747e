/*
 * Copyright (C) the moderate authors
 *
 * Others work on the same queue.  The audit log is asked what happened since
 * the last look, which is one small answer when nothing did; the queue is read
 * again only when something may have come into it.
 */

import { events, list, now } from "./api.js";
import { read } from "./open.js";
import { problem, solved } from "./problem.js";
import { change, refresh } from "./queue.js";
import { PAGE, listed, node, view } from "./view.js";

const EVERY = 800;          /* ms between looks */
const EVERY_IDLE = 10000;   /* when nobody has touched it for a minute */
const IDLE = 60000;
const WHOLE = 30000;        /* ms after which the queue is read anyway */
const EVENTS = 1000;        /* of one answer */
const MANY = 5000;          /* after a day in which nobody looked */
const SKEW = 60000;         /* ms the clock of Redis may be behind */

let after = null;           /* the seq of the last event that was seen */
let seen = 0;               /* when it was asked for */
let whole = 0;              /* when the queue was read */


export function watch() {
    const idle = Date.now() - view.touched > IDLE;

    setTimeout(async () => {
        try {
            if (!document.hidden && !node("at-queue").hidden) {
                await look();
            }

        } finally {
            watch();
        }
    }, idle ? EVERY_IDLE : EVERY);
}


/* Of a queue that is read now. */

export function rebase() {
    if (Date.now() - seen > SKEW / 2) {
        after = `${now() - SKEW}-0`;
    }

    whole = Date.now();
}


async function look() {
    try {
        const happened = await since();
        const moved = happened.filter(tell);

        if (moved.some(mayEnter) || Date.now() - whole > WHOLE) {
            const filters = view.filters;
            const page = await list({ ...filters, limit: PAGE });

            if (filters === view.filters) {
                whole = Date.now();
                refresh(page);
            }
        }

        await lookAtOpen(happened);
        solved(true);

    } catch (error) {
        problem(error, true);
    }
}


/* Of too many to be told one by one the queue is read instead. */

async function since() {
    const all = [];
    let answer;

    do {
        if (all.length >= MANY) {
            after = `${now() - SKEW}-0`;
            whole = 0;
            break;
        }

        answer = await events(after, EVENTS);
        all.push(...answer.events);

        if (answer.events.length) {
            after = answer.events.at(-1).seq;
        }

    } while (answer.next !== null);

    seen = Date.now();

    return all;
}


/*
 * A row shows where its item went, without asking for it; false: it is known
 * already.
 */

function tell(event) {
    const item = listed(event.id);

    if (item === null) {
        return true;
    }

    if (!event.to || event.version <= item.version
        || view.leaving.has(event.id))
    {
        return false;
    }

    change(event.id, {
        state: event.to, version: event.version,
        claimed_by: event.to === "claimed" ? event.actor : null
    });

    return true;
}


/* Into what is listed, or out of what waits to be asked for. */

function mayEnter(event) {
    const { state } = view.filters;

    return Boolean(event.to) && listed(event.id) === null
           && (!state || state.split(",").includes(event.to)
               || view.fresh.some((item) => item.id === event.id));
}


/* Someone may claim, decide or note something on what is being read. */

async function lookAtOpen(happened) {
    const { open } = view;

    if (open === null || view.leaving.has(open.id)) {
        return;
    }

    const item = listed(open.id);
    const told = happened.some((event) => (
        event.id === open.id
        && (event.version > open.version || event.event === "note")));

    if (told || (item && item.version > open.version)) {
        await read(open.id);
    }
}
