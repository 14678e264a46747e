/*
 * Copyright (C) the moderate authors
 *
 * Decisions on one item: they wait to be taken back, are sent, and tell what
 * came of them.
 */

import { Refusal, decide, show } from "./api.js";
import { askReason } from "./dialogs.js";
import { openAt, read } from "./open.js";
import { problem, sentence } from "./problem.js";
import { drawRow } from "./queue.js";
import { own, possible, ranOut, taken, unsure } from "./steps.js";
import { back, later, tell } from "./undo.js";
import { current, listed, me, view } from "./view.js";
import { called, number, word } from "./words.js";

let rejected = [];          /* what was rejected last, by id */


export async function act(seen, action) {
    if (seen === null || view.leaving.has(seen.id)) {
        return;
    }

    const item = unsure(seen) ? await whole(seen) : seen;

    if (item === null) {
        return;
    }

    if (!possible(item).includes(action)) {
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

    const reason = await askReason(item.excerpt);

    if (reason) {
        decideLater([item], action, { reason }, "soonReject");
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


export function claim() {
    const item = current();

    if (item) {
        act(item, item.state === "claimed" && !taken(item) ? "unclaim"
                                                            : "claim");
    }
}


/*
 * What waits is taken back; else the item at hand is undone, or what was
 * rejected last.
 */

export async function undo() {
    const item = current();

    if (back()) {
        return;
    }

    if (item && ["rejected", "approved"].includes(item.state)) {
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
          () => leave(items, false));

    leave(items, true);

    const next = view.items.findIndex((item, index) => (
        index > view.cursor && !view.leaving.has(item.id)));

    if (items.length === 1 && next >= 0) {
        openAt(next);
    }
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
    const results = [];

    if (keepalive) {
        items.forEach((item) => sendOne(item, action, body, true));
        return;
    }

    for (const item of items) {
        results.push(await sendOne(item, action, body, false));
    }

    leave(items, false);
    await Promise.all(items.map(({ id }) => read(id)));
    told(results, action);
}


function told(results, action) {
    const failed = results.filter((result) => !result.ok);

    if (action === "reject") {
        rejected = results.filter((result) => result.ok)
            .map(({ id, version }) => ({ id, version }));
    }

    tell((results.length === 1 ? results[0].text
          : word("result", number(results.length - failed.length),
                 number(failed.length))
            + failed.map((result) => `\n${result.text}`).join(""))
         + (action === "reject" && rejected.length
            ? `. ${word("undoHint")}` : ""));
}


async function sendOne(item, action, body, keepalive) {
    try {
        const done = await decide(item, action, body, keepalive);
        const status = done.replay && done.replay.status;

        return {
            id: item.id,
            version: done.version,
            ok: done.state !== "failed" && done.state !== "unknown",
            text: called("states", done.state)
                  + (status ? `: ${word("delivery", status)}` : "")
        };

    } catch (error) {
        if (!(error instanceof Refusal)) {
            throw error;
        }

        return { id: item.id, ok: false, text: sentence(error) };
    }
}
