/*
 * Copyright (C) the moderate authors
 *
 * A browser for the tests of the console.  Results go to standard output, a
 * line of JSON each, and Stories.pm makes assertions of them.
 */

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url)
                         .resolve("axe-core/axe.min.js"), "utf8");

const [, , base, shots] = process.argv;

export const address = base;

export const violations = [];   /* of the content security policy */
export const scripts = [];      /* that ran and should not have */


export function is(name, got, wanted) {
    const ok = JSON.stringify(got) === JSON.stringify(wanted);

    console.log(JSON.stringify({ name, ok, got, wanted }));
}


export async function browser(story) {
    const program = await chromium.launch({
        executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
        args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    });

    mkdirSync(shots, { recursive: true });

    try {
        await story(program);

    } catch (error) {
        console.log(JSON.stringify({
            name: "the story is told to its end", ok: false,
            got: String(error.stack), wanted: ""
        }));

    } finally {
        await program.close();
    }
}


/* Opens the console for a moderator. */

export async function open(program, user, options = {}) {
    const context = await program.newContext({
        httpCredentials: { username: user, password: "secret" },
        locale: "en-GB", viewport: { width: 1280, height: 800 },
        reducedMotion: "reduce", ...options
    });
    const page = await context.newPage();

    page.on("dialog", (dialog) => {
        scripts.push(dialog.message());
        dialog.dismiss();
    });
    page.on("pageerror", (error) => violations.push(String(error)));
    await page.exposeFunction("reported", (text) => violations.push(text));
    await page.exposeFunction("pwned", (text) => scripts.push(text));
    await page.addInitScript(() => {
        document.addEventListener("securitypolicyviolation", (event) => (
            window.reported(`${event.violatedDirective} ${event.blockedURI}`)));
    });

    await page.goto(`${base}moderation/`);
    await page.waitForSelector("#items:not(:empty), #empty:not([hidden])");

    return page;
}


export async function shot(page, name) {
    await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
}


/* Runs axe; gives the ids of what it found. */

export async function accessible(page) {
    await page.evaluate(axe);

    const { violations: found } = await page.evaluate(() => (
        window.axe.run(document, {
            runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa",
                      "best-practice"]
        })));

    return found.map((rule) => (
        `${rule.id}: ${rule.nodes.map((one) => one.target).join(" ")}`));
}


/*
 * Looks at a view in both languages and themes, on a telephone, and at 200 %
 * of 1280 pixels; leaves it as it was.
 */

export async function everywhere(page, name) {
    const found = [];
    const choose = (id, value) => page.locator(id).selectOption(value);

    for (const language of ["vi", "en"]) {
        for (const theme of ["dark", "light"]) {
            await choose("#language", language);
            await choose("#theme", theme);
            found.push(...await accessible(page));
        }

        await shot(page, `${name}-${language}`);
    }

    await choose("#language", "vi");
    await choose("#theme", "dark");

    for (const width of [360, 640]) {
        await page.setViewportSize({ width, height: 640 });
        found.push(...await accessible(page));

        const wide = await page.evaluate(() => (
            document.documentElement.scrollWidth));

        if (wide > width) {
            found.push(`${wide} pixels wide at ${width}`);
        }
    }

    await page.setViewportSize({ width: 360, height: 640 });
    await shot(page, `${name}-phone`);
    await page.setViewportSize({ width: 1280, height: 800 });
    await choose("#language", "en");
    await choose("#theme", "auto");

    is(`${name}: for everyone, everywhere`, found, []);
}


/* Posts a comment as the portal's form does; gives the receipt. */

export async function comment(text, name = "Lan") {
    const answer = await fetch(`${base}comments`, {
        method: "POST",
        headers: { "Accept": "application/json" },
        body: new URLSearchParams({ name, comment: text })
    });

    return (await answer.json()).receipt;
}


/* The texts that the backend has got. */

export async function portal() {
    const requests = await (await fetch(`${base}requests`)).json();

    return requests.filter((request) => request.method === "POST")
        .map((request) => Object.fromEntries(request.fields).comment);
}


/* One command, for what takes ten minutes and is not waited for. */

export function redis(...words) {
    const command = words.map((word) => (
        `$${Buffer.byteLength(word)}\r\n${word}\r\n`));

    return new Promise((resolve, reject) => {
        const socket = connect(process.env.CONSOLE_REDIS);

        socket.on("error", reject);
        socket.on("data", (data) => {
            socket.end();
            (data[0] === 0x2d ? reject : resolve)(data.toString());
        });
        socket.write(`*${words.length}\r\n${command.join("")}`);
    });
}


/* Waits until probe() gives what is wanted, and gives what it gave last. */

export async function settled(probe, wanted) {
    let got;

    await until(async () => {
        got = await probe();
        return JSON.stringify(got) === JSON.stringify(wanted);
    });

    return got;
}


/* Waits until probe() gives something true, and gives that. */

export async function until(probe) {
    for (let i = 0; i < 100; i++) {
        const found = await probe();

        if (found) {
            return found;
        }

        await new Promise((resolve) => {
            setTimeout(resolve, 100);
        });
    }

    return null;
}
