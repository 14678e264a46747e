/*
 * Copyright (C) the moderate authors
 *
 * Decisions on one item: they wait to be taken back, are sent, and tell what
 * came of them.
 */

import { Refusal, decide, portions, show, together } from "./api.js";
import { askReason } from "./dialogs.js";
import { covered } from "./groups.js";
import { openAt, read } from "./open.js";
import { begins, problem, sentence } from "./problem.js";
import { change, drawRow } from "./queue.js";
import { own, possible, ranOut, taken, unsure } from "./steps.js";
import { back, later, tell } from "./undo.js";
import { current, listed, me, view } from "./view.js";
import { called, number, word } from "./words.js";

const REREAD = 50;          /* items, of many that were refused or not sent */

let rejected = [];          /* what was rejected last, by id */


export async function act(seen, asked) {
    if (seen === null || view.leaving.has(seen.id)) {
        return;
    }

    const item = unsure(seen) ? await whole(seen) : seen;

    if (item === null) {
        return;
    }

    const able = possible(item);

    /* the key of a claim also ends one */

    const action = asked === "claim" && !able.includes("claim") ? "unclaim"
                                                                : asked;

    if (!able.includes(action)) {
        tell(whyNot(item));
        return;
    }

    if (action === "approve") {
        decideLater([item], action, null, "soonApprove");
        return;
    }

    if (action !== "reject") {
        await send([item], action, null, false);
        return;
    }

    const body = await askReason(begins(item));

    if (body) {
        decideLater([item], action, body, "soonReject");
    }
}


/* A list does not tell all of an item; it is its version that was seen. */

async function whole(seen) {
    try {
        return { ...await show(seen.id), version: seen.version };

    } catch (error) {
        problem(error);
        return null;
    }
}


function whyNot(item) {
    if (me.role === "viewer") {
        return called("problems", "viewer");
    }

    if (item.history && own(item)) {
        return word("own");
    }

    if (taken(item) && !ranOut(item)) {
        return word("claimedBy", item.claimed_by);
    }

    return word("notNow", called("states", item.state));
}


/*
 * What waits is taken back.  Else what was rejected last is undone, all of it;
 * or the item at hand, if it was another time.
 */

export async function undo() {
    const item = current();

    if (back()) {
        return;
    }

    if (item && ["rejected", "approved"].includes(item.state)
        && !rejected.some(({ id }) => id === item.id))
    {
        await act(item, "undo");

    } else if (rejected.length) {
        const items = rejected;

        rejected = [];
        await send(items, "undo", null, false);
    }
}


/* The rows stay where they are, and the cursor goes on. */

export function decideLater(items, action, body, text) {
    later((left) => word(text, number(left)),
          (keepalive) => send(items, action, body, keepalive),
          () => takeBack(items));

    leave(items, true);

    const next = view.items.findIndex((item, index) => (
        index > view.cursor && !view.leaving.has(item.id)
        && !covered(item)));

    if (items.length === 1 && next >= 0) {
        openAt(next);
    }
}


/* What others did with them meanwhile was not shown. */

function takeBack(items) {
    leave(items, false);
    items.slice(0, REREAD).forEach(({ id }) => read(id));
}


function leave(items, leaving) {
    for (const { id } of items) {
        const item = listed(id);

        if (leaving) {
            view.leaving.add(id);

        } else {
            view.leaving.delete(id);
        }

        if (item) {
            drawRow(item);
        }
    }
}


/* Each by itself: one that was decided by another does not stop the rest. */

async function send(items, action, body, keepalive) {
    const results = items.length === 1
        ? [await sendOne(items[0], action, body, keepalive)]
        : await sendMany(items, action, body, keepalive);

    leave(items, false);

    for (const { id, now } of results) {
        if (now) {
            change(id, now);
        }
    }

    await Promise.all(results.filter(({ id, now }) => (
        !now || (view.open && view.open.id === id)))
        .slice(0, REREAD).map(({ id }) => read(id)));
    told(results, action);
}


function told(results, action) {
    const failed = results.filter((result) => !result.ok);

    if (action === "reject") {
        rejected = results.filter((result) => result.ok)
            .map(({ id, now }) => ({ id, version: now.version }));
    }

    tell((results.length === 1 ? results[0].text
          : word("result", number(results.length - failed.length),
                 number(failed.length)) + reasons(failed))
         + (action === "reject" && rejected.length
            ? `. ${word("undoHint")}` : ""));
}


/* The same is said once, with the number of times. */

function reasons(failed) {
    const times = new Map();

    for (const { text } of failed) {
        times.set(text, (times.get(text) || 0) + 1);
    }

    return [...times].map(([text, n]) => (
        `\n${n > 1 ? `${number(n)} × ` : ""}${text}`)).join("");
}


async function sendOne(item, action, body, keepalive) {
    try {
        return result(await decide(item, action, body, keepalive));

    } catch (error) {
        return refused(item.id, error);
    }
}


/* Who leaves the page sends all at once: there is nobody to wait any more. */

async function sendMany(items, action, body, keepalive) {
    const results = [];

    if (keepalive) {
        return (await Promise.all(portions(items).map((some) => (
            sendPortion(some, action, body, true))))).flat();
    }

    for (const some of portions(items)) {
        results.push(...await sendPortion(some, action, body, false));
    }

    return results;
}


async function sendPortion(items, action, body, keepalive) {
    try {
        const answer = await together(items, action, { ...body, keepalive });

        return answer.results.map((one) => (
            one.error ? refused(one.id, new Refusal(one.status, one))
                      : result(one)));

    } catch (error) {
        return items.map(({ id }) => refused(id, error));
    }
}


/* How it ended: in words, and as the item is now, where that is known. */

function result(done) {
    const status = done.replay && done.replay.status;

    return {
        id: done.id,
        now: { state: done.state, version: done.version, claimed_by: null },
        ok: done.state !== "failed" && done.state !== "unknown",
        text: called("states", done.state)
              + (status ? `: ${word("delivery", status)}` : "")
    };
}


function refused(id, error) {
    if (!(error instanceof Refusal)) {
        throw error;
    }

    return { id, now: null, ok: false, text: sentence(error) };
}
