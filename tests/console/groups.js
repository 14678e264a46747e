/*
 * Copyright (C) the moderate authors
 *
 * A campaign is seen as one, and decided about together, after a look.
 */

import {
    browser, comment, everywhere, is, open, portal, scripts, settled, shot,
    until, violations
} from "./browser.js";

const CAMPAIGN = [
    "Buy pills 24/7, call 0912 345 678: https://a.example/1",
    "buy  pills 7/7, call 0987.654.321: https://b.example/?x=2",
    "BUY PILLS 24/24, call 0900000000:  www.c.example",
    "buy pi\u00adlls 1/1, call +84 90 1: d.example/shop",
    "buy pills 5/5, call (09): e.example"
];


function shown(page) {
    return page.locator("#items li:not([hidden]) .excerpt").allInnerTexts();
}


function bar(page) {
    return page.locator("#undo").innerText();
}


async function texts(page) {
    await page.keyboard.press("g");
    is("a campaign is one row", await settled(async () => (
        await shown(page)).length, 3), 3);
    is("which is in the address", new URL(page.url()).hash,
       "#/queue?state=pending&group=text");
    is("and tells how many are alike",
       await page.locator(".similar").allInnerTexts(), ["5 that are alike"]);
    is("the newest stands for them", (await shown(page))[1],
       CAMPAIGN.at(-1));

    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("m");
    is("a key opens it", (await shown(page)).length, 7);
    is("so that a reader is told", await page.locator(".similar")
        .getAttribute("aria-expanded"), "true");
    await everywhere(page, "groups");
    await page.keyboard.press("m");
    is("and closes it", (await shown(page)).length, 3);
    await page.keyboard.press("j");
    is("the next row is the next group", await page.locator(
        "#items [aria-current] .excerpt").innerText(),
       "pay the debt, says one");
    await page.keyboard.press("k");
}


/* One of them is claimed by another meanwhile. */

async function together(page, minh) {
    await page.keyboard.press("x");
    is("all of a group are selected",
       await page.locator("#bulk-count").innerText(), "5 selected");

    await minh.locator("#items li").filter({ hasText: "7/7" })
        .locator(".open").click();
    await minh.keyboard.press("c");
    await minh.waitForSelector("#detail .unclaim");

    await page.keyboard.press("R");
    await page.waitForSelector("#preview[open]");
    is("what would come of it is shown", (await page.locator(
        "#preview-items .facts").allInnerTexts()).sort(), [
        "minh was first: claimed. This is how it stands now.",
        ...Array(4).fill("pending → rejected")
    ]);
    is("and how many it would be", await page.locator("#preview-title")
        .innerText(), "Reject these 4?");
    await shot(page, "groups-preview");
    await page.locator("#preview-do").click();
    await page.waitForSelector("#reject[open]");
    await page.keyboard.press("2");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Send now" }).click();
    is("they are rejected", await settled(
        () => bar(page), "4 done, 0 not. Press u to undo."),
       "4 done, 0 not. Press u to undo.");

    await page.keyboard.press("u");
    is("undone together", await settled(() => bar(page), "4 done, 0 not"),
       "4 done, 0 not");
}


/* What leaves with the page leaves whole. */

async function approved(page) {
    await page.reload();
    await page.waitForSelector(".similar");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    await page.keyboard.press("A");
    await page.waitForSelector("#preview[open]");
    await page.locator("#preview-do").click();
    await until(async () => /^Approving/.test(await bar(page)));
    await page.goto("about:blank");
    is("who leaves the page has decided about all", await settled(
        async () => (await portal()).filter((text) => (
            CAMPAIGN.includes(text))).length, 4), 4);
}


async function rules(page) {
    await page.keyboard.press("g");
    await page.waitForSelector("#items li");
    await page.locator("[name=group]").selectOption("rules");

    const wanted = ["2 hit by the same rules", "4 hit by the same rules"];

    is("by their rules", await settled(
        () => page.locator(".similar").allInnerTexts(), wanted), wanted);
}


await browser(async (program) => {
    await comment("pay the debt, says one");

    for (const text of CAMPAIGN) {
        await comment(text);
    }

    await comment("pay the debt, says another <img src=x onerror=pwned('g')>");

    const page = await open(program, "lan");
    const minh = await open(program, "minh");

    await texts(page);
    await together(page, minh);
    await rules(page);
    await page.locator("[name=group]").selectOption("text");
    await approved(page);

    is("no script ran", scripts, []);
    is("no content security report", violations, []);
});
