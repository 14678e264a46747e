/*
 * Copyright (C) the moderate authors
 *
 * One submission: what was written, why it is held, what happened to it.
 */

import {
    decides, hides, judged, leaseEnd, own, possible, ranOut, taken, undoEnd
} from "./steps.js";
import { el, shown, write } from "./text.js";
import { called, number, time, word } from "./words.js";


const shortcuts = {
    approve: "a", reject: "r", claim: "c", unclaim: "c", undo: "u"
};


/* Shows it in a node; a button has what it does in data-action. */

export function detail(node, item) {
    const parts = [
        appeal(item), explanation(item), facts(item), buttons(item),
        masked(item),
        ...reasons(item), why(item)
    ];

    if (item.unreadable) {
        parts.push(el("h3", {}, word("unreadable")),
                   el("p", {}, el("code", {}, item.unreadable)));
    }

    for (const [index, field] of item.fields.entries()) {
        parts.push(fieldShown(item, field, index));
    }

    if (item.body) {
        const body = el("pre", { class: "value" });

        write(body, item.body);
        parts.push(el("h3", {}, word("body")), body);
    }

    parts.push(history(item), notes(item));
    node.replaceChildren(...parts.filter((part) => part !== null));
}


/* What the appeal says comes first, and what it is against. */

function appeal(item) {
    if (item.appeal === null) {
        return null;
    }

    const note = el("pre", { class: "value", dir: "auto" });
    const event = judged(item);

    write(note, item.appeal);

    return el("section", { class: "appeal" },
              el("h3", {}, word("appealBy")), note,
              el("p", {}, event === null ? word("decidedUnknown")
                 : word("decidedBefore", event.actor, time(event.time),
                        called("reasons", event.detail))));
}


/* What was written to the sender with the rejection. */

function explanation(item) {
    if (!item.explanation) {
        return null;
    }

    const text = el("pre", { class: "value", dir: "auto" });

    write(text, item.explanation);

    return el("section", {}, el("h3", {}, word("explanation")), text);
}


function facts(item) {
    const list = el("dl", { class: "facts" });
    const add = (name, value) => list.append(
        el("div", {}, el("dt", {}, word(name)), el("dd", {}, value)));

    add("state", called("states", item.state)
        + (item.state === "claimed" && item.claimed_by
           ? `: ${word("claimedBy", item.claimed_by)}` : ""));
    add("received", time(item.received));
    add("score", number(item.score));
    add("form", `${item.method} ${item.uri}`);
    add("rules", item.ruleset);

    return list;
}


function buttons(item) {
    const row = el("div", { class: "actions" });

    for (const action of possible(item)) {
        const text = action === "claim" && taken(item) ? "takeOver" : action;

        const key = shortcuts[action];

        row.append(button(action, text, key));
    }

    if (hides(item)) {
        row.append(button("reveal", "reveal", "v"));
    }

    return row;
}


/* That something is hidden, and what it takes to see it. */

function masked(item) {
    return item.masked !== true ? null
         : el("p", { class: "because", id: "reveal-help" },
              word(hides(item) ? "masked" : "maskedForYou"));
}


function button(action, text, key) {
    return el("button", {
        type: "button", class: action, "data-action": action,
        "aria-keyshortcuts": key,
        "aria-describedby": action === "reveal" ? "reveal-help" : null
    }, word(text), el("kbd", { "aria-hidden": "true" }, key));
}


/* Why there is no button, or until when there is one. */

function reasons(item) {
    const said = [];
    const end = leaseEnd(item);
    const undo = undoEnd(item);

    if (!decides()) {
        return said;
    }

    if (own(item) && ["appealed", "claimed"].includes(item.state)) {
        said.push(word("own"));
    }

    if (taken(item) && end !== null) {
        said.push(ranOut(item) ? word("ranOut", item.claimed_by)
                  : word("takenUntil", item.claimed_by,
                         time(new Date(end))));
    }

    if (undo !== null) {
        said.push(word("undoUntil", time(new Date(undo))));
    }

    return said.map((text) => el("p", { class: "because" }, text));
}


function fieldName(item, hit) {
    return hit.index === undefined || !item.fields[hit.index]
           ? word("noField")
           : item.fields[hit.index].name || word("unnamed");
}


/* One line a rule, not one a place. */

function why(item) {
    const list = el("ul", { class: "why" });
    const rules = new Map();

    for (const hit of item.hits || []) {
        const key = hit.rule;
        const known = rules.get(key) || { hit, fields: new Set() };

        known.fields.add(fieldName(item, hit));
        rules.set(key, known);
    }

    for (const { hit, fields } of rules.values()) {
        list.append(el("li", {},
            el("strong", {}, called("categories", hit.category)), ": ",
            called("reasons", hit.reason), " ",
            el("code", {}, hit.rule),
            ` ${word("points", number(hit.score))}, `,
            [...fields].join(", ")));
    }

    return el("section", {}, el("h3", {}, word("why")), list);
}


function fieldShown(item, field, index) {
    const name = field.name || word("unnamed");
    const title = el("h3", {}, el("code", {}, name));

    if (field.charset) {
        title.append(` ${word("charset", field.charset)}`);
    }

    if (field.file) {
        return el("section", {}, title,
                  el("p", {}, word("file", field.filename,
                                   number(field.size))));
    }

    const hits = (item.hits || []).filter((hit) => hit.index === index
                                                   && hit.end > hit.start);

    return el("section", { class: `field ${field.role}` }, title,
              shown(field.value, hits, (hit) => (
                  `${called("categories", hit.category)}: ${hit.rule}`)));
}


function history(item) {
    const list = el("ol", { class: "history" });

    for (const event of item.history) {
        if (event.action === "note") {
            continue;
        }

        const line = el("li", {},
            el("time", { datetime: event.time }, time(event.time)), " ",
            el("strong", {}, event.action === "appeal" ? word("sender")
                                                       : event.actor),
            " ", called("actions", event.action));

        if (event.action === "reject" && event.detail) {
            line.append(`: ${called("reasons", event.detail)}`);

        } else if (event.detail) {
            line.append(": ");
            write(line, event.detail);
        }

        list.append(line);
    }

    return el("section", {}, el("h3", {}, word("history")), list);
}


/* What moderators tell each other. */

function notes(item) {
    const list = el("ul", { class: "notes" });

    for (const event of item.history) {
        if (event.action === "note") {
            const text = el("div", { class: "value", dir: "auto" });

            write(text, event.detail);
            list.append(el("li", {}, el("p", { class: "sign" },
                el("strong", {}, event.actor), ", ",
                el("time", { datetime: event.time }, time(event.time))),
                text));
        }
    }

    return list.children.length === 0 ? null
         : el("section", {}, el("h3", {}, word("notes")), list);
}
