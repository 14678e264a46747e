/*
 * Copyright (C) the moderate authors
 *
 * A key for everything.  They can be turned off: who speaks to the computer,
 * or has a hand that shakes, would press them unmeant.
 */

import { bulk } from "./bulk.js";
import { act, undo } from "./decisions.js";
import { openAt, unmask } from "./open.js";
import { at, go } from "./places.js";
import { follows, moveTo, select, spread } from "./queue.js";
import { remember, remembered } from "./settings.js";
import { decides } from "./steps.js";
import { el } from "./text.js";
import { current, node, view } from "./view.js";
import { word } from "./words.js";

/*
 * The third tells where it works: Q for who looks at a queue, D for who
 * decides there, else everywhere.
 */

const keys = [
    ["q", "keyQueue", "", () => go("queue")],
    ["e", "keyAppeals", "", () => go("appeals")],
    ["d", "keyDashboard", "", () => go("dashboard")],
    ["l", "keyRules", "", () => go("rules")],
    ["j", "keyNext", "Q", () => moveTo(follows(view.cursor, 1))],
    ["k", "keyPrevious", "Q", () => moveTo(follows(view.cursor, -1))],
    ["o", "keyOpen", "Q", () => openAt(view.cursor)],
    ["a", "keyApprove", "D", () => act(current(), "approve")],
    ["r", "keyReject", "D", () => act(current(), "reject")],
    ["c", "keyClaim", "D", () => act(current(), "claim")],
    ["u", "keyUndo", "D", () => undo()],
    ["x", "keySelect", "D", () => selectKey()],
    ["A", "keyApproveAll", "D", () => bulk("approve")],
    ["R", "keyRejectAll", "D", () => bulk("reject")],
    ["g", "keyGroup", "Q", () => grouping()],
    ["m", "keySpread", "Q", () => spreadKey()],
    ["v", "keyReveal", "D", () => unmask()],
    ["n", "keyNote", "D", () => node("note-text").focus()],
    ["/", "keyFilter", "", () => filter()],
    ["?", "keyHelp", "", () => help()]
];


function selectKey() {
    const item = view.items[view.cursor];

    if (item) {
        select(item);
    }
}


function spreadKey() {
    const item = view.items[view.cursor];

    if (item) {
        spread(item);
    }
}


/* From one way to the next. */

function grouping() {
    const box = node("filters").elements.group;

    box.selectedIndex = (box.selectedIndex + 1) % box.options.length;
    node("filters").requestSubmit();
}


function filter() {
    if (at() === "rules") {
        node("rules-filter").focus();

    } else if (!node("at-queue").hidden) {
        node("filters").elements.rule.focus();
    }
}


function works(where) {
    return where === "" || (!node("at-queue").hidden
                            && (where === "Q" || decides()));
}


function on() {
    return remembered("moderate.keys") !== "off";
}


export function help() {
    const mine = keys.filter(([, , where]) => where !== "D" || decides());

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

    if (found && on() && works(found[2])) {
        event.preventDefault();
        found[3]();
    }
}


export function turn() {
    remember("moderate.keys", node("keys-on").checked ? "on" : "off");
}
