/*
 * Copyright (C) the moderate authors
 *
 * The moderators' console: a queue on one side, one submission on the other,
 * and keys for everything.
 */

import { Refusal } from "./api.js";
import { bulk } from "./bulk.js";
import { act } from "./decisions.js";
import { reasonKey } from "./dialogs.js";
import * as filters from "./filters.js";
import { help, key, turn } from "./keys.js";
import { close, drawOpen, note, openAt, unmask } from "./open.js";
import { arrive, at, go, place, redraw } from "./places.js";
import { rebase, watch } from "./poll.js";
import { problem } from "./problem.js";
import {
    draw, load, more, select, selectNone, spread, takeNews
} from "./queue.js";
import { paint, remember, remembered } from "./settings.js";
import { listed, node, view } from "./view.js";
import { preferred, use } from "./words.js";


/* The queue, and of it the appeals. */

async function enterQueue(query, state) {
    filters.take(query, state);
    view.cursor = -1;
    close();
    rebase();
    await load();
}


function drawQueue() {
    filters.draw();
    draw();
    drawOpen();
}


function on(id, event, handler) {
    node(id).addEventListener(event, handler);
}


function listen() {
    document.addEventListener("keydown", key);
    document.addEventListener("pointerdown", () => {
        view.touched = Date.now();
    });
    window.addEventListener("hashchange", arrive);

    on("skip", "click", (event) => {
        event.preventDefault();
        node("main").focus();
    });

    on("language", "change", () => {
        remember("moderate.language", node("language").value);
        use(node("language").value);
        redraw();
    });

    on("theme", "change", () => {
        remember("moderate.theme", node("theme").value);
        paint(node("theme").value);
    });

    on("keys-button", "click", help);
    on("keys-on", "change", turn);
    on("reject", "keydown", reasonKey);
}


/*
 * A view whose module is asked for when somebody goes there: the queue does
 * not wait for it.
 */

function placeLater(name, title, ask) {
    let module = null;

    place(name, {
        id: `at-${name}`, title,
        enter: async (query) => {
            try {
                if (module === null) {
                    module = await ask();
                    module.listen();
                }

            } catch {
                problem(new Refusal(0, {}));
                return;
            }

            await module.enter(query);
        },
        draw: () => module && module.draw()
    });
}


function doOpen(action) {
    if (action === "reveal") {
        unmask();

    } else {
        act(view.open, action);
    }
}


function listenQueue() {
    on("filters", "submit", (event) => {
        event.preventDefault();
        go(at(), filters.asked());
    });

    on("filters", "change", (event) => {
        if (event.target.matches("select")) {
            node("filters").requestSubmit();
        }
    });

    on("items", "click", (event) => {
        const row = event.target.closest("li");

        if (event.target.closest(".open")) {
            openAt(view.items.indexOf(listed(row.dataset.id)));

        } else if (event.target.closest(".similar")) {
            spread(listed(row.dataset.id));
        }
    });

    on("items", "change", (event) => {
        select(listed(event.target.closest("li").dataset.id));
    });

    on("detail", "click", (event) => {
        const button = event.target.closest("[data-action]");

        if (button) {
            doOpen(button.dataset.action);
        }
    });

    on("note", "submit", (event) => {
        event.preventDefault();
        note();
    });

    on("more", "click", more);
    on("news", "click", takeNews);
    on("bulk-approve", "click", () => bulk("approve"));
    on("bulk-reject", "click", () => bulk("reject"));
    on("bulk-none", "click", selectNone);
}


place("queue", {
    id: "at-queue", title: "queue", draw: drawQueue,
    enter: (query) => enterQueue(query, null)
});
place("appeals", {
    id: "at-queue", title: "appeals", draw: drawQueue,
    enter: (query) => enterQueue(query, { state: "appealed,claimed",
                                          appealed: "1" })
});

placeLater("dashboard", "dashboard", () => import("./dashboard.js"));
placeLater("rules", "rulesInForce", () => import("./rules.js"));

listen();
listenQueue();
paint(remembered("moderate.theme") || "auto");
use(remembered("moderate.language") || preferred());
node("language").value = document.documentElement.lang;
await arrive();
watch();
