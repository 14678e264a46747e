/*
 * Copyright (C) the moderate authors
 *
 * What is asked in a dialog: the reason of a rejection, whether several are
 * meant.
 */

import { el, write } from "./text.js";
import { node } from "./view.js";
import { all, word } from "./words.js";

const DIGITS = "1234567890-";

let asking = null;      /* takes the answer of the dialog that is open */


/*
 * Gives what the button says, "" when the dialog was left.  The event of one
 * that was left may come when it is open again: who asked first has had the
 * answer by then.
 */

export function ask(dialog) {
    if (asking) {
        asking("");
    }

    return new Promise((resolve) => {
        const closed = () => {
            if (!dialog.open) {
                asking(dialog.returnValue);
            }
        };

        asking = (answer) => {
            asking = null;
            dialog.removeEventListener("close", closed);
            resolve(answer);
        };

        dialog.returnValue = "";
        dialog.addEventListener("close", closed);
        dialog.showModal();
    });
}


/*
 * The digits choose a reason, Enter rejects.  Gives the reason and, if there is
 * one, the text for who sent it; null: it was left.
 */

export async function askReason(what) {
    const reasons = all("reasons").filter(([code]) => (
        code !== "check-unavailable"));

    node("reject-what").replaceChildren();
    write(node("reject-what"), what);

    node("reasons").replaceChildren(...reasons.map(([code, text], index) => (
        el("label", {},
           el("input", { type: "radio", name: "reason", value: code,
                         required: true }),
           el("kbd", { "aria-hidden": "true" }, DIGITS[index] || ""),
           ` ${text}`))));

    node("reject-text").value = "";

    const answer = await ask(node("reject"));
    const chosen = node("reasons").querySelector(":checked");
    const text = node("reject-text").value.trim();

    if (answer !== "reject" || !chosen) {
        return null;
    }

    return text ? { reason: chosen.value, text } : { reason: chosen.value };
}


export function reasonKey(event) {
    if (event.target === node("reject-text")) {
        return;
    }

    const index = DIGITS.indexOf(event.key);
    const boxes = node("reasons").querySelectorAll("input");

    if (index >= 0 && boxes[index]) {
        boxes[index].checked = true;
        boxes[index].focus();
        event.preventDefault();
    }
}


/* Shows what would be done; true: it is to be done. */

export async function preview(title, action, lines, able) {
    node("preview-title").textContent = title;
    node("preview-do").textContent = word(action);
    node("preview-do").disabled = !able;
    node("preview-items").replaceChildren(...lines.map(({ text, result }) => {
        const line = el("li", {});
        const excerpt = el("span", { dir: "auto", class: "excerpt" });

        write(excerpt, text);
        line.append(excerpt, el("span", { class: "facts" }, result));

        return line;
    }));

    return await ask(node("preview")) === "go";
}
