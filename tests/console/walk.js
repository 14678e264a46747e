/*
 * Copyright (C) the moderate authors
 *
 * A day of two moderators, by keyboard: hold, claim, conflict, approve, undo,
 * reject, several at once.
 */

import {
    accessible, browser, comment, is, open, portal, settled, shot, until,
    violations
} from "./browser.js";

const SPAM = "Buy pills now, buy\u200b pills at pills.example";


function rows(page) {
    return page.locator("#items li").count();
}


function bar(page) {
    return page.locator("#undo").innerText();
}


async function says(page, name, text) {
    is(name, await settled(() => bar(page), text), text);
}


/* The states and claims of the rows, top to bottom. */

function badges(page) {
    return page.locator("#items li .badge:first-child").allInnerTexts();
}


await browser(async (program) => {
    const lan = await open(program, "lan");
    const minh = await open(program, "minh");

    is("an empty queue says so", await lan.locator("#empty").innerText(),
       "There is nothing here.");
    is("an empty page is accessible", await accessible(lan), []);

    /* one comes in */

    const sent = Date.now();

    await comment(SPAM);
    await lan.waitForSelector("#items li");

    const seen = Date.now() - sent;

    is("what is held is seen within two seconds", seen < 2000, true);

    await lan.keyboard.press("j");
    await lan.keyboard.press("o");
    await lan.waitForSelector("#detail mark");

    is("and counted", await lan.locator("#count").innerText(),
       "1 submission shown");
    is("the hits are marked",
       await lan.locator("#detail mark").allInnerTexts(),
       ["Buy pills", "buyZWSP pills"]);
    is("the rule is named", await lan.locator(".why code").innerText(),
       "test.pills");
    is("in words", await lan.locator(".why strong").innerText(),
       "Advertising");
    is("a submission is accessible", await accessible(lan), []);
    await shot(lan, "item-en");

    /* a claim is seen by the other */

    await lan.waitForSelector("#detail .claim");
    await lan.keyboard.press("c");
    is("the claim is shown live", await until(async () => (
        (await minh.locator(".claimed-by").allInnerTexts()).join() || null)),
       "claimed by lan");

    /* a decision about what has changed since it was seen */

    await minh.keyboard.press("j");
    await minh.keyboard.press("a");
    await says(minh, "what another has claimed is not decided",
               "claimed by lan");

    await minh.route("**/api/events*", (route) => route.abort());
    await lan.keyboard.press("c");
    await lan.waitForSelector("#detail .claim");
    await minh.reload();
    await minh.waitForSelector("#items li");
    await lan.keyboard.press("c");
    await lan.waitForSelector("#detail .unclaim");

    await minh.keyboard.press("j");
    await minh.keyboard.press("a");
    is("a decision waits to be undone", await until(async () => (
        (await bar(minh)).startsWith("Approving in"))), true);
    await minh.getByRole("button", { name: "Send now" }).click();
    is("the second one is told who was first",
       await until(async () => (
           /^lan was first: claimed/.test(await bar(minh)) || null)), true);
    is("nothing was delivered", await portal(), []);
    await minh.unroute("**/api/events*");

    /* undo, then approve */

    await lan.keyboard.press("a");
    await lan.keyboard.press("u");
    await says(lan, "undo takes it back", "");
    await lan.waitForTimeout(200);
    is("and nothing is sent", await portal(), []);

    await lan.keyboard.press("a");
    is("the waiting row is marked", await until(() => (
        lan.locator("#items .leaving").count())), 1);
    await lan.getByRole("button", { name: "Send now" }).click();
    is("approve delivers", await until(async () => (
        (await portal())[0] === SPAM)), true);
    await says(lan, "and says so",
               "delivered: the portal answered 200");
    is("the other sees it", await until(async () => (
        (await badges(minh)).join() === "delivered")), true);

    /* reject with a reason, by keys */

    await comment("buy pills, the second");
    await lan.reload();
    await until(async () => await rows(lan) === 1);
    await lan.keyboard.press("j");
    await lan.keyboard.press("r");
    await lan.waitForSelector("#reject[open]");
    is("the dialog is accessible", await accessible(lan), []);
    await shot(lan, "reject-en");
    await lan.keyboard.press("Escape");
    is("a dialog that was left does nothing", await bar(lan), "");
    await lan.keyboard.press("r");
    await lan.waitForSelector("#reject[open]");

    /* left and opened again, before its event has come */

    await lan.evaluate(() => {
        document.querySelector("#reject").close();
        document.body.dispatchEvent(new KeyboardEvent("keydown", {
            key: "r", bubbles: true
        }));
    });
    await lan.keyboard.press("1");
    await lan.keyboard.press("Enter");
    is("reject waits too", await until(async () => (
        /^Rejecting in/.test(await bar(lan)))), true);
    await lan.getByRole("button", { name: "Send now" }).click();
    await says(lan, "and is done",
               "rejected. Press u to undo.");

    /* the wait ends by itself, and by leaving the page */

    await comment("buy pills, the third");
    await comment("buy pills, the fourth");
    await lan.reload();
    await until(async () => await rows(lan) === 2);
    await lan.keyboard.press("j");
    await lan.keyboard.press("a");
    is("without undo it is sent", await until(async () => (
        (await portal()).includes("buy pills, the fourth"))), true);
    await lan.keyboard.press("k");
    await lan.keyboard.press("j");
    await lan.keyboard.press("a");
    await until(async () => /^Approving/.test(await bar(lan)));
    await lan.goto("about:blank");
    is("who leaves the page has decided", await until(async () => (
        (await portal()).includes("buy pills, the third"))), true);

    /* several at once, with a look at them before */

    await comment("buy pills, one of a kind");
    await comment("buy pills, two of a kind");
    await comment("buy pills, three of a kind");
    const bulk = await open(program, "lan");

    await until(async () => await rows(bulk) === 3);

    for (const key of ["j", "x", "j", "x", "j", "x"]) {
        await bulk.keyboard.press(key);
    }

    is("three are selected", await bulk.locator("#bulk-count").innerText(),
       "3 selected");
    await bulk.locator("#bulk-reject").click();
    await bulk.waitForSelector("#preview[open]");
    is("all are shown before", await bulk.locator("#preview-items li").count(),
       3);
    is("the preview is accessible", await accessible(bulk), []);
    await bulk.locator("#preview-do").click();
    await bulk.waitForSelector("#reject[open]");
    await bulk.keyboard.press("2");
    await bulk.keyboard.press("Enter");
    await bulk.getByRole("button", { name: "Send now" }).click();
    await says(bulk, "each has its result",
               "3 done, 0 not. Press u to undo.");

    /* filters, languages, themes, sizes */

    await bulk.locator("[name=state]").selectOption("rejected");
    is("the filter shows the rejected", await until(async () => (
        await rows(bulk) === 4)), true);
    await bulk.keyboard.press("?");
    await bulk.waitForSelector("#keys[open]");
    is("the table of keys is accessible", await accessible(bulk), []);
    await bulk.keyboard.press("Escape");
    await bulk.locator("#language").selectOption("vi");
    is("Vietnamese", await bulk.locator("#queue-title").innerText(),
       "Hàng chờ");
    is("is accessible", await accessible(bulk), []);
    await bulk.locator("#theme").selectOption("dark");
    is("the dark theme is accessible", await accessible(bulk), []);
    await bulk.keyboard.press("Escape");
    await bulk.locator("#items .open").first().click();
    await bulk.waitForSelector("#detail mark");
    is("with a submission too", await accessible(bulk), []);
    await shot(bulk, "item-vi-dark");

    await bulk.setViewportSize({ width: 360, height: 640 });
    is("360 pixels are enough", await bulk.evaluate(() => (
        document.documentElement.scrollWidth)), 360);
    is("and accessible", await accessible(bulk), []);
    await shot(bulk, "phone");
    await bulk.locator("#items .open").first().click();
    is("what is opened is scrolled to", await until(() => (
        bulk.evaluate(() => Math.abs(document.querySelector("#item")
            .getBoundingClientRect().top) < 2))), true);

    /* 200 % of 1280 pixels */

    await bulk.setViewportSize({ width: 640, height: 400 });
    is("so is twice the size", await bulk.evaluate(() => (
        document.documentElement.scrollWidth)), 640);

    is("no content security report", violations, []);
});
