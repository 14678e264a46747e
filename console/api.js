/*
 * Copyright (C) the moderate authors
 *
 * The JSON API, docs/api.md.  It is below the folder of this page.
 */

const base = new URL("api/", document.baseURI);


/*
 * What the API refused: status (0: there was no answer), code and message as
 * in docs/api.md, body whole.
 */

export class Refusal extends Error {
    constructor(status, body) {
        super(body.message || "");
        this.status = status;
        this.code = body.error || "network";
        this.body = body;
    }
}


async function call(path, options) {
    let answer;

    try {
        answer = await fetch(new URL(path, base), {
            credentials: "same-origin",
            cache: "no-store",
            redirect: "error",
            ...options
        });

    } catch (problem) {
        throw new Refusal(0, { error: "network", message: problem.message });
    }

    const type = answer.headers.get("Content-Type") || "";
    const body = type.startsWith("application/json") ? await answer.json()
                                                     : {};

    if (!answer.ok) {
        throw new Refusal(answer.status, body);
    }

    return body;
}


/* A page of the queue; filters is an object, empty values are left out. */

export function list(filters) {
    const query = new URLSearchParams();

    for (const [name, value] of Object.entries(filters)) {
        if (value) {
            query.set(name, value);
        }
    }

    return call(`held?${query}`);
}


export function show(id) {
    return call(`held/${encodeURIComponent(id)}`);
}


/*
 * A transition of the item as it was seen; keepalive lets it be sent while
 * the page is left.
 */

export function decide(item, action, body, keepalive = false) {
    return call(`held/${encodeURIComponent(item.id)}/${action}`, {
        method: "POST",
        keepalive,
        headers: {
            "Content-Type": "application/json",
            "If-Match": `"${item.version}"`
        },
        body: JSON.stringify(body || {})
    });
}
