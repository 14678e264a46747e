/*
 * Copyright (C) the moderate authors
 *
 * A key for everything.  They can be turned off: who speaks to the computer,
 * or has a hand that shakes, would press them unmeant.
 */

import { act, claim, undo } from "./decisions.js";
import { openAt } from "./open.js";
import { moveTo, select } from "./queue.js";
import { remember, remembered } from "./settings.js";
import { decides } from "./steps.js";
import { el } from "./text.js";
import { current, node, view } from "./view.js";
import { word } from "./words.js";

/* the third is for those who decide */

const keys = [
    ["j", "keyNext", false, () => moveTo(view.cursor + 1)],
    ["k", "keyPrevious", false, () => moveTo(view.cursor - 1)],
    ["o", "keyOpen", false, () => openAt(view.cursor)],
    ["a", "keyApprove", true, () => act(current(), "approve")],
    ["r", "keyReject", true, () => act(current(), "reject")],
    ["c", "keyClaim", true, () => claim()],
    ["u", "keyUndo", true, () => undo()],
    ["x", "keySelect", true, () => selectKey()],
    ["/", "keyFilter", false, () => node("filters").elements.rule.focus()],
    ["?", "keyHelp", false, () => help()]
];


function selectKey() {
    const item = view.items[view.cursor];

    if (item) {
        select(item);
    }
}


function on() {
    return remembered("moderate.keys") !== "off";
}


export function help() {
    const mine = keys.filter(([, , deciding]) => !deciding || decides());

    node("keys-list").replaceChildren(...mine.flatMap(([key, name]) => [
        el("dt", {}, el("kbd", {}, key)), el("dd", {}, word(name))]));
    node("keys-on").checked = on();
    node("keys").showModal();
}


export function key(event) {
    view.touched = Date.now();

    if (document.querySelector("dialog[open]") || event.ctrlKey
        || event.altKey || event.metaKey
        || event.target.matches("input:not([type=checkbox]), select, textarea"))
    {
        if (event.key === "Escape" && event.target.blur) {
            event.target.blur();
        }

        return;
    }

    const found = keys.find(([name]) => name === event.key);

    if (found && on() && (!found[2] || decides())) {
        event.preventDefault();
        found[3]();
    }
}


export function turn() {
    remember("moderate.keys", node("keys-on").checked ? "on" : "off");
}
