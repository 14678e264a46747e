/*
 * Copyright (C) the moderate authors
 *
 * The JSON API, docs/api.md.  It is below the folder of this page.
 */

import { begun } from "./early.js";

const base = new URL("api/", document.baseURI);

const BULK = 100;   /* items of one call */

let ahead = 0;      /* ms that the server's clock is ahead of this one */


/*
 * What the API refused: status (0: there was no answer), code and message as
 * in docs/api.md, body whole.  What is not of the API has the code "answer".
 */

export class Refusal extends Error {
    constructor(status, body) {
        super(body.message || "");
        this.status = status;
        this.code = body.error || codeOf(status);
        this.body = body;
    }
}


function codeOf(status) {
    return status === 0 ? "network"
         : status === 401 ? "no-identity"
         : status === 413 ? "too-large" : "answer";
}


/* The time as the server has it, which is what leases are counted by. */

export function now() {
    return Date.now() + ahead;
}


async function call(path, options) {
    let answer, body = {};

    try {
        answer = await (!options && begun(path) || fetch(new URL(path, base), {
            credentials: "same-origin",
            cache: "no-store",
            redirect: "error",
            ...options
        }));

        const type = answer.headers.get("Content-Type") || "";

        if (type.startsWith("application/json")) {
            body = await answer.json();
        }

    } catch (problem) {
        throw new Refusal(0, { error: "network", message: problem.message });
    }

    const date = Date.parse(answer.headers.get("Date"));

    if (date) {
        ahead = date - Date.now();
    }

    if (!answer.ok) {
        throw new Refusal(answer.status, body);
    }

    return body;
}


/* Empty values are left out. */

function asked(path, parameters) {
    const query = new URLSearchParams();

    for (const [name, value] of Object.entries(parameters)) {
        if (value) {
            query.set(name, value);
        }
    }

    return call(query.size ? `${path}?${query}` : path);
}


function post(path, body, options = {}, headers = {}) {
    return call(path, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...headers },
        body: JSON.stringify(body || {}),
        ...options
    });
}


/* A page of the queue. */

export function list(filters) {
    return asked("held", filters);
}


export function show(id) {
    return call(`held/${encodeURIComponent(id)}`);
}


/* An item with nothing hidden; it is recorded who asked. */

export function reveal(id) {
    return post(`held/${encodeURIComponent(id)}/reveal`, {});
}


/* What happened behind the event with this seq. */

export function events(after, limit) {
    return asked("events", { after, limit });
}


export function whoami() {
    return call("me");
}


/* Figures of the days from one to another, as in 2026-11-21. */

export function stats(from, to) {
    return asked("stats", { from, to });
}


export function rules() {
    return call("rules");
}


export function addNote(id, text) {
    return post(`held/${encodeURIComponent(id)}/note`, { text });
}


/*
 * A transition of the item as it was seen; keepalive lets it be sent while
 * the page is left.
 */

export function decide(item, action, body, keepalive = false) {
    return post(`held/${encodeURIComponent(item.id)}/${action}`, body,
                { keepalive }, { "If-Match": `"${item.version}"` });
}


export function portions(items) {
    const all = [];

    for (let i = 0; i < items.length; i += BULK) {
        all.push(items.slice(i, i + BULK));
    }

    return all;
}


/* One transition of a portion; with preview only what would come of it. */

export function together(items, action,
                         { reason, text, preview, keepalive }) {
    const ids = items.map(({ id, version }) => ({ id, version }));

    return post("held/bulk", { ids, action, reason, text, preview },
                { keepalive });
}
