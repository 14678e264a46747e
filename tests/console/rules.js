/*
 * Copyright (C) the moderate authors
 *
 * The rules in force: sorted, filtered, with the precision that moderators
 * gave them, and the way from a rule to what it holds.
 */

import {
    browser, comment, everywhere, is, open, scripts, settled, until,
    violations
} from "./browser.js";


function ids(page) {
    return page.locator("#rules-body th").allInnerTexts();
}


async function cells(page, id) {
    return page.locator("#rules-body tr").filter({ hasText: id })
        .locator("td").allInnerTexts();
}


function sorted(page) {
    return page.locator("#rules-head [aria-sort]").evaluateAll((all) => (
        all.map((th) => `${th.querySelector("button").dataset.sort} `
                        + th.getAttribute("aria-sort"))));
}


function decide(page, id, action) {
    return page.evaluate(([held, what]) => fetch(`api/held/${held}/${what}`, {
        method: "POST", body: '{"reason":"other"}',
        headers: { "Content-Type": "application/json", "If-Match": '"1"' }
    }).then((answer) => answer.status), [id, action]);
}


/* Of one rule five are decided, of another one four. */

async function decided(page) {
    const counted = async () => page.evaluate(async () => {
        const { sets } = await (await fetch("api/rules")).json();
        const { confirmed, overturned } = sets[0].rules.find(({ id }) => (
            id === "test.debt"));

        return [overturned, confirmed];
    });
    const before = await counted();

    for (let i = 0; i < 5; i++) {
        const [id] = (await comment(`pay the debt ${i}`)).split(".");

        is(`decided: ${i}`,
           await decide(page, id, i < 2 ? "approve" : "reject"), 200);
    }

    const after = [before[0] + 2, before[1] + 3];

    is("they are counted", await settled(counted, after), after);
}


async function sorts(page) {
    await page.keyboard.press("l");
    await page.waitForSelector("#rules-body tr");
    is("the rules with most hits first", await sorted(page),
       ["hits descending"]);

    const sort = (name) => page.locator(`[data-sort="${name}"]`).click();

    await sort("rule");
    is("by name", await ids(page), ["test.debt", "test.lottery",
                                    "test.pills"]);
    await sort("rule");
    is("the other way round", [await ids(page), await sorted(page)],
       [["test.pills", "test.lottery", "test.debt"], ["rule descending"]]);
    is("the button keeps the focus", await page.evaluate(() => (
        document.activeElement.dataset.sort)), "rule");
    await sort("score");
    is("by score", await ids(page), ["test.debt", "test.pills",
                                     "test.lottery"]);
    await sort("precision");
    is("what has no precision is last",
       (await ids(page)).at(-1), "test.lottery");
}


await browser(async (program) => {
    const page = await open(program, "lan");

    await decided(page);
    await comment("pay the debt, and wait");
    await comment("buy pills, and wait");
    await sorts(page);

    is("precision of five", (await cells(page, "test.debt")).at(-1), "60%");
    is("of none", await cells(page, "test.lottery"), [
        "</td><img src=x onerror=pwned('title')> RLOgnirts", "Scam", "shadow",
        "4", "0", "0", "0", "0", "–"
    ]);

    /* filtered, as people write */

    await page.keyboard.press("/");
    await page.keyboard.type("doi no");
    is("a rule is found without accents", await ids(page), ["test.debt"]);
    is("and counted", await page.locator("#rules-count").innerText(),
       "1 of 3 rules");
    await page.locator("#rules-filter").fill("scam");
    is("or by its category", await ids(page), ["test.lottery"]);
    await page.locator("#rules-filter").fill("");
    await everywhere(page, "rules");
    is("no element came of a title",
       await page.locator("#at-rules img").count(), 0);

    /* to what it holds */

    await page.getByRole("link", { name: "test.debt" }).click();
    is("a rule leads to what it holds", await until(async () => (
        (await page.locator("#items .excerpt").allInnerTexts()).join()
        === "pay the debt, and wait")), true);
    is("by its address", [
        new URL(page.url()).hash, await page.locator("[name=rule]")
            .inputValue()
    ], ["#/queue?rule=test.debt", "test.debt"]);

    is("no script ran", scripts, []);
    is("no content security report", violations, []);
});
