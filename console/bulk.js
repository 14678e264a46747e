/*
 * Copyright (C) the moderate authors
 *
 * One decision on all that are selected, after a look at what would come of
 * it.
 */

import { Refusal, portions, together } from "./api.js";
import { decideLater } from "./decisions.js";
import { askReason, preview } from "./dialogs.js";
import { begins, problem, sentence } from "./problem.js";
import { selectNone } from "./queue.js";
import { view } from "./view.js";
import { called, number, word } from "./words.js";

const titles = { approve: "previewApprove", reject: "previewReject" };
const texts = { approve: "soonApprove", reject: "soonReject" };


export async function bulk(action) {
    const items = view.items.filter((item) => (
        view.selected.has(item.id) && !view.leaving.has(item.id)));

    if (items.length === 0) {
        return;
    }

    let results;

    try {
        results = await look(items, action);

    } catch (error) {
        problem(error);
        return;
    }

    const able = items.filter((item, index) => !results[index].error);
    const title = word(titles[action], number(able.length));
    const lines = items.map((item, index) => ({
        text: begins(item), result: outcome(item, results[index])
    }));

    if (!await preview(title, action, lines, able.length > 0)) {
        return;
    }

    const body = action === "reject" ? await askReason(title) : null;

    if (action === "reject" && !body) {
        return;
    }

    decideLater(able, action, body, texts[action]);
    selectNone();
}


/* A rejection has a reason, which is asked for when it is known of what. */

async function look(items, action) {
    const results = [];

    for (const some of portions(items)) {
        const answer = await together(some, action, {
            reason: "other", preview: true
        });

        results.push(...answer.results);
    }

    return results;
}


function outcome(item, result) {
    return result.error
           ? sentence(new Refusal(result.status, result))
           : `${called("states", item.state)} → ${called("states", result.to)}`;
}
