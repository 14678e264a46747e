/*
 * Copyright (C) the moderate authors
 *
 * The queue: its pages, its rows, and the cursor.
 */

import { list } from "./api.js";
import { arrange, covered, headed, inside, meant } from "./groups.js";
import { begins, problem, solved } from "./problem.js";
import { identified } from "./session.js";
import { decides } from "./steps.js";
import { el, write } from "./text.js";
import { PAGE, listed, node, view } from "./view.js";
import { called, number, time, word } from "./words.js";


export async function load() {
    const filters = view.filters;

    try {
        const [page] = await Promise.all([
            list({ ...filters, limit: PAGE }), identified()
        ]);

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

        if (view.grouping) {
            draw();

        } else {
            node("items").append(...added.map(row));
            drawAround();
        }

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
    arrange();
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
    const at = view.items[view.cursor];

    view.items = [...view.fresh, ...view.items];
    view.cursor = at ? view.items.indexOf(at) : -1;
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

    write(excerpt, begins(item));

    return el("li", {
        "data-id": item.id,
        class: (view.leaving.has(item.id) ? "leaving" : item.state)
               + (inside(item) ? " inside" : ""),
        hidden: covered(item)
    }, decides() ? box(item) : null,
       el("div", { class: "cell" }, open, similar(item)));
}


function box(item) {
    const all = meant(item);
    const chosen = all.filter(({ id }) => view.selected.has(id)).length;
    const input = el("input", {
        type: "checkbox", tabindex: "-1",
        "aria-label": all.length > 1
                      ? word("selectAll", number(all.length), begins(item))
                      : word("select", begins(item))
    });

    input.checked = chosen === all.length;
    input.indeterminate = chosen > 0 && chosen < all.length;

    return input;
}


/* How many are like this one, and the way to them. */

function similar(item) {
    const group = headed(item);

    return group === null ? null
         : el("button", {
             type: "button", class: "similar",
             "aria-expanded": String(group.open)
         }, word(view.grouping === "text" ? "sameText" : "sameRules",
                 number(group.items.length)));
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
    const item = view.items[view.cursor];
    const at = item ? rowOf(item.id) : null;

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

    const open = rowOf(view.items[index].id).querySelector(".open");

    open.focus();
    open.scrollIntoView({ block: "nearest" });

    if (follows(index, 1) < 0 && view.next !== null) {
        more();
    }
}


/* The row up or down from one, or -1. */

export function follows(index, step) {
    for (let i = index + step; i >= 0 && i < view.items.length; i += step) {
        if (!covered(view.items[i])) {
            return i;
        }
    }

    return -1;
}


export function spread(item) {
    const group = headed(item);

    if (group) {
        group.open = !group.open;
        group.items.forEach(drawRow);
        rowOf(item.id).querySelector(".similar").focus();
    }
}


/* Several at once: of a group that is not open all. */

export function select(item) {
    if (!decides()) {
        return;
    }

    const all = meant(item);
    const chosen = all.every(({ id }) => view.selected.has(id));

    for (const { id } of all) {
        if (chosen) {
            view.selected.delete(id);

        } else {
            view.selected.add(id);
        }
    }

    drawRow(item);
    drawBulk();
}


export function selectNone() {
    view.selected.clear();
    draw();
}
