/*
 * Copyright (C) the moderate authors
 *
 * Held texts that would like to be more than text.
 */

import {
    address, browser, comment, is, open, scripts, shot, until, violations
} from "./browser.js";

const texts = [
    "<script>pwned('script')</script>",
    "<img src=x onerror=pwned('img')>",
    "<svg onload=pwned('svg')><svg/onload=pwned`svg`>",
    "\"><img src=x onerror=\"pwned('attribute')\">",
    "'><script>pwned('quote')</script>",
    "</textarea></title></style><script>pwned('end')</script>",
    "<iframe srcdoc=\"<script>parent.pwned('frame')</script>\"></iframe>",
    "<a href=\"javascript:pwned('link')\">click</a>",
    "<math><mtext><table><mglyph><style><img src=x onerror=pwned('m')>",
    "<template><script>pwned('template')</script></template>",
    "{{constructor.constructor('pwned(1)')()}} ${pwned('template')}",
    "<object data=\"data:text/html,<script>pwned('object')</script>\">",
    "<form><input name=attributes><input name=parentNode></form>",
    "<base href=\"https://evil.example/\"><meta http-equiv=refresh"
    + " content=\"0;url=https://evil.example/\">",
    "<style>@import 'https://evil.example/x.css';*{display:none}</style>",
    "\u202eexe.cod\u202c \u2066isolate\u2069 \u200b\u200d\ufeff\u00ad end",
    `Zalgo e${"\u0301\u0316\u0489".repeat(40)} end`,
    `long ${"x".repeat(20000)} end`,
    "lines\n\n\n\u2028separator\u2029 \u0001\u0008\u001b[31mred\u001b[0m",
    "emoji 👩‍👩‍👧‍👦 🏳️‍🌈 Việt Nam đẹp",
    "__proto__ constructor toString",
    "%3Cscript%3Epwned('coded')%3C/script%3E &lt;b&gt; &#60;script&#62;"
];


/* Whether an element that is selected has the text, but for what is hidden. */

function shows(page, selector, wanted) {
    return until(() => page.evaluate(([where, text]) => {
        const bare = [...document.querySelectorAll(where)].map((value) => {
            const copy = value.cloneNode(true);

            copy.querySelectorAll(".hidden").forEach((mark) => mark.remove());
            return copy.textContent;
        });

        /* what cannot be seen is shown as a mark instead */

        const emoji = new RegExp("^\\p{RGI_Emoji}$", "v");
        const marks = new RegExp(
            "\\p{RGI_Emoji}|[^\\P{C}\\n]|[\\u2028\\u2029]|\\p{M}{4,}", "gv");

        return bare.includes(text.replace(marks, (found) => (
            emoji.test(found) ? found : "")));
    }, [selector, wanted]));
}


/* Elements that only a text can have made, anywhere on the page. */

function made(page) {
    return page.evaluate(() => document.querySelectorAll(
        "main :is(script, img, iframe, object, base, meta, style, template, "
        + "math, a[href^=javascript], input[name=attributes])").length
        + document.querySelectorAll(
            "main svg:not(.chart), #detail :is(svg, form, a)").length);
}


async function listed(page) {
    for (const text of texts) {
        await comment(`buy pills ${text}`, `buy pills ${text.slice(0, 90)}`);
    }

    await page.reload();
    is("all are listed", await until(async () => (
        await page.locator("#items li").count() === texts.length)), true);

    for (let i = 0; i < texts.length; i++) {
        const wanted = texts[texts.length - 1 - i];

        await page.keyboard.press("j");
        await page.keyboard.press("o");
        is(`shown as text: ${JSON.stringify(wanted.slice(0, 40))}`,
           await shows(page, "#detail .value", `buy pills ${wanted}`), true);
    }

    is("no element came of a text", await made(page), 0);
    await shot(page, "hostile");
}


/* All of them as notes on one, and as what appeals say. */

async function written(page) {
    await page.evaluate(async (all) => {
        const { items } = await (await fetch("api/held")).json();
        const call = (path, body) => fetch(`api/held/${path}`, {
            method: "POST", body: JSON.stringify(body),
            headers: {
                "Content-Type": "application/json", "If-Match": '"1"'
            }
        });

        for (const text of all) {
            await call(`${items[0].id}/note`, { text: text.slice(0, 1900) });
        }

        for (const { id } of items) {
            await call(`${id}/reject`, { reason: "other" });
        }
    }, texts);

    await page.locator("#items .open").first().click();

    for (const text of texts) {
        is(`a note: ${JSON.stringify(text.slice(0, 40))}`,
           await shows(page, ".notes .value", text.slice(0, 1900)), true);
    }
}


async function appealed(page) {
    for (const text of texts) {
        const receipt = await comment(`buy pills again ${text.slice(0, 30)}`);
        const id = receipt.split(".")[0];

        await page.evaluate((held) => fetch(`api/held/${held}/reject`, {
            method: "POST", body: '{"reason":"other"}',
            headers: {
                "Content-Type": "application/json", "If-Match": '"1"'
            }
        }), id);
        await fetch(`${address}receipt/${receipt}`, {
            method: "POST", body: new URLSearchParams({
                note: text.slice(0, 1900)
            })
        });
    }

    await page.keyboard.press("e");

    /* the rows of the queue are as many, and there until then */

    is("all appeals are listed", await until(async () => (
        await page.locator("#items li.appealed").count() === texts.length)),
       true);

    for (let i = 0; i < texts.length; i++) {
        const wanted = texts[texts.length - 1 - i].slice(0, 1900);

        await page.keyboard.press("j");
        await page.keyboard.press("o");
        is(`an appeal: ${JSON.stringify(wanted.slice(0, 40))}`,
           await shows(page, ".appeal .value", wanted), true);
    }

    is("no element came of notes and appeals", await made(page), 0);
}


await browser(async (program) => {
    const page = await open(program, "lan");

    await listed(page);
    await written(page);
    await appealed(page);

    is("no script ran", scripts, []);
    is("no content security report", violations, []);
});
