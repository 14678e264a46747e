/*
 * Copyright (C) the moderate authors
 *
 * What others do meanwhile, and what one may do: small looks at the queue,
 * roles, claims that ran out, rejections that are undone.
 */

import {
    accessible, browser, comment, is, open, redis, shot, until, violations
} from "./browser.js";

const MINUTES = 60000;


/* Counts what the page asks the API for from here on. */

function counted(page) {
    const calls = { events: 0, list: 0, item: 0 };

    page.on("request", (request) => {
        const path = new URL(request.url()).pathname;

        calls.events += /\/api\/events$/.test(path);
        calls.list += /\/api\/held$/.test(path);
        calls.item += /\/api\/held\/\w+$/.test(path);
    });

    return calls;
}


function bar(page) {
    return page.locator("#undo").innerText();
}


function states(page) {
    return page.locator("#items li .badge:first-child").allInnerTexts();
}


function actions(page) {
    return page.locator("#detail .actions button").evaluateAll((buttons) => (
        buttons.map((button) => button.className)));
}


function call(page, path, version, body = {}) {
    return page.evaluate(async ([where, seen, json]) => {
        const answer = await fetch(`api/${where}`, {
            method: "POST",
            headers: {
                "Content-Type": "application/json", "If-Match": `"${seen}"`
            },
            body: JSON.stringify(json)
        });

        return answer.status;
    }, [path, version, body]);
}


async function openFirst(page) {
    await page.waitForSelector("#items li");
    await page.locator("#items .open").first().click();
    await page.waitForSelector("#detail h3");
}


/* As if the claim, or the rejection, had been made so many minutes ago. */

async function age(id, version, what, minutes) {
    const then = Date.now() - minutes * MINUTES;
    const key = `m:{portal}:h:${id}`;

    await redis("HSET", key, `e:${version}`, `${then} ${what}`);
    await redis("HSET", key, "claimed_at", String(Math.floor(then / 1000)));
}


async function polls(program) {
    const lan = await open(program, "lan");
    const minh = await open(program, "minh");

    for (let i = 0; i < 55; i++) {
        await comment(`buy pills, number ${i}`);
    }

    await lan.reload();
    await lan.waitForSelector("#items li:nth-child(50)");
    await lan.waitForTimeout(1500);

    const idle = counted(lan);

    await lan.waitForTimeout(3000);
    is("a queue that nobody touches asks for events",
       idle.events >= 2 && idle.events <= 5, true);
    is("and for nothing else", [idle.list, idle.item], [0, 0]);

    const busy = counted(lan);

    for (let i = 0; i < 12; i++) {
        await comment(`buy pills, one more ${i}`);
    }

    is("what is new is counted", await until(async () => (
        await lan.locator("#news").innerText()
        === "12 new submissions: show")), true);
    is("what was pushed off the page is not read", busy.item, 0);

    /* the last one of the page is decided by another */

    const id = await lan.locator("#items li").nth(49).getAttribute("data-id");
    const moved = counted(lan);

    is("one is rejected elsewhere",
       await call(minh, `held/${id}/reject`, 1, { reason: "scam" }), 200);
    is("its row says so", await until(async () => (
        (await states(lan))[49] === "rejected")), true);
    is("which was not read for that", moved.item, 0);

    await lan.context().close();
    await minh.context().close();
}


async function roles(program) {
    await redis("FLUSHALL");
    await comment("buy pills, to be looked at");

    const viewer = await open(program, "viewer");

    await openFirst(viewer);
    is("a viewer is shown no decision", await actions(viewer), []);
    is("nothing to select with",
       await viewer.locator("#items input").count(), 0);
    await viewer.keyboard.press("x");
    await viewer.keyboard.press("a");
    await viewer.keyboard.press("r");
    await viewer.keyboard.press("c");
    is("and the keys decide nothing", [
        await bar(viewer), await viewer.locator("#problem").innerText(),
        await viewer.locator("dialog[open]").count()
    ], ["", "", 0]);
    await viewer.keyboard.press("?");
    is("nor are they told of", await viewer.locator("#keys-list dt")
        .allInnerTexts().then((all) => all.join("")), "qedljkogm/?");
    is("which is accessible", await accessible(viewer), []);
    await viewer.context().close();
}


async function leases(program) {
    await redis("FLUSHALL");
    await comment("buy pills, to be claimed");

    const lan = await open(program, "lan");
    const minh = await open(program, "minh");
    const admin = await open(program, "admin");
    const id = await lan.locator("#items li").getAttribute("data-id");

    await openFirst(lan);
    await lan.keyboard.press("c");
    await lan.waitForSelector("#detail .unclaim");
    await openFirst(minh);
    await openFirst(admin);

    is("one's own claim can be decided and released", await actions(lan),
       ["approve", "reject", "unclaim"]);
    is("that of another cannot", await actions(minh), []);
    is("it says until when",
       /^Claimed by lan until .+ Then others can take over\.$/.test(
           await minh.locator(".because").innerText()), true);
    is("an admin can", await actions(admin), ["approve", "reject", "unclaim"]);
    await admin.keyboard.press("c");
    is("and release it, by its key", await until(async () => (
        (await actions(admin)).join() === "approve,reject,claim")), true);
    await until(async () => (
        (await actions(lan)).join() === "approve,reject,claim"));
    await lan.keyboard.press("c");
    await until(async () => (
        (await actions(lan)).join() === "approve,reject,unclaim"));
    await until(async () => (await actions(minh)).length === 0);

    await age(id, 4, "lan claim ", 11);
    await minh.keyboard.press("o");
    is("a claim that ran out can be taken over", await until(async () => (
        (await actions(minh)).join() === "claim")), true);
    is("in words", await minh.locator("#detail .claim").innerText(),
       "Take overc");
    is("with the reason", await minh.locator(".because").innerText(),
       "The claim of lan has run out. You can take over.");
    is("which is accessible", await accessible(minh), []);
    await shot(minh, "claim-ran-out");
    await minh.keyboard.press("c");
    is("and is", await until(async () => (
        (await actions(minh)).join() === "approve,reject,unclaim")), true);
    is("the other one sees it", await until(async () => (
        (await lan.locator(".claimed-by").innerText()) === "claimed by minh")),
       true);

    for (const page of [lan, minh, admin]) {
        await page.context().close();
    }
}


async function undone(program) {
    await redis("FLUSHALL");
    await comment("buy pills, to be rejected");

    const lan = await open(program, "lan");
    const minh = await open(program, "minh");
    const id = await lan.locator("#items li").getAttribute("data-id");

    await openFirst(lan);
    await openFirst(minh);
    await lan.keyboard.press("r");
    await lan.waitForSelector("#reject[open]");
    await lan.keyboard.press("2");
    await lan.keyboard.press("Enter");
    await lan.getByRole("button", { name: "Send now" }).click();
    is("a rejection says how it is undone", await until(async () => (
        await bar(lan) === "rejected. Press u to undo.")), true);
    await lan.waitForSelector("#detail .undo");
    is("its button is there", await actions(lan), ["undo"]);
    is("with the time it has", /^Can be undone until /.test(
        await lan.locator(".because").innerText()), true);
    is("which is accessible", await accessible(lan), []);

    await until(async () => (await states(minh)).join() === "rejected");
    await minh.keyboard.press("o");
    is("who did not reject it cannot", await until(async () => (
        await minh.locator("#detail .history li").count() === 1
        && (await actions(minh)).length === 0)), true);

    await lan.keyboard.press("u");
    is("the key undoes it", await until(async () => (
        (await states(lan)).join() === "pending"
        && await bar(lan) === "pending")), true);

    await comment("buy pills, rejected before the cursor went on");
    await lan.reload();
    await until(async () => (await states(lan)).length === 2);
    await lan.keyboard.press("j");
    await lan.keyboard.press("r");
    await lan.waitForSelector("#reject[open]");
    await lan.keyboard.press("2");
    await lan.keyboard.press("Enter");
    await lan.getByRole("button", { name: "Send now" }).click();
    await until(async () => (await states(lan)).join() === "rejected,pending");
    await lan.keyboard.press("u");
    is("so does it from the next row", await until(async () => (
        (await states(lan)).join() === "pending,pending")), true);

    is("too late is told", await tooLate(lan, id),
       "More than 10 minutes have passed: it cannot be undone. (409)");

    await lan.context().close();
    await minh.context().close();
}


/* Ten minutes pass while the button is there. */

async function tooLate(lan, id) {
    await lan.locator(`[data-id="${id}"] .open`).click();
    await lan.keyboard.press("r");
    await lan.waitForSelector("#reject[open]");
    await lan.keyboard.press("2");
    await lan.keyboard.press("Enter");
    await lan.getByRole("button", { name: "Send now" }).click();
    await lan.waitForSelector("#detail .undo");
    await age(id, 4, "lan reject scam", 11);
    await lan.locator("#detail .undo").click();
    await until(async () => /^More/.test(await bar(lan)));

    return bar(lan);
}


/* What was changed in Redis is there, and cannot be read. */

async function sealed(program) {
    await redis("FLUSHALL");

    const [id] = (await comment("buy pills, that nobody can read")).split(".");

    await redis("HSET", `m:{portal}:h:${id}`, "sealed", "0123456789abcdef");

    const lan = await open(program, "lan");
    const told = "What is kept was changed from outside. Tell the "
                 + "administrator.";

    is("a row says what cannot be read",
       await lan.locator("#items .excerpt").innerText(), told);
    await lan.keyboard.press("j");
    await lan.keyboard.press("o");
    is("so does opening it", await until(async () => (
        await lan.locator("#problem").innerText() === `${told} (409)`)), true);
    await lan.keyboard.press("a");
    await lan.getByRole("button", { name: "Send now" }).click();
    is("and deciding about it", await until(async () => (
        await bar(lan) === `${told} (409)`)), true);
    await lan.context().close();
}


async function addresses(program) {
    await redis("FLUSHALL");
    await comment("buy pills, as the address says");

    const lan = await open(program, "lan");

    await lan.locator("[name=rule]").fill("test.bills");
    await lan.locator("[name=rule]").press("Enter");
    await lan.waitForSelector("#empty:not([hidden])");
    is("a filter is in the address", new URL(lan.url()).hash,
       "#/queue?state=pending&rule=test.bills");
    await lan.goBack();
    is("and can be gone back from", await until(async () => (
        (await states(lan)).length === 1
        && await lan.locator("[name=rule]").inputValue() === "")), true);

    await lan.keyboard.press("Tab");
    await lan.locator("#skip").focus();
    await lan.keyboard.press("Enter");
    is("the link to the content leaves the address",
       [new URL(lan.url()).hash, await lan.evaluate(() => (
           document.activeElement.id))], ["", "main"]);

    await lan.keyboard.press("?");
    await lan.locator("#keys-on").uncheck();
    await lan.keyboard.press("Escape");
    await lan.keyboard.press("j");
    await lan.keyboard.press("o");
    await lan.waitForTimeout(200);
    is("single keys can be turned off",
       await lan.locator("#detail h3").count(), 0);

    await lan.route("**/api/held*", (route) => route.fulfill({
        status: 502, contentType: "text/html", body: "<h1>Bad Gateway</h1>"
    }));
    await lan.reload();
    is("what is not of the API is told apart", await until(async () => (
        await lan.locator("#problem").innerText()
        === "The server gave no answer that is understood. "
            + "Try again later. (502)")), true);
    await lan.context().close();
}


await browser(async (program) => {
    await polls(program);
    await roles(program);
    await leases(program);
    await undone(program);
    await sealed(program);
    await addresses(program);

    is("no content security report", violations, []);
});
