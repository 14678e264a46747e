/*
 * Copyright (C) the moderate authors
 *
 * Charts, and of each the table with the same numbers: both are made of the
 * same rows, so that what is seen and what is read aloud cannot differ.
 */

import { el, plain } from "./text.js";
import { number, word } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const HIGH = 180;           /* px of a chart of columns */
const LEFT = 40;            /* px for its numbers */
const BELOW = 24;           /* px for its labels */
const LABEL = 48;           /* px that a label takes */
const LINE = 44;            /* px of a row of a chart of lines */
const BAR = 16;
const LETTER = 7.5;         /* px, on average */


function draw(parent, name, attributes, text = null) {
    const node = document.createElementNS(SVG, name);

    for (const [key, value] of Object.entries(attributes)) {
        node.setAttribute(key, value);
    }

    if (text !== null) {
        node.textContent = text;
    }

    parent.append(node);

    return node;
}


/*
 * A figure: name tells it from others; first is the head of the labels;
 * series are {name, fill, stack}, those of one stack on top of each other;
 * rows are {label, short, values, note}.  kind is "columns" or "lines".
 */

export function chart(figure, width, openTables) {
    const { name, title, rows, series } = figure;
    const table = el("details", { "data-name": name },
                     el("summary", {}, word("table")),
                     el("div", { class: "wide", tabindex: "0", role: "group",
                                 "aria-label": title }, tableOf(figure)));

    table.open = openTables.has(name);

    const nothing = rows.every(({ values }) => values.every((n) => !n));

    return el("figure", { "data-name": name },
              el("figcaption", {}, el("h3", {}, title)),
              nothing ? el("p", { class: "because" }, word("nothing")) : null,
              nothing || series.length < 2 ? null : legend(series),
              nothing ? null : picture(figure, width), table);
}


function picture(figure, width) {
    const high = figure.kind === "columns" ? HIGH : figure.rows.length * LINE;
    const svg = document.createElementNS(SVG, "svg");

    svg.setAttribute("class", "chart");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", `${figure.title}. ${word("tableBelow")}`);
    svg.setAttribute("width", width);
    svg.setAttribute("height", high);
    svg.setAttribute("viewBox", `0 0 ${width} ${high}`);

    if (figure.kind === "columns") {
        columns(svg, figure, width);

    } else {
        lines(svg, figure, width);
    }

    return svg;
}


function legend(series) {
    return el("ul", { class: "legend" }, ...series.map(({ name, fill }) => {
        const svg = document.createElementNS(SVG, "svg");

        svg.setAttribute("class", "chart");
        svg.setAttribute("width", 16);
        svg.setAttribute("height", 16);
        svg.setAttribute("aria-hidden", "true");
        piece(svg, 0, 0, 16, 16, fill);

        return el("li", {}, svg, ` ${name}`);
    }));
}


/* What differs in colour differs in its lines too. */

function piece(svg, x, y, width, height, fill) {
    if (height <= 0 || width <= 0) {
        return;
    }

    draw(svg, "rect", { x, y, width, height, class: `fill ${fill}` });

    if (fill === "rejected" || fill === "failed") {
        const step = fill === "rejected" ? 5 : 3;
        let path = "";

        for (let at = step; at < width + height; at += step) {
            const x1 = Math.min(at, width), y1 = at - x1;
            const y2 = Math.min(at, height), x2 = at - y2;

            path += `M${x + x1} ${y + y1}L${x + x2} ${y + y2}`;
        }

        draw(svg, "path", { d: path, class: "hatch" });
    }
}


/* The least of 1, 2 and 5 times a power of ten that is enough. */

function nice(most) {
    const power = 10 ** Math.floor(Math.log10(Math.max(most, 1)));

    return [1, 2, 5, 10].find((n) => n * power >= most) * power;
}


/* The stacks of a row: [[{fill, value}, ...], ...] */

function stacks(series, values) {
    const found = new Map();

    series.forEach(({ fill, stack }, index) => {
        found.set(stack, [...found.get(stack) || [],
                          { fill, value: values[index] || 0 }]);
    });

    return [...found.values()];
}


function sum(stack) {
    return stack.reduce((all, { value }) => all + value, 0);
}


function most({ rows, series }) {
    return Math.max(...rows.flatMap(({ values }) => (
        stacks(series, values).map(sum))));
}


function columns(svg, figure, width) {
    const { rows, series } = figure;
    const top = nice(most(figure));
    const high = HIGH - BELOW - 10;
    const y = (value) => 10 + high * (1 - value / top);
    const slot = (width - LEFT) / rows.length;
    const every = Math.ceil(LABEL / slot);

    for (const value of top === 1 ? [0, 1] : [0, top / 2, top]) {
        draw(svg, "line", { x1: LEFT, x2: width, y1: y(value), y2: y(value),
                            class: "grid" });
        draw(svg, "text", { x: LEFT - 6, y: y(value) + 4,
                            "text-anchor": "end" }, number(value));
    }

    rows.forEach(({ label, short, values }, index) => {
        const x = LEFT + index * slot;
        const sides = stacks(series, values);
        const broad = Math.max(1, slot * .8 / sides.length);

        sides.forEach((stack, side) => {
            let done = 0;

            for (const { fill, value } of stack) {
                piece(svg, x + slot * .1 + side * broad, y(done + value),
                      Math.max(1, broad - 1), y(done) - y(done + value), fill);
                done += value;
            }
        });

        if (index % every === 0) {
            draw(svg, "text", { x: x + slot / 2, y: HIGH - 6,
                                "text-anchor": "middle" },
                 plain(short || label));
        }
    });
}


function lines(svg, figure, width) {
    const { rows, series } = figure;
    const room = Math.floor(width / LETTER);
    const scale = (width - 60) / Math.max(1, most(figure));

    rows.forEach(({ label, values, note }, index) => {
        const y = index * LINE;
        const text = plain(label) + (note ? ` – ${note}` : "");
        let x = 0;

        draw(svg, "text", { x: 0, y: y + 14 },
             text.length > room ? `${text.slice(0, room - 1)}…` : text);

        for (const { fill, value } of stacks(series, values).flat()) {
            piece(svg, x, y + 20, value * scale, BAR, fill);
            x += value * scale;
        }

        draw(svg, "text", { x: x + 6, y: y + 20 + BAR - 3 },
             number(values.reduce((all, value) => all + (value || 0), 0)));
    });
}


function tableOf({ title, first, rows, series }) {
    const notes = rows.some(({ note }) => note);

    return el("table", {},
              el("caption", {}, title),
              el("thead", {}, el("tr", {},
                  el("th", { scope: "col" }, first),
                  ...series.map(({ name }) => (
                      el("th", { scope: "col", class: "number" }, name))),
                  notes ? el("td", {}) : null)),
              el("tbody", {}, ...rows.map(({ label, values, note }) => (
                  el("tr", {},
                     el("th", { scope: "row", dir: "auto" }, plain(label)),
                     ...values.map((value) => (
                         el("td", { class: "number" }, number(value || 0)))),
                     notes ? el("td", {}, note || "") : null)))));
}
