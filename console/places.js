/*
 * Copyright (C) the moderate authors
 *
 * The views, and the addresses they have: #/queue?rule=scam.loan
 */

import { node } from "./view.js";
import { word } from "./words.js";

const places = new Map();

let here = null;


/*
 * A view has a node, the name of its title, enter(query) for who comes to it,
 * and draw() for who changes the language.
 */

export function place(name, what) {
    places.set(name, what);
}


export function go(name, query = null) {
    const address = `#/${name}${query && query.size ? `?${query}` : ""}`;

    if (location.hash === address) {
        arrive();

    } else {
        location.hash = address;
    }
}


export function at() {
    return here;
}


/* Shows what the address says; an address of nothing is the queue. */

export async function arrive() {
    const [path, query] = location.hash.slice(2).split("?");
    const name = places.has(path) ? path : "queue";
    const { id, enter } = places.get(name);
    const from = here;

    here = name;

    for (const section of document.querySelectorAll(".place")) {
        section.hidden = section.id !== id;
    }

    node("count").hidden = id !== "at-queue";
    entitle();

    if (from !== null && from !== name) {
        node(id).querySelector("h2").focus();
    }

    await enter(new URLSearchParams(query || ""));
}


export function redraw() {
    entitle();
    places.get(here).draw();
}


function entitle() {
    const { id, title } = places.get(here);

    node(id).querySelector("h2").textContent = word(title);
    document.title = `${word(title)} – moderate`;

    for (const link of node("places").children) {
        if (link.getAttribute("href") === `#/${here}`) {
            link.setAttribute("aria-current", "page");

        } else {
            link.removeAttribute("aria-current");
        }
    }
}
