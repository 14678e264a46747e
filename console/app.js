/*
 * Copyright (C) the moderate authors
 *
 * The moderators' console: a queue on one side, one submission on the other,
 * and keys for everything.
 */

import { Refusal, decide, list, show } from "./api.js";
import { detail, possible } from "./item.js";
import { el, write } from "./text.js";
import { back, later, tell } from "./undo.js";
import { all, called, number, preferred, time, use, word } from "./words.js";

const PAGE = 50;            /* items of a page */
const POLL = 800;           /* ms between looks at the queue */
const POLL_IDLE = 10000;    /* when nobody has touched it for a minute */
const IDLE = 60000;
const MOVED = 10;           /* items that are read again in one look */

/* the states that others change */

const moving = new Set(["pending", "claimed", "approved", "replaying"]);

const node = (id) => document.getElementById(id);

const view = {
    items: [],              /* as the API lists them */
    next: null,
    cursor: -1,
    filters: { state: "pending" },
    selected: new Set(),    /* ids */
    leaving: new Set(),     /* ids that a decision waits for */
    fresh: [],              /* items that came in meanwhile */
    open: null,             /* the item that is shown, whole */
    touched: Date.now()
};


function problem(error) {
    if (!(error instanceof Refusal)) {
        throw error;
    }

    node("problem").textContent = called("problems", error.code)
                                  + (error.status ? ` (${error.status})` : "");
}


/* The queue. */

async function load() {
    try {
        const page = await list({ ...view.filters, limit: PAGE });

        view.items = page.items;
        view.next = page.next;
        view.fresh = [];
        view.selected.clear();
        node("problem").textContent = "";

        if (view.cursor >= view.items.length) {
            view.cursor = view.items.length - 1;
        }

        draw();

    } catch (error) {
        problem(error);
    }
}


async function more() {
    try {
        const page = await list({
            ...view.filters, limit: PAGE, before: view.next
        });

        const known = new Set(view.items.map((item) => item.id));

        view.items.push(...page.items.filter((item) => !known.has(item.id)));
        view.next = page.next;
        draw();

    } catch (error) {
        problem(error);
    }
}


/* What is on the page changes in place; what is new waits to be asked for. */

async function look() {
    try {
        const page = await list({ ...view.filters, limit: PAGE });
        const known = new Map(view.items.map((item) => [item.id, item]));

        view.fresh = page.items.filter((item) => !known.has(item.id));

        for (const item of page.items) {
            const old = known.get(item.id);

            if (old && old.version !== item.version) {
                Object.assign(old, item);
                drawRow(old);
            }
        }

        drawNews();
        node("problem").textContent = "";
        await lookAtMoved(new Set(page.items.map((item) => item.id)));
        await lookAtOpen();

    } catch (error) {
        problem(error);
    }
}


/* What has left the filter stays in the list, and shows where it went. */

async function lookAtMoved(listed) {
    const moved = view.items.slice(0, PAGE).filter((item) => (
        !listed.has(item.id) && !view.leaving.has(item.id)
        && moving.has(item.state)));

    for (const item of moved.slice(0, MOVED)) {
        const { state, version, claimed_by } = await show(item.id);

        if (version !== item.version) {
            Object.assign(item, { state, version, claimed_by });
            drawRow(item);
        }
    }
}


/* Someone may claim or decide what is being read. */

async function lookAtOpen() {
    const open = view.open;

    if (open === null || view.leaving.has(open.id)) {
        return;
    }

    const listed = view.items.find((item) => item.id === open.id);

    if (listed && listed.version === open.version) {
        return;
    }

    const item = await show(open.id);

    if (view.open === open && item.version !== open.version) {
        view.open = item;
        drawOpen();
    }
}


async function watch() {
    if (!document.hidden) {
        await look();
    }

    const idle = Date.now() - view.touched > IDLE;

    setTimeout(watch, idle ? POLL_IDLE : POLL);
}


/* Rows. */

function draw() {
    node("items").replaceChildren(...view.items.map(row));
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


function takeNews() {
    view.items = [...view.fresh, ...view.items];
    view.cursor = view.cursor < 0 ? -1 : view.cursor + view.fresh.length;
    view.fresh = [];
    draw();
}


function categories(item) {
    return [...new Set((item.hits || []).map((hit) => hit.category))];
}


function row(item) {
    const excerpt = el("span", { class: "excerpt", dir: "auto" });
    const box = el("input", {
        type: "checkbox", "aria-label": word("select", item.excerpt),
        tabindex: "-1"
    });
    const open = el("button", { type: "button", class: "open" }, excerpt,
                    el("span", { class: "facts" }, ...rowFacts(item)));

    write(excerpt, item.excerpt);
    box.checked = view.selected.has(item.id);
    box.addEventListener("change", () => select(item));
    open.addEventListener("click", () => openAt(view.items.indexOf(item)));

    return el("li", {
        "data-id": item.id,
        class: view.leaving.has(item.id) ? "leaving" : item.state
    }, box, open);
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


function drawRow(item) {
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


function drawCursor() {
    const rows = node("items").children;

    for (let i = 0; i < rows.length; i++) {
        const open = rows[i].querySelector(".open");

        if (i === view.cursor) {
            open.setAttribute("aria-current", "true");

        } else {
            open.removeAttribute("aria-current");
        }
    }
}


function moveTo(index) {
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


/* One submission. */

async function openAt(index) {
    moveTo(index);

    const listed = view.items[index];

    if (!listed) {
        return;
    }

    try {
        const item = await show(listed.id);

        view.open = item;
        Object.assign(listed, {
            state: item.state, version: item.version,
            claimed_by: item.claimed_by
        });
        drawRow(listed);
        drawOpen();

    } catch (error) {
        problem(error);
    }
}


function drawOpen() {
    if (view.open === null) {
        node("detail").replaceChildren(el("p", {}, word("choose")));
        return;
    }

    detail(node("detail"), view.open, (action) => act(view.open, action));
}


/* Decisions. */

function current() {
    const listed = view.items[view.cursor];

    if (view.open && (!listed || listed.id === view.open.id)) {
        return view.open;
    }

    return listed || null;
}


async function act(item, action) {
    if (item === null || !possible(item, action)
        || view.leaving.has(item.id))
    {
        return;
    }

    if (action === "claim" || action === "unclaim") {
        await send([item], action, null, false);
        return;
    }

    if (action === "approve") {
        decideLater([item], action, null, "soonApprove");
        return;
    }

    const reason = await askReason(item.excerpt);

    if (reason) {
        decideLater([item], action, { reason }, "soonReject");
    }
}


/* The rows stay where they are, and the cursor goes on. */

function decideLater(items, action, body, text) {
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
        const listed = view.items.find((item) => item.id === id);

        if (leaving) {
            view.leaving.add(id);

        } else {
            view.leaving.delete(id);
        }

        if (listed) {
            drawRow(listed);
        }
    }
}


/* Each by itself: one that was decided by another does not stop the rest. */

async function send(items, action, body, keepalive) {
    const results = keepalive
        ? await Promise.all(items.map((item) => (
            sendOne(item, action, body, true))))
        : [];

    for (const item of keepalive ? [] : items) {
        results.push(await sendOne(item, action, body, false));
    }

    const failed = results.filter((result) => !result.ok);

    leave(items, false);
    await Promise.all(items.map(({ id }) => reread(id)));

    tell(results.length === 1 ? results[0].text
         : word("result", number(results.length - failed.length),
                number(failed.length))
           + failed.map((result) => `\n${result.text}`).join(""));
}


async function sendOne(item, action, body, keepalive) {
    try {
        const done = await decide(item, action, body, keepalive);
        const status = done.replay && done.replay.status;

        return {
            ok: done.state !== "failed" && done.state !== "unknown",
            text: `${called("states", done.state)}`
                  + (status ? `: ${word("delivery", status)}` : "")
        };

    } catch (error) {
        if (error instanceof Refusal && error.code === "conflict") {
            return {
                ok: false,
                text: word("conflict", error.body.by || word("someone"),
                           called("states", error.body.state))
            };
        }

        problem(error);
        return { ok: false, text: called("problems", error.code) };
    }
}


async function reread(id) {
    const listed = view.items.find((item) => item.id === id);

    try {
        const item = await show(id);

        if (view.open && view.open.id === id) {
            view.open = item;
            drawOpen();
        }

        if (listed) {
            Object.assign(listed, {
                state: item.state, version: item.version,
                claimed_by: item.claimed_by
            });
            drawRow(listed);
        }

    } catch (error) {
        problem(error);
    }
}


/*
 * Asks in a dialog; gives what its button says, "" when it was left.  The
 * event of a dialog that was left may come when it is open again.
 */

function ask(dialog) {
    return new Promise((resolve) => {
        const closed = () => {
            if (!dialog.open) {
                dialog.removeEventListener("close", closed);
                resolve(dialog.returnValue);
            }
        };

        dialog.returnValue = "";
        dialog.addEventListener("close", closed);
        dialog.showModal();
    });
}


/* The digits choose a reason, Enter rejects. */

async function askReason(what) {
    const reasons = all("reasons").filter(([code]) => (
        code !== "check-unavailable"));

    node("reject-what").replaceChildren();
    write(node("reject-what"), what);

    node("reasons").replaceChildren(...reasons.map(([code, text], index) => (
        el("label", {},
           el("input", { type: "radio", name: "reason", value: code,
                         required: true }),
           el("kbd", { "aria-hidden": "true" }, "1234567890-"[index] || ""),
           ` ${text}`))));

    const answer = await ask(node("reject"));
    const chosen = node("reasons").querySelector(":checked");

    return answer === "reject" && chosen ? chosen.value : null;
}


function reasonKey(event) {
    const index = "1234567890-".indexOf(event.key);
    const boxes = node("reasons").querySelectorAll("input");

    if (index >= 0 && boxes[index]) {
        boxes[index].checked = true;
        boxes[index].focus();
        event.preventDefault();
    }
}


/* Several at once. */

function select(item) {
    if (!view.selected.delete(item.id)) {
        view.selected.add(item.id);
    }

    drawRow(item);
    drawBulk();
}


function drawBulk() {
    node("bulk").hidden = view.selected.size === 0;
    node("bulk-count").textContent = word("selected",
                                          number(view.selected.size));
}


function selectNone() {
    view.selected.clear();
    draw();
}


async function bulk(action) {
    const items = view.items.filter((item) => (
        view.selected.has(item.id) && possible(item, action)
        && !view.leaving.has(item.id)));

    if (items.length === 0) {
        return;
    }

    const count = number(items.length);
    const title = word(action === "approve" ? "previewApprove"
                                            : "previewReject", count);

    node("preview-title").textContent = title;
    node("preview-do").textContent = word(action);
    node("preview-items").replaceChildren(...items.map((item) => {
        const line = el("li", { dir: "auto" });

        write(line, item.excerpt);
        return line;
    }));

    if (await ask(node("preview")) !== "go") {
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


/* Keys. */

const keys = [
    ["j", "keyNext", () => moveTo(view.cursor + 1)],
    ["k", "keyPrevious", () => moveTo(view.cursor - 1)],
    ["o", "keyOpen", () => openAt(view.cursor)],
    ["a", "keyApprove", () => act(current(), "approve")],
    ["r", "keyReject", () => act(current(), "reject")],
    ["c", "keyClaim", () => claimKey()],
    ["u", "keyUndo", () => back()],
    ["x", "keySelect", () => selectKey()],
    ["/", "keyFilter", () => node("filters").elements.rule.focus()],
    ["?", "keyHelp", () => help()]
];


function claimKey() {
    const item = current();

    if (item) {
        act(item, item.state === "claimed" ? "unclaim" : "claim");
    }
}


function selectKey() {
    const item = view.items[view.cursor];

    if (item) {
        select(item);
    }
}


function help() {
    node("keys-list").replaceChildren(...keys.flatMap(([key, name]) => [
        el("dt", {}, el("kbd", {}, key)), el("dd", {}, word(name))]));
    node("keys").showModal();
}


function key(event) {
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

    if (found) {
        event.preventDefault();
        found[2]();
    }
}


/* Settings are kept by the browser, and say nothing about anybody. */

function remember(name, value) {
    try {
        localStorage.setItem(name, value);

    } catch {
        /* a browser that keeps nothing is all right */
    }
}


function remembered(name) {
    try {
        return localStorage.getItem(name);

    } catch {
        return null;
    }
}


function speak(language) {
    use(language);
    node("language").value = document.documentElement.lang;
    drawFilters();
    draw();
    drawOpen();
}


function drawFilters() {
    for (const [name, entries] of [["state", "states"],
                                   ["category", "categories"]])
    {
        const box = node("filters").elements[name];
        const value = box.options.length ? box.value
                                         : view.filters[name] || "";

        box.replaceChildren(
            el("option", { value: "" }, word("any")),
            ...all(entries).filter(([code]) => code !== "lost")
                .map(([code, text]) => el("option", { value: code }, text)));
        box.value = value;
    }
}


function paint(theme) {
    document.documentElement.dataset.theme = theme;
    node("theme").value = theme;
}


function listen() {
    const on = (id, event, handler) => (
        node(id).addEventListener(event, handler));

    document.addEventListener("keydown", key);
    document.addEventListener("pointerdown", () => {
        view.touched = Date.now();
    });

    on("filters", "submit", (event) => {
        event.preventDefault();
        view.filters = Object.fromEntries(new FormData(node("filters")));
        view.cursor = -1;
        load();
    });

    on("filters", "change", (event) => {
        if (event.target.matches("select")) {
            node("filters").requestSubmit();
        }
    });

    on("language", "change", () => {
        remember("moderate.language", node("language").value);
        speak(node("language").value);
    });

    on("theme", "change", () => {
        remember("moderate.theme", node("theme").value);
        paint(node("theme").value);
    });

    on("more", "click", more);
    on("news", "click", takeNews);
    on("keys-button", "click", help);
    on("bulk-approve", "click", () => bulk("approve"));
    on("bulk-reject", "click", () => bulk("reject"));
    on("bulk-none", "click", selectNone);
    on("reject", "keydown", reasonKey);
}


listen();
paint(remembered("moderate.theme") || "auto");
speak(remembered("moderate.language") || preferred());
await load();
watch();
