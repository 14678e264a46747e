/*
 * Copyright (C) the moderate authors
 *
 * From the navigation to the first page of rows on the screen, five times with
 * nothing in the browser's cache and five times with the files in it.
 */

import { chromium } from "playwright-core";

const [, , base] = process.argv;
const TIMES = 5;


/* The milliseconds are from the start of the navigation, in the page. */

async function measured(page) {
    await page.goto(`${base}moderation/`);
    await page.waitForFunction(() => window.drawn !== undefined);

    return page.evaluate(() => window.drawn);
}


async function prepared(program) {
    /* with httpCredentials each request would wait for this program */

    const context = await program.newContext({
        extraHTTPHeaders: {
            Authorization: `Basic ${btoa("lan:secret")}`
        },
        viewport: { width: 1280, height: 800 }
    });
    const page = await context.newPage();

    await page.addInitScript(() => {
        const look = new MutationObserver(() => {
            const list = document.getElementById("items");

            if (list !== null && list.childElementCount === 50) {
                look.disconnect();
                requestAnimationFrame(() => setTimeout(() => {
                    window.drawn = performance.now();
                }, 0));
            }
        });

        look.observe(document, { childList: true, subtree: true });
    });

    return page;
}


function median(all) {
    return Math.round(all.sort((one, two) => one - two)[all.length >> 1]);
}


async function heap(page) {
    const client = await page.context().newCDPSession(page);

    await client.send("HeapProfiler.collectGarbage");
    await client.send("Performance.enable");

    const { metrics } = await client.send("Performance.getMetrics");
    const of = (name) => metrics.find((one) => one.name === name).value;

    return {
        heap_mb: Math.round(of("JSHeapUsedSize") / 1048576 * 10) / 10,
        nodes: of("Nodes")
    };
}


/* Through all pages of 50 that "More" gives within a minute, at most 20. */

async function further(page) {
    for (let i = 2; i <= 20; i++) {
        await page.locator("#more").click();
        await page.waitForSelector(`#items li:nth-child(${i * 50})`);
    }

    return heap(page);
}


const program = await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
});

try {
    const first = [], again = [];
    let page;

    for (let i = 0; i < TIMES; i++) {
        page = await prepared(program);
        first.push(await measured(page));
        again.push(await measured(page));

        if (i + 1 < TIMES) {
            await page.context().close();
        }
    }

    console.log(JSON.stringify({
        first_ms: median(first), again_ms: median(again),
        worst_ms: Math.round(Math.max(...first, ...again)),
        page: await heap(page), page_of_1000: await further(page)
    }));

} finally {
    await program.close();
}
