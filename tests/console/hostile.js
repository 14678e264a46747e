/*
 * Copyright (C) the moderate authors
 *
 * Held texts that would like to be more than text.
 */

import {
    browser, comment, is, open, scripts, shot, until, violations
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


await browser(async (program) => {
    const page = await open(program, "lan");

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

        const shown = await until(() => page.evaluate((text) => {
            const values = [...document.querySelectorAll("#detail .value")];
            const bare = values.map((value) => {
                const copy = value.cloneNode(true);

                copy.querySelectorAll(".hidden").forEach((mark) => (
                    mark.remove()));
                return copy.textContent;
            });

            /* what cannot be seen is shown as a mark instead */

            const emoji = new RegExp("^\\p{RGI_Emoji}$", "v");
            const marks = new RegExp(
                "\\p{RGI_Emoji}|[^\\P{C}\\n]|[\\u2028\\u2029]|\\p{M}{4,}",
                "gv");
            const plain = text.replace(marks, (found) => (
                emoji.test(found) ? found : ""));

            return bare.includes(`buy pills ${plain}`);
        }, wanted));

        is(`shown as text: ${JSON.stringify(wanted.slice(0, 40))}`, shown,
           true);
    }

    is("no element came of a text", await page.evaluate(() => (
        document.querySelectorAll("#detail :is(script, img, svg, iframe, "
            + "object, form, base, meta, style, template, a, math)").length)),
       0);
    is("nothing in the list either", await page.evaluate(() => (
        document.querySelectorAll("#items :is(script, img, svg, iframe, "
            + "object, form, base, meta, style, template, a, math)").length)),
       0);
    await shot(page, "hostile");

    is("no script ran", scripts, []);
    is("no content security report", violations, []);
});
