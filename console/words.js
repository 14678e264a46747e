/*
 * Copyright (C) the moderate authors
 *
 * What the console says, in the language that was chosen.
 */

import en from "./words-en.js";
import vi from "./words-vi.js";

const words = { vi, en };

const formatters = new Map();

let language = "vi";


export function use(name) {
    language = words[name] ? name : "vi";
    document.documentElement.lang = language;

    for (const node of document.querySelectorAll("[data-word]")) {
        node.textContent = words[language][node.dataset.word];
    }

    for (const node of document.querySelectorAll("[data-label]")) {
        node.setAttribute("aria-label", words[language][node.dataset.label]);
    }
}


/* A word, or what a function of words makes of the arguments. */

export function word(name, ...args) {
    const entry = words[language][name];

    return typeof entry === "function" ? entry(...args) : entry;
}


/* The word for a name of the API; names that are not known say themselves. */

export function called(list, name) {
    const entries = words[language][list];

    return Object.hasOwn(entries, name) ? entries[name] : name;
}


export function all(list) {
    return Object.entries(words[language][list]);
}


/* Making one takes longer than using it fifty times. */

function formatter(Format, options) {
    const key = `${language} ${JSON.stringify(options)}`;

    if (!formatters.has(key)) {
        formatters.set(key, new Format(language, options));
    }

    return formatters.get(key);
}


export function number(value, style = "decimal") {
    return formatter(Intl.NumberFormat, {
        style, maximumFractionDigits: style === "percent" ? 0 : 2
    }).format(value);
}


/* As a dictionary of the language has them. */

export function compare(one, two) {
    return one.localeCompare(two, language);
}


/* Of seconds, in the largest unit of which there is at least one. */

export function duration(seconds) {
    const [unit, size] = [["day", 86400], ["hour", 3600], ["minute", 60],
                          ["second", 1]]
        .find(([, one]) => seconds >= one) || ["second", 1];

    return formatter(Intl.NumberFormat, {
        style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0,
        roundingMode: "floor"
    }).format(seconds / size);
}


export function time(value) {
    return value === null ? "" : formatter(Intl.DateTimeFormat, {
        dateStyle: "short", timeStyle: "medium"
    }).format(new Date(value));
}


/* Vietnamese for who prefers it or anything but English. */

export function preferred() {
    for (const name of navigator.languages) {
        if (words[name.slice(0, 2)]) {
            return name.slice(0, 2);
        }
    }

    return "vi";
}
