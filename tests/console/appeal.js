/*
 * Copyright (C) the moderate authors
 *
 * The whole way of two submissions: one is held, claimed, decided by two at
 * once and delivered; one is rejected, appealed against on its receipt's page,
 * and let through by a second moderator.
 */

import {
    accessible, address, browser, comment, everywhere, is, open, portal, shot,
    until, violations
} from "./browser.js";

const BAD = "buy pills, says the appeal is about";


function bar(page) {
    return page.locator("#undo").innerText();
}


function sendNow(page) {
    return page.getByRole("button", { name: "Send now" }).click();
}


function row(page, text) {
    return page.locator("#items li").filter({ hasText: text });
}


async function openRow(page, text) {
    await row(page, text).locator(".open").click();
    await page.locator("#detail .value").filter({ hasText: text }).first()
        .waitFor();
}


function actions(page) {
    return page.locator("#detail .actions button").evaluateAll((buttons) => (
        buttons.map((button) => button.className).join()));
}


async function firstWay(lan, minh) {
    await comment("buy pills, says the first");

    for (const page of [lan, minh]) {
        await row(page, "the first").waitFor();
        await openRow(page, "the first");
    }

    await lan.keyboard.press("c");
    is("claimed", await until(async () => (
        await actions(lan) === "approve,reject,unclaim")), true);
    is("and not to be decided by the other", await until(async () => (
        await actions(minh) === "")), true);
    await lan.keyboard.press("c");
    await until(async () => await actions(minh) === "approve,reject,claim");

    /* what happens while a decision waits is seen when it is taken back */

    await minh.keyboard.press("a");
    await until(async () => /^Approving/.test(await bar(minh)));
    await lan.keyboard.press("c");
    await until(async () => await actions(lan) === "approve,reject,unclaim");
    await minh.waitForTimeout(1000);
    await minh.keyboard.press("u");
    is("who takes back sees what others did", await until(async () => (
        await actions(minh) === "")), true);
    await lan.keyboard.press("c");
    await until(async () => await actions(minh) === "approve,reject,claim");

    /* both decide at once */

    await minh.keyboard.press("r");
    await minh.waitForSelector("#reject[open]");
    await minh.keyboard.press("2");
    await minh.keyboard.press("Enter");
    await lan.keyboard.press("a");
    await until(async () => /^Approving/.test(await bar(lan)));
    await sendNow(lan);
    is("delivered", await until(async () => (
        (await portal()).includes("buy pills, says the first"))), true);
    await sendNow(minh);
    is("the other was too late", await until(async () => (
        /^lan was first: delivered\./.test(await bar(minh)))), true);
    is("and it was delivered once", (await portal()).filter((text) => (
        text === "buy pills, says the first")).length, 1);
}


/* Notes of moderators; one that is being written stays with its item. */

async function notes(lan, minh) {
    await openRow(lan, BAD);
    await lan.keyboard.press("n");
    await lan.keyboard.type("his \u200bshop, I think");
    await lan.getByRole("button", { name: "Add", exact: true }).click();
    is("a note is there", await until(async () => (
        await lan.locator(".notes .value").innerText()
        === "his ZWSPshop, I think")), true);
    is("its author too", /^lan, /.test(
        await lan.locator(".notes .sign").innerText()), true);

    await openRow(minh, BAD);
    is("the other reads it", await minh.locator(".notes .value").count(), 1);
    await lan.keyboard.press("n");
    await lan.keyboard.type("half a thought");
    await minh.keyboard.press("n");
    await minh.keyboard.type("mine");
    await minh.getByRole("button", { name: "Add", exact: true }).click();
    is("that of the other comes while one is writing", await until(
        async () => await lan.locator(".notes .value").count() === 2), true);
    is("and takes nothing away",
       await lan.locator("#note-text").inputValue(), "half a thought");
    await openRow(lan, "the first");
    is("what is written is of its item",
       await lan.locator("#note-text").inputValue(), "");
    await openRow(lan, BAD);
    is("and is found there again",
       await lan.locator("#note-text").inputValue(), "half a thought");
    await lan.locator("#note-text").fill(" ");
    await lan.getByRole("button", { name: "Add", exact: true }).click();
    is("a blank one is refused in words", await until(async () => (
        await lan.locator("#problem").innerText()
        === "A note needs 1 to 2,000 characters. (422)")), true);
    await lan.waitForTimeout(1000);
    is("which stay", await lan.locator("#problem").innerText() !== "", true);
    await lan.keyboard.press("Escape");
}


async function secondWay(program, lan, minh) {
    const receipt = await comment(BAD);

    for (const page of [lan, minh]) {
        await page.locator("#news button").click();
        await row(page, BAD).waitFor();
    }

    await notes(lan, minh);

    await openRow(lan, BAD);
    await lan.keyboard.press("r");
    await lan.waitForSelector("#reject[open]");
    await lan.keyboard.press("1");
    await lan.locator("#reject-text").fill("Please leave <i>prices</i> out, ");
    await lan.locator("#reject-text").press("End");
    await lan.keyboard.type("number 2 too.");
    is("digits of a text choose no reason",
       await lan.locator("#reasons :checked").inputValue(),
       "contact-advertising");
    is("the dialog is accessible", await accessible(lan), []);
    await lan.locator("#reject-do").click();
    await sendNow(lan);
    await until(async () => /^rejected/.test(await bar(lan)));

    /* the page of the receipt, by who sent it */

    const context = await program.newContext({ locale: "en-GB" });
    const page = await context.newPage();

    await page.goto(`${address}receipt/${receipt}`);
    is("the receipt tells the reason",
       /advertis/i.test(await page.locator("main, body").first().innerText()),
       true);
    is("and what was written with it",
       (await page.locator("main, body").first().innerText())
           .includes("Please leave <i>prices</i> out, number 2 too."), true);
    await page.locator("#note").fill("No <b>seller</b>:\nI asked a question.");
    await page.locator("button, input[type=submit]").first().click();
    await page.waitForLoadState();
    is("the appeal is taken", await page.locator("#note").count(), 0);
    await context.close();

    await appealed(lan, minh);
}


async function appealed(lan, minh) {
    for (const page of [lan, minh]) {
        await page.keyboard.press("e");
        await row(page, BAD).waitFor();
    }

    is("the address is of appeals", new URL(lan.url()).hash, "#/appeals");
    is("so is the title", [
        await lan.locator("#queue-title").innerText(), await lan.title(),
        await lan.locator("#places [aria-current]").innerText()
    ], ["Appeals", "Appeals – moderate", "Appeals"]);
    is("only they are listed", await lan.locator("#items li").count(), 1);

    await openRow(lan, BAD);
    is("what the sender writes comes first",
       await lan.locator("#detail > :first-child .value").innerText(),
       "No <b>seller</b>:\nI asked a question.");
    is("then what was decided",
       /^Rejected by lan, .+\. Reason: Advertising with a contact\.$/.test(
           await lan.locator("#detail .appeal p").innerText()), true);
    is("and what the sender was told",
       (await lan.locator("#detail").innerText())
           .includes("Please leave <i>prices</i> out, number 2 too."), true);
    is("no one decides about oneself", await actions(lan), "");
    is("and is told why", await lan.locator(".because").innerText(),
       "You rejected this yourself. Another moderator decides about the "
       + "appeal.");
    await lan.keyboard.press("a");
    is("also of the key", await until(async () => (
        /^You rejected this yourself/.test(await bar(lan)))), true);
    await everywhere(lan, "appeal");

    await openRow(minh, BAD);
    is("another one decides", await actions(minh), "approve,reject,claim");
    await minh.keyboard.press("c");
    await until(async () => await actions(minh) === "approve,reject,unclaim");
    await minh.reload();
    await row(minh, BAD).waitFor();
    is("a claimed appeal is among them", await minh.locator("#items li")
        .count(), 1);
    await openRow(minh, BAD);
    await minh.keyboard.press("a");
    await until(async () => /^Approving/.test(await bar(minh)));
    await sendNow(minh);
    is("and lets it through", await until(async () => (
        (await portal()).includes(BAD))), true);
    is("its row says so", await until(async () => (
        await minh.locator("#items li .badge").first().innerText()
        === "delivered")), true);
    await shot(minh, "appeal-delivered");
}


await browser(async (program) => {
    const lan = await open(program, "lan");
    const minh = await open(program, "minh");

    await firstWay(lan, minh);
    await secondWay(program, lan, minh);

    await lan.keyboard.press("q");
    is("back to the queue", await until(async () => (
        await lan.locator("#queue-title").innerText() === "Queue")), true);
    is("whose title has the focus", await lan.evaluate(() => (
        document.activeElement.id)), "queue-title");
    is("which is accessible", await accessible(lan), []);

    is("no content security report", violations, []);
});
