/*
 * Copyright (C) the moderate authors
 *
 * A decision is sent some seconds after it was made, and can be taken back
 * until then.  There is one at a time: the next one sends the one before.
 */

import { el } from "./text.js";
import { word } from "./words.js";

const SECONDS = 5;

const bar = document.getElementById("undo");

let waiting = null;


/*
 * Waits, then calls send(keepalive); undone() when it is taken back.  say(n)
 * tells what will happen in n seconds.
 */

export function later(say, send, undone) {
    flush();

    const text = el("span", {});
    const undo = el("button", { type: "button", "aria-keyshortcuts": "u" },
                    word("undo"));
    const now = el("button", { type: "button" }, word("sendNow"));

    waiting = { left: SECONDS, text, say, send, undone };
    undo.addEventListener("click", back);
    now.addEventListener("click", flush);

    text.textContent = say(waiting.left);
    bar.replaceChildren(text, undo, now);
    waiting.timer = setInterval(tick, 1000);
}


function tick() {
    waiting.left--;

    if (waiting.left === 0) {
        flush();
        return;
    }

    waiting.text.textContent = waiting.say(waiting.left);
}


/* Takes the waiting decision back; tells whether there was one. */

export function back() {
    const was = take();

    if (was) {
        was.undone();
    }

    return was !== null;
}


/* Sends it at once. */

export function flush(keepalive = false) {
    const was = take();

    if (was) {
        was.send(keepalive === true);
    }
}


function take() {
    const was = waiting;

    if (was) {
        clearInterval(was.timer);
        bar.replaceChildren();
        waiting = null;
    }

    return was;
}


/* Says how it ended, until something else is said. */

export function tell(text) {
    if (waiting === null) {
        bar.replaceChildren(el("span", {}, text));
    }
}


/* who leaves the page has decided */

window.addEventListener("pagehide", () => flush(true));
