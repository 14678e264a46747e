/*
 * Copyright (C) the moderate authors
 *
 * The dashboard: charts and tables with the same numbers, of figures that are
 * in Redis as the module counts them, and of what waits.
 */

import {
    browser, comment, everywhere, is, open, redis, scripts, settled, until,
    violations
} from "./browser.js";

const DAY = 86400000;
const HOSTILE = "/f\"><img src=x onerror=pwned('form')>";


function day(ago) {
    return new Date(Date.now() - ago * DAY).toISOString().slice(0, 10);
}


async function counted(ago, counts) {
    const key = `m:{portal}:stat:${day(ago).replaceAll("-", "")}`;

    for (const [field, value] of Object.entries(counts)) {
        await redis("HSET", key, field, String(value));
    }
}


async function figures() {
    await counted(0, {
        "d::held": 7, "d::delivered": 3, "d::rejected": 2, "d::failed": 1,
        "h:03:held": 7, "h:3:held": 7, "f:/comments:held": 5,
        [`f:${HOSTILE}:held`]: 2, "c:scam:held": 4, "c:advertising:held": 3,
        "t:0:delivered": 2, "t:3:rejected": 2, "t:6:delivered": 1,
        "r:test.pills:delivered": 3, "r:test.pills:rejected": 8,
        "r:test.pills:undone": 1, "r:test.pills:appealed": 1,
        "r:test.few:delivered": 1, "r:test.unknown:held": 9
    });
    await counted(29, { "d::held": 1200, "d::delivered": 300 });
    await counted(45, { "d::held": 50 });
}


/* The rows of a table, cells joined. */

async function table(page, name) {
    const details = page.locator(`details[data-name="${name}"]`);

    if (!await details.evaluate((node) => node.open)) {
        await details.locator("summary").click();
    }

    return details.locator("tbody tr").evaluateAll((rows) => (
        rows.map((row) => [...row.children].map((cell) => cell.textContent)
            .join(" | "))));
}


async function totals(page) {
    const parts = await page.locator("#totals div").allInnerTexts();

    return parts.map((part) => part.replace("\n", ": "));
}


async function charts(page) {
    await page.keyboard.press("d");
    await page.waitForSelector("#charts figure");

    const sums = ["Held: 1,207", "Delivered: 303", "Rejected: 2",
                  "Delivery failed: 1", "Undone: 0", "Appealed: 0"];

    is("the totals of 30 days",
       await settled(async () => (await totals(page)).slice(2), sums), sums);

    const days = await table(page, "days");

    is("each day is in the table", days.length, 30);
    is("the first one", days[0], `${day(29)} | 1,200 | 300 | 0 | 0`);
    is("and the last", days[29], `${day(0)} | 7 | 3 | 2 | 1`);
    is("each is drawn", await page.locator(
        "figure[data-name=days] svg .held").count() >= 2, true);
    is("hours are those of the wall", (await table(page, "hours"))[10],
       "10:00 | 7 | 0 | 0 | 0");
    is("by category", await table(page, "categories"),
       ["Scam | 4", "Advertising | 3"]);
    is("time to decision", await table(page, "time"), [
        "up to 1 minute | 2 | 0", "up to 10 minutes | 0 | 0",
        "up to 1 hour | 0 | 0", "up to 4 hours | 0 | 2",
        "up to 1 day | 0 | 0", "up to 3 days | 0 | 0",
        "more than 3 days | 1 | 0"
    ]);
    is("precision of rules, without what was undone or appealed",
       await table(page, "precision"),
       ["test.pills: Pills | 6 | 3 | 67%", "test.few | 0 | 1 | too few"]);
    is("a path is only text", await table(page, "forms"), [
        "/comments | 5", "/f\"><img src=x onerror=pwned('form')> | 2"
    ]);
    is("also in the chart", await page.locator(
        "figure[data-name=forms] svg text").allTextContents(), [
        "/comments", "5", "/f\"><img src=x onerror=pwned('form')>", "2"
    ]);
    is("each figure has its table", await page.locator("#charts figure")
        .evaluateAll((all) => all.every((one) => (
            one.querySelector("details table caption")))), true);
    is("no element came of a name",
       await page.locator("#charts img").count(), 0);

    await page.locator("#days").selectOption("90");
    is("90 days are in the address", new URL(page.url()).hash,
       "#/dashboard?days=90");
    is("and shown", await until(async () => (
        (await totals(page)).includes("Held: 1,257"))), true);
    is("what was opened stays open", await page.locator(
        "details[data-name=categories]").evaluate((one) => one.open), true);
    await page.locator("#days").selectOption("7");
    await until(async () => (await totals(page)).includes("Held: 7"));
}


/* What waits now, and that the oldest has waited for more than a day. */

async function queue(page) {
    const ids = await page.evaluate(async () => (
        (await (await fetch("api/held")).json()).items.map(({ id }) => id)));
    const then = String(Date.now() - 50.5 * 3600000);

    is("what waits is told", (await totals(page))[0], "Waiting now: 2");
    is("and nothing waits for too long",
       await page.locator("#totals .warn").count(), 0);

    await redis("ZADD", "m:{portal}:queue", "XX", then, ids[0]);
    await redis("ZADD", "m:{portal}:queue:c:advertising", "XX", then, ids[0]);
    await page.reload();
    await page.waitForSelector("#totals .warn");
    is("what waits for too long is", (await totals(page)).slice(0, 2),
       ["Waiting now: 2", "Oldest: 2 days: overdue after 1 day"]);
    is("by age", await table(page, "ages"), [
        "up to 1 hour | 1 | ", "up to 4 hours | 0 | ", "up to 1 day | 0 | ",
        "up to 3 days | 1 | overdue", "up to 7 days | 0 | ",
        "more than 7 days | 0 | "
    ]);
    is("by category", await table(page, "waiting"),
       ["Advertising | 2 | oldest 2 days, overdue"]);
    await everywhere(page, "dashboard");
}


await browser(async (program) => {
    const page = await open(program, "viewer", {
        timezoneId: "Asia/Ho_Chi_Minh"
    });

    await page.keyboard.press("d");
    await page.waitForSelector("#charts figure");
    is("a dashboard of nothing says so", await page.locator(
        "figure[data-name=days] .because").innerText(), "Nothing yet.");
    await page.keyboard.press("q");
    await comment("buy pills, to be counted");
    await comment("buy pills, to wait");
    await figures();
    await charts(page);
    await queue(page);

    is("no script ran", scripts, []);
    is("no content security report", violations, []);
});
