/*
 * Copyright (C) the moderate authors
 *
 * The rules in force, what they hit, and what moderators made of that.
 */

import { rules } from "./api.js";
import { problem, solved } from "./problem.js";
import { el, plain, write } from "./text.js";
import { node } from "./view.js";
import { called, compare, number, time, word } from "./words.js";

const FEW = 5;              /* decisions that tell nothing yet */

/* name, how it is sorted by, how it is shown */

const columns = [
    ["rule", (rule) => rule.id, null],
    ["title", (rule) => rule.title, null],
    ["category", (rule) => called("categories", rule.category), null],
    ["mode", (rule) => called("modes", rule.mode), null],
    ["score", (rule) => rule.score, number],
    ["hits", (rule) => rule.hits, number],
    ["heldBy", (rule) => rule.held, number],
    ["overturnedBy", (rule) => rule.overturned, number],
    ["confirmedBy", (rule) => rule.confirmed, number],
    ["precision", precision, (value) => (
        value === null ? "–" : number(value, "percent"))]
];

let sets = null;
let by = "hits", down = true;


export function listen() {
    node("rules-filter").addEventListener("input", drawRows);
    node("rules-head").addEventListener("click", (event) => {
        const button = event.target.closest("button");

        if (button) {
            sort(button.dataset.sort);
        }
    });
}


export async function enter() {
    try {
        ({ sets } = await rules());
        solved();
        draw();

    } catch (error) {
        problem(error);
    }
}


/* What moderators agreed with; null: there were too few to say. */

function precision({ confirmed, overturned }) {
    const all = confirmed + overturned;

    return all < FEW ? null : confirmed / all;
}


export function draw() {
    if (sets === null) {
        return;
    }

    const focus = document.activeElement.dataset.sort;

    node("rule-sets").replaceChildren(...sets.map((set) => (
        el("li", {}, word("setOf", set.paths, set.version,
                          time(new Date(set.loaded * 1000)))))));
    node("rules-head").replaceChildren(...head());
    drawRows();

    if (focus) {
        node("rules-head").querySelector(`[data-sort="${focus}"]`).focus();
    }
}


function drawRows() {
    const all = sets.flatMap((set) => (
        set.rules.map((rule) => ({ ...rule, set: set.paths }))));
    const wanted = bare(node("rules-filter").value);
    const rows = all.filter((rule) => (
        bare(`${rule.id} ${rule.title} ${rule.category} `
             + called("categories", rule.category)).includes(wanted)));

    rows.sort(order);
    node("rules-body").replaceChildren(...rows.map(row));
    node("rules-count").textContent = word("rulesOf", number(rows.length),
                                           number(all.length));
}


/* Without capitals and accents, as people look for something. */

function bare(text) {
    return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase()
        .replaceAll("đ", "d").trim();
}


/* What has no value is last, whichever way the others are. */

function order(one, two) {
    const [, value] = columns.find(([name]) => name === by);
    const a = value(one), b = value(two);

    if (a === null || b === null) {
        return (a === null) - (b === null);
    }

    const less = typeof a === "number" ? a - b : compare(a, b);

    return (down ? -less : less) || compare(one.id, two.id);
}


function head() {
    const cells = columns.map(([name, , shown]) => {
        const sorted = name !== by ? null : down ? "descending" : "ascending";

        return el("th", { scope: "col", "aria-sort": sorted,
                          class: shown ? "number" : null },
                  el("button", { type: "button", "data-sort": name },
                     word(name), el("span", { "aria-hidden": "true" },
                                    sorted === null ? " ↕"
                                    : down ? " ↓" : " ↑")));
    });

    return [...cells, ...sets.length > 1 ? [el("th", { scope: "col" },
                                               word("rules"))] : []];
}


function row(rule) {
    const title = el("td", { dir: "auto" });

    const query = new URLSearchParams({ rule: rule.id });

    write(title, rule.title);

    return el("tr", {},
        el("th", { scope: "row" },
           el("a", { href: `#/queue?${query}` }, plain(rule.id))),
        title,
        ...columns.slice(2).map(([, value, shown]) => (
            shown ? el("td", { class: "number" }, shown(value(rule)))
                  : el("td", {}, value(rule)))),
        sets.length > 1 ? el("td", {}, plain(rule.set)) : null);
}


/* Numbers are looked at from the greatest, words from the first. */

function sort(name) {
    const [, , shown] = columns.find(([one]) => one === name);

    down = name === by ? !down : shown !== null;
    by = name;
    draw();
}
