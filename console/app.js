/*
 * Copyright (C) the moderate authors
 *
 * The moderators' console: a queue on one side, one submission on the other,
 * and keys for everything.
 */

import { whoami } from "./api.js";
import { bulk } from "./bulk.js";
import { act } from "./decisions.js";
import { reasonKey } from "./dialogs.js";
import * as filters from "./filters.js";
import { help, key, turn } from "./keys.js";
import { drawOpen, openAt } from "./open.js";
import { watch } from "./poll.js";
import { problem } from "./problem.js";
import { draw, load, more, select, selectNone, takeNews } from "./queue.js";
import { paint, remember, remembered } from "./settings.js";
import { listed, me, node, view } from "./view.js";
import { preferred, use } from "./words.js";


function speak(language) {
    use(language);
    node("language").value = document.documentElement.lang;
    filters.draw();
    draw();
    drawOpen();
}


async function identify() {
    try {
        Object.assign(me, await whoami());

    } catch (error) {
        problem(error);
    }
}


/* The address says what is shown: #/queue?rule=scam.loan */

async function route() {
    const [, query] = location.hash.split("?");

    filters.take(new URLSearchParams(query || ""));
    view.cursor = -1;
    await load();
}


function listen() {
    const on = (id, event, handler) => (
        node(id).addEventListener(event, handler));

    document.addEventListener("keydown", key);
    document.addEventListener("pointerdown", () => {
        view.touched = Date.now();
    });
    window.addEventListener("hashchange", route);

    on("skip", "click", (event) => {
        event.preventDefault();
        node("main").focus();
    });

    on("filters", "submit", (event) => {
        const address = `#/queue?${filters.asked()}`;

        event.preventDefault();

        if (location.hash === address) {
            route();

        } else {
            location.hash = address;
        }
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

    on("items", "click", (event) => {
        const row = event.target.closest("li");

        if (event.target.closest(".open")) {
            openAt(view.items.indexOf(listed(row.dataset.id)));
        }
    });

    on("items", "change", (event) => {
        select(listed(event.target.closest("li").dataset.id));
    });

    on("detail", "click", (event) => {
        const button = event.target.closest("[data-action]");

        if (button) {
            act(view.open, button.dataset.action);
        }
    });

    on("more", "click", more);
    on("news", "click", takeNews);
    on("keys-button", "click", help);
    on("keys-on", "change", turn);
    on("bulk-approve", "click", () => bulk("approve"));
    on("bulk-reject", "click", () => bulk("reject"));
    on("bulk-none", "click", selectNone);
    on("reject", "keydown", reasonKey);
}


listen();
paint(remembered("moderate.theme") || "auto");
use(remembered("moderate.language") || preferred());

await Promise.all([identify(), route()]);
speak(document.documentElement.lang);
watch();
