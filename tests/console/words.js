/*
 * Copyright (C) the moderate authors
 *
 * Both languages say the same, and there is a sentence for each error that
 * docs/api.md tells of.  The page asks for all modules at once.
 */

import { readFileSync } from "node:fs";

import { is } from "./browser.js";

const root = process.env.CONSOLE_ROOT;
const words = async (language) => (
    (await import(`${root}/console/words-${language}.js`)).default);


/* The names of all words, and which are functions, of how many arguments. */

function shape(entries) {
    return Object.entries(entries).map(([name, entry]) => (
        typeof entry === "function" ? `${name}(${entry.length})`
        : typeof entry === "string" ? name
        : `${name}: ${shape(entry)}`)).sort();
}


function empty(entries) {
    return Object.entries(entries).filter(([, entry]) => (
        typeof entry === "object" ? empty(entry).length : entry === ""));
}


/* The modules that one needs, itself among them. */

function needed(name, found = new Set()) {
    if (!found.has(name)) {
        const text = readFileSync(`${root}/console/${name}`, "utf8");

        found.add(name);

        for (const [, other] of text.matchAll(/ from "\.\/([\w-]+\.js)"/g)) {
            needed(other, found);
        }
    }

    return found;
}


const vi = await words("vi"), en = await words("en");
const api = readFileSync(`${root}/docs/api.md`, "utf8");
const page = readFileSync(`${root}/console/index.html`, "utf8");

const rows = api.slice(api.indexOf("## Errors")).matchAll(
    /^\| [\d, ]+ \| ([a-z, -]+) \|/gm);
const codes = [...rows].flatMap(([, names]) => names.split(", "));
const used = [...page.matchAll(/data-word="(\w+)"/g)].map(([, name]) => name);

is("both languages have the same words", shape(vi), shape(en));
is("and none is empty", [...empty(vi), ...empty(en)], []);
is("the errors are read off the manual", codes.length > 20, true);
is("each error has a sentence",
   codes.filter((code) => !(code in vi.problems || code in vi)), []);
is("the page has no word of its own",
   used.filter((name) => typeof vi[name] !== "string"), []);
is("no module waits for another to be read",
   [...page.matchAll(/(?:modulepreload" href|module" src)="([^"]+)"/g)]
       .map(([, name]) => name).sort(), [...needed("app.js")].sort());
