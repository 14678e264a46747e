/*
 * Copyright (C) the moderate authors
 *
 * What the first page of the queue needs is asked for while the other files
 * are on their way.  It depends on none of them.
 */

const base = new URL("api/", document.baseURI);
const started = new Map();


function begin(path) {
    return fetch(new URL(path, base), {
        credentials: "same-origin", cache: "no-store", redirect: "error"
    });
}


/* The answer to a call that is begun already, once; else undefined. */

export function begun(path) {
    const answer = started.get(path);

    started.delete(path);

    return answer;
}


if (location.hash === "" || location.hash === "#/queue") {
    for (const path of ["held?state=pending&limit=50", "me"]) {
        const answer = begin(path);

        /* that it failed is told of by who takes it */

        answer.catch(() => undefined);
        started.set(path, answer);
    }
}
