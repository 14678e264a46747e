/*
 * Copyright (C) the moderate authors
 *
 * Settings are kept by the browser, and say nothing about anybody.
 */

import { node } from "./view.js";


export function remember(name, value) {
    try {
        localStorage.setItem(name, value);

    } catch {
        /* a browser that keeps nothing is all right */
    }
}


export function remembered(name) {
    try {
        return localStorage.getItem(name);

    } catch {
        return null;
    }
}


export function paint(theme) {
    document.documentElement.dataset.theme = theme;
    node("theme").value = theme;
}
