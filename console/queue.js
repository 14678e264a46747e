/*
 * Copyright (C) the moderate authors
 *
 * The queue: its pages, its rows, and the cursor.
 */

import { list } from "./api.js";
import { problem, solved } from "./problem.js";
import { decides } from "./steps.js";
import { el, write } from "./text.js";
import { PAGE, listed, node, view } from "./view.js";
import { called, number, time, word } from "./words.js";


export async function load() {
    const filters = view.filters;

    try {
        const page = await list({ ...filters, limit: PAGE });

        if (filters !== view.filters) {
            return;
        }

        view.items = page.items;
        view.next = page.next;
        view.fresh = [];
        view.selected.clear();
        solved();

        if (view.cursor >= view.items.length) {
            view.cursor = view.items.length - 1;
        }

        draw();

    } catch (error) {
        problem(error);
    }
}


export async function more() {
    const filters = view.filters;

    try {
        const page = await list({ ...filters, limit: PAGE, before: view.next });

        if (filters !== view.filters) {
            return;
        }

        const known = new Set(view.items.map((item) => item.id));
        const added = page.items.filter((item) => !known.has(item.id));

        view.items.push(...added);
        view.next = page.next;
        node("items").append(...added.map(row));
        drawAround();

    } catch (error) {
        problem(error);
    }
}


/* What is on the page changes in place; what is new waits to be asked for. */

export function refresh(page) {
    const known = new Map(view.items.map((item) => [item.id, item]));

    view.fresh = page.items.filter((item) => !known.has(item.id));

    for (const item of page.items) {
        const old = known.get(item.id);

        if (old && item.version >= old.version
            && (item.version !== old.version || item.state !== old.state))
        {
            Object.assign(old, item);
            drawRow(old);
        }
    }

    drawNews();
}


/* The row of an item is as the item now is. */

export function change(id, { state, version, claimed_by }) {
    const item = listed(id);

    if (item && (item.version !== version || item.state !== state)) {
        Object.assign(item, { state, version, claimed_by });
        drawRow(item);
    }
}


export function draw() {
    node("items").replaceChildren(...view.items.map(row));
    drawAround();
}


function drawAround() {
    node("empty").hidden = view.items.length !== 0;
    node("empty").textContent = word("empty");
    node("more").hidden = view.next === null;
    node("count").textContent = word("total", number(view.items.length));
    drawNews();
    drawBulk();
    drawCursor();
}


function drawNews() {
    const button = node("news").firstElementChild;

    button.hidden = view.fresh.length === 0;
    button.textContent = word("newItems", number(view.fresh.length));

    if (view.items.length === 0 && view.fresh.length !== 0) {
        takeNews();
    }
}


export function takeNews() {
    view.items = [...view.fresh, ...view.items];
    view.cursor = view.cursor < 0 ? -1 : view.cursor + view.fresh.length;
    view.fresh = [];
    draw();
}


export function drawBulk() {
    node("bulk").hidden = view.selected.size === 0;
    node("bulk-count").textContent = word("selected",
                                          number(view.selected.size));
}


function categories(item) {
    return [...new Set((item.hits || []).map((hit) => hit.category))];
}


function row(item) {
    const excerpt = el("span", { class: "excerpt", dir: "auto" });
    const open = el("button", { type: "button", class: "open" }, excerpt,
                    el("span", { class: "facts" }, ...rowFacts(item)));

    write(excerpt, item.excerpt);

    return el("li", {
        "data-id": item.id,
        class: view.leaving.has(item.id) ? "leaving" : item.state
    }, decides() ? box(item) : null, open);
}


function box(item) {
    const input = el("input", {
        type: "checkbox", "aria-label": word("select", item.excerpt),
        tabindex: "-1"
    });

    input.checked = view.selected.has(item.id);

    return input;
}


function rowFacts(item) {
    const facts = [
        el("span", { class: "badge" }, called("states", item.state)),
        ...categories(item).map((name) => (
            el("span", { class: "badge" }, called("categories", name)))),
        el("span", {}, word("points", number(item.score))),
        el("time", { datetime: item.received }, time(item.received)),
        el("span", {}, item.form)
    ];

    if (item.state === "claimed" && item.claimed_by) {
        facts.push(el("span", { class: "claimed-by" },
                      word("claimedBy", item.claimed_by)));
    }

    return facts;
}


function rowOf(id) {
    return node("items").querySelector(`[data-id="${CSS.escape(id)}"]`);
}


export function drawRow(item) {
    const old = rowOf(item.id);

    if (old) {
        const focus = old.contains(document.activeElement);

        old.replaceWith(row(item));
        drawCursor();

        if (focus) {
            rowOf(item.id).querySelector(".open").focus();
        }
    }
}


export function drawCursor() {
    const before = node("items").querySelector("[aria-current]");
    const at = node("items").children[view.cursor];

    if (before) {
        before.removeAttribute("aria-current");
    }

    if (at) {
        at.querySelector(".open").setAttribute("aria-current", "true");
    }
}


export function moveTo(index) {
    if (index < 0 || index >= view.items.length) {
        return;
    }

    view.cursor = index;
    drawCursor();

    const open = node("items").children[index].querySelector(".open");

    open.focus();
    open.scrollIntoView({ block: "nearest" });

    if (index + 1 === view.items.length && view.next !== null) {
        more();
    }
}


/* Several at once. */

export function select(item) {
    if (!decides()) {
        return;
    }

    if (!view.selected.delete(item.id)) {
        view.selected.add(item.id);
    }

    drawRow(item);
    drawBulk();
}


export function selectNone() {
    view.selected.clear();
    draw();
}
