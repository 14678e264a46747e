/*
 * Copyright (C) the moderate authors
 *
 * What came in, what was decided, how long that took, and what waits.
 */

import { now, rules, stats } from "./api.js";
import { chart } from "./chart.js";
import { at, go } from "./places.js";
import { problem, solved } from "./problem.js";
import { el } from "./text.js";
import { node } from "./view.js";
import { called, duration, number, time, word } from "./words.js";

const DAY = 86400000;
const EVERY = 60000;        /* ms between looks */
const LEAST = 464;          /* px of a column, and between: as the grid has */
const GAP = 32;
const RULES = 10;           /* of a chart */
const FORMS = 10;
const FEW = 5;              /* decisions that tell nothing yet */

let days = 30;
let seen = null;            /* { stats, titles } */
let wide = 0;               /* px that it was drawn for */


export async function enter(query) {
    const asked = Number(query.get("days"));

    days = [1, 7, 30, 90].includes(asked) ? asked : 30;
    node("days").value = String(days);
    await look();
}


/* Looks again every minute, as long as somebody is here. */

export function listen() {
    node("days").addEventListener("change", () => {
        go("dashboard", new URLSearchParams({ days: node("days").value }));
    });

    setInterval(() => {
        if (at() === "dashboard" && !document.hidden) {
            look();
        }
    }, EVERY);

    new ResizeObserver(() => {
        if (at() === "dashboard" && node("charts").clientWidth !== wide) {
            draw();
        }
    }).observe(node("charts"));
}


function day(ms) {
    return new Date(ms).toISOString().slice(0, 10);
}


async function look() {
    const asked = days;

    try {
        const [figures, { sets }] = await Promise.all([
            stats(day(now() - (asked - 1) * DAY), day(now())), rules()
        ]);

        if (asked === days) {
            const all = sets.flatMap((set) => set.rules);

            seen = {
                figures, titles: new Map(all.map((one) => [one.id, one.title]))
            };
            solved();
            draw();
        }

    } catch (error) {
        problem(error);
    }
}


export function draw() {
    const box = node("charts");

    if (seen === null || box.clientWidth === 0) {
        return;
    }

    const { figures, titles } = seen;
    const opened = new Set([...box.querySelectorAll("details[open]")]
        .map((table) => table.dataset.name));
    const focus = document.activeElement.closest("#charts details");
    const columns = Math.max(1, Math.floor((box.clientWidth + GAP)
                                           / (LEAST + GAP)));
    const width = Math.floor((box.clientWidth - (columns - 1) * GAP)
                             / columns);
    const all = [
        ages(figures.queue), waiting(figures.queue), byDay(figures),
        byHour(figures), toDecision(figures), byCategory(figures),
        precision(figures, titles), byForm(figures)
    ];

    wide = box.clientWidth;
    node("totals").replaceChildren(...totals(figures));
    box.replaceChildren(...all.filter((figure) => figure !== null)
        .map((figure) => chart(figure, width, opened)));

    if (focus) {
        box.querySelector(`details[data-name="${focus.dataset.name}"] summary`)
            ?.focus();
    }
}


/* Numbers of the whole, and whether somebody waits for too long. */

function totals({ decisions, queue }) {
    const parts = [];
    const add = (name, value, warn = false) => parts.push(
        el("div", warn ? { class: "warn" } : {},
           el("dt", {}, word(name)), el("dd", {}, value)));

    if (queue) {
        add("openNow", number(queue.open));
        add("oldest", queue.oldest === null ? word("none")
            : overdue(queue, queue.oldest)
            ? word("overdue", age(queue.oldest), seconds(queue.limit))
            : age(queue.oldest), overdue(queue, queue.oldest));
    }

    for (const what of ["held", "delivered", "rejected", "failed", "undone",
                        "appealed"])
    {
        add(`total-${what}`, number(decisions[what] || 0));
    }

    return parts;
}


function age(when) {
    return seconds((now() - Date.parse(when)) / 1000);
}


function seconds(n) {
    return duration(Math.max(0, n));
}


function overdue(queue, when) {
    return Boolean(queue.limit) && when !== null
           && (now() - Date.parse(when)) / 1000 > queue.limit;
}


/* "up to 1 hour", and of the last one "more than 1 week" */

function upTo(bounds, index) {
    const bound = bounds[index].seconds;

    return bound === null ? word("moreThan", seconds(bounds[index - 1].seconds))
                          : word("upTo", seconds(bound));
}


function ages(queue) {
    return !queue ? null : {
        name: "ages", kind: "lines", title: word("ages"), first: word("age"),
        series: [{ name: word("waiting"), fill: "held", stack: 0 }],
        rows: queue.ages.map(({ count }, index) => ({
            label: upTo(queue.ages, index), values: [count],
            note: count && queue.limit && index > 0
                  && queue.ages[index - 1].seconds >= queue.limit
                  ? word("late") : ""
        }))
    };
}


function waiting(queue) {
    return !queue ? null : {
        name: "waiting", kind: "lines", title: word("waitingBy"),
        first: word("category"),
        series: [{ name: word("waiting"), fill: "held", stack: 0 }],
        rows: sorted(queue.categories, ({ count }) => count)
            .map(([name, { count, oldest }]) => ({
                label: called("categories", name), values: [count],
                note: word("oldestOf", age(oldest))
                      + (overdue(queue, oldest) ? `, ${word("late")}` : "")
            }))
    };
}


const came = () => [
    { name: called("totals", "held"), fill: "held", stack: 0 },
    { name: called("totals", "delivered"), fill: "delivered", stack: 1 },
    { name: called("totals", "rejected"), fill: "rejected", stack: 1 },
    { name: called("totals", "failed"), fill: "failed", stack: 1 }
];

const values = (counts = {}) => [
    counts.held, counts.delivered, counts.rejected,
    (counts.failed || 0) + (counts.unknown || 0)
];


function byDay(figures) {
    const rows = [];

    for (let ms = Date.parse(figures.from); ms <= Date.parse(figures.to);
         ms += DAY)
    {
        const label = day(ms);
        const [, month, date] = label.split("-").map(Number);

        rows.push({ label, short: `${date}/${month}`,
                    values: values(figures.days[label]) });
    }

    return { name: "days", kind: "columns", title: word("byDay"),
             first: word("day"), series: came(), rows };
}


/* The API counts hours of UTC; they are shown as the clock on the wall has. */

function byHour({ hours }) {
    const minutes = -new Date(now()).getTimezoneOffset();
    const ahead = minutes % 60 === 0 ? minutes / 60 : 0;
    const rows = [...Array(24).keys()].map((hour) => {
        const utc = (hour - ahead + 24) % 24;

        return { label: `${hour}:00`, short: String(hour),
                 values: values(hours[utc]
                                || hours[String(utc).padStart(2, "0")]) };
    });

    return { name: "hours", kind: "columns",
             title: word("byHour", `UTC${ahead < 0 ? "−" : "+"}`
                                   + Math.abs(ahead)),
             first: word("hour"), series: came(), rows };
}


function toDecision({ time: bounds }) {
    return {
        name: "time", kind: "lines", title: word("toDecision"),
        first: word("age"),
        series: came().slice(1, 3).map((one) => ({ ...one, stack: 0 })),
        rows: bounds.map((counts, index) => ({
            label: upTo(bounds, index),
            values: [counts.delivered, counts.rejected]
        }))
    };
}


function sorted(entries, count) {
    return Object.entries(entries)
        .sort(([, one], [, two]) => count(two) - count(one));
}


function byCategory({ categories }) {
    return {
        name: "categories", kind: "lines", title: word("byCategory"),
        first: word("category"), series: came().slice(0, 1),
        rows: sorted(categories, ({ held }) => held || 0)
            .map(([name, counts]) => ({
                label: called("categories", name), values: [counts.held || 0]
            }))
    };
}


function byForm({ forms }) {
    return {
        name: "forms", kind: "lines", title: word("byForm", number(FORMS)),
        first: word("form"), series: came().slice(0, 1),
        rows: sorted(forms, ({ held }) => held || 0).slice(0, FORMS)
            .map(([name, counts]) => ({
                label: name, values: [counts.held || 0]
            }))
    };
}


/* As moderatectl rules precision has it. */

function precision({ rules: counted }, titles) {
    const rows = Object.entries(counted).map(([id, counts]) => {
        const approved = (counts.delivered || 0) + (counts.unknown || 0);
        const rejected = Math.max(0, (counts.rejected || 0)
                                     - (counts.undone || 0)
                                     - (counts.appealed || 0));
        const all = approved + rejected;

        return {
            label: titles.get(id) ? `${id}: ${titles.get(id)}` : id,
            values: [rejected, approved], all,
            note: all < FEW ? word("few") : number(rejected / all, "percent")
        };
    });

    return {
        name: "precision", kind: "lines",
        title: word("precisionOf", number(RULES)), first: word("rule"),
        series: [
            { name: word("confirmed"), fill: "rejected", stack: 0 },
            { name: word("overturned"), fill: "delivered", stack: 0 }
        ],
        rows: rows.filter(({ all }) => all > 0)
            .sort((one, two) => two.all - one.all).slice(0, RULES)
    };
}
