/*
 * Copyright (C) the moderate authors
 *
 * One decision on all that are selected, after a look at them.
 */

import { decideLater } from "./decisions.js";
import { askReason, preview } from "./dialogs.js";
import { selectNone } from "./queue.js";
import { possible } from "./steps.js";
import { view } from "./view.js";
import { called, number, word } from "./words.js";


export async function bulk(action) {
    const items = view.items.filter((item) => (
        view.selected.has(item.id) && possible(item).includes(action)
        && !view.leaving.has(item.id)));

    if (items.length === 0) {
        return;
    }

    const title = word(action === "approve" ? "previewApprove"
                                            : "previewReject",
                       number(items.length));
    const lines = items.map((item) => ({
        text: item.excerpt, result: called("states", item.state)
    }));

    if (!await preview(title, action, lines)) {
        return;
    }

    const reason = action === "reject" ? await askReason(title) : null;

    if (action === "reject" && !reason) {
        return;
    }

    decideLater(items, action, reason ? { reason } : null,
                action === "approve" ? "soonApprove" : "soonReject");
    selectNone();
}
