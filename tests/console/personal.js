/*
 * Copyright (C) the moderate authors
 *
 * Personal data is hidden until somebody asks for it, which is recorded.
 */

import {
    browser, comment, everywhere, is, open, scripts, settled, until,
    violations
} from "./browser.js";

const TEXT = "Buy pills: 0912 345 678 or lan@mail.example "
             + "<img src=x onerror=pwned('personal')>";
const HIDDEN = TEXT.replace("0912 345 678", "************")
    .replace("lan@mail.example", "****************");


async function openRow(page, text) {
    await page.locator("#items li").filter({ hasText: text }).locator(".open")
        .click();
}


function value(page) {
    return page.locator("#detail .field.text .value").innerText();
}


function revealed(page) {
    return page.evaluate(async () => (
        (await (await fetch("api/events?limit=1000")).json()).events
            .filter(({ event }) => event === "reveal")
            .map(({ actor }) => actor)));
}


await browser(async (program) => {
    await comment(TEXT);
    await comment("pay the debt, without any number");

    const lan = await open(program, "lan");
    const minh = await open(program, "minh");
    const viewer = await open(program, "viewer");

    is("a row hides personal data", await lan.locator("#items .excerpt")
        .last().innerText(), HIDDEN);

    for (const page of [lan, minh, viewer]) {
        await openRow(page, "Buy pills");
        is("so does what is opened", await settled(() => value(page), HIDDEN),
           HIDDEN);
    }

    is("hits are where they were", await lan.locator("#detail mark").first()
        .innerText(), "Buy pills");
    is("it says that looking is recorded", await lan.locator("#reveal-help")
        .innerText(), "Personal data is hidden by *. That you look at it is "
                      + "recorded, with your name.");
    is("a viewer cannot look", [
        await viewer.locator("[data-action=reveal]").count(),
        await viewer.locator("#reveal-help").innerText()
    ], [0, "Personal data is hidden by *."]);
    await viewer.keyboard.press("v");
    await everywhere(lan, "personal");
    is("nobody has looked", await revealed(lan), []);

    await lan.keyboard.press("v");
    is("a key shows it", await settled(() => value(lan), TEXT), TEXT);
    is("and records who looked", await revealed(lan), ["lan"]);
    is("the button is gone",
       await lan.locator("[data-action=reveal]").count(), 0);

    /* others go on meanwhile */

    await minh.keyboard.press("c");
    is("what others do is seen", await until(async () => (
        /claimed by minh/.test(await lan.locator("#detail dl").innerText()))),
       true);
    is("and hides nothing again", await value(lan), TEXT);
    await openRow(lan, "pay the debt");
    is("what has nothing to hide has no button", await until(async () => (
        /^pay the debt/.test(await value(lan))
        && await lan.locator("[data-action=reveal]").count() === 0)), true);
    await openRow(lan, "Buy pills");
    is("but who opens it anew asks anew",
       await settled(() => value(lan), HIDDEN), HIDDEN);
    await lan.locator("[data-action=reveal]").click();
    is("by the button too", await settled(() => value(lan), TEXT), TEXT);
    is("which is recorded", await revealed(lan), ["lan", "lan"]);
    is("no element came of it", await lan.locator("main img").count(), 0);

    is("no script ran", scripts, []);
    is("no content security report", violations, []);
});
