/*
 * Copyright (C) the moderate authors
 *
 * What people wrote, shown as text and as nothing else: hits are marked, and
 * what a reader cannot see is written out.
 */

const hidden = new RegExp(
    "(?![\\n\\t])[\\p{Cc}\\p{Cf}\\p{Co}\\p{Cn}\\p{Zl}\\p{Zp}"
    + "\\p{Default_Ignorable_Code_Point}]|(?! )\\p{Zs}", "gu");

/* of these some are within emojis */

const joins = /[\u200d\ufe0f\u{e0020}-\u{e007f}]/u;

/* longer runs of marks on one letter cover the lines around it */

const stacks = /\p{M}{4,}/gu;

const names = {
    "\u00a0": "NBSP", "\u00ad": "SHY", "\u200b": "ZWSP", "\u200c": "ZWNJ",
    "\u200d": "ZWJ", "\u200e": "LRM", "\u200f": "RLM", "\u202a": "LRE",
    "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO",
    "\u2060": "WJ", "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI",
    "\u2069": "PDI", "\ufeff": "BOM", "\ufffd": "?"
};

let emoji = null;


/* Makes an element; children are elements or strings, never markup. */

export function el(name, attributes, ...children) {
    const node = document.createElement(name);

    for (const [key, value] of Object.entries(attributes || {})) {
        if (value === true) {
            node.setAttribute(key, "");

        } else if (value !== false && value !== null && value !== undefined) {
            node.setAttribute(key, value);
        }
    }

    node.append(...children.filter((child) => child !== null));

    return node;
}


function code(char) {
    const hex = char.codePointAt(0).toString(16).toUpperCase();

    return `U+${hex.padStart(4, "0")}`;
}


/*
 * Finds what cannot be seen.  An emoji of several parts is one sign, whatever
 * joins them; the pattern of all of them takes a tenth of a second to make,
 * and is made when there is a text for it.
 */

function invisible(text) {
    const found = [...text.matchAll(hidden)];

    if (found.length === 0 || !joins.test(text)) {
        return found;
    }

    emoji ||= new RegExp("\\p{RGI_Emoji}", "gv");

    const whole = [...text.matchAll(emoji)];
    let next = 0;

    return found.filter(({ index }) => {
        while (next < whole.length
               && whole[next].index + whole[next][0].length <= index)
        {
            next++;
        }

        return next === whole.length || whole[next].index > index;
    });
}


/*
 * Adds text to a node, with a visible mark for each invisible character.  A
 * form ends lines with two, which are nothing to look at.
 */

export function write(node, value) {
    const text = value.replaceAll("\r\n", "\n");
    let from = 0;

    for (const { 0: sign, index } of invisible(text)) {
        writeStacks(node, text.slice(from, index));
        node.append(el("span", { class: "hidden", title: code(sign) },
                       names[sign] || code(sign)));
        from = index + sign.length;
    }

    writeStacks(node, text.slice(from));
}


/* The same where there can be no elements: in a chart, an attribute. */

export function plain(text) {
    let shown = "", from = 0;

    for (const { 0: sign, index } of invisible(text)) {
        shown += `${text.slice(from, index)}[${names[sign] || code(sign)}]`;
        from = index + sign.length;
    }

    return (shown + text.slice(from)).replace(stacks, (found) => (
        `[+${[...found].length}]`));
}


function writeStacks(node, text) {
    let from = 0;

    for (const found of text.matchAll(stacks)) {
        node.append(text.slice(from, found.index));
        node.append(el("span", { class: "hidden", title: "combining marks" },
                       `+${[...found[0]].length}`));
        from = found.index + found[0].length;
    }

    node.append(text.slice(from));
}


/*
 * Gives for each of the byte offsets, which rise, the place in the string: the
 * API counts bytes of UTF-8.
 */

function places(text, offsets) {
    const found = new Map();
    let bytes = 0, at = 0, next = 0;

    for (const char of text) {
        while (next < offsets.length && offsets[next] <= bytes) {
            found.set(offsets[next++], at);
        }

        const cp = char.codePointAt(0);

        bytes += cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
        at += char.length;
    }

    while (next < offsets.length) {
        found.set(offsets[next++], text.length);
    }

    return found;
}


/*
 * Shows a value with its hits: marks(hit) gives the text for who points at
 * one.  Hits may overlap; a piece that several share names them all.
 */

export function shown(text, hits, marks) {
    const node = el("div", { class: "value", dir: "auto" });
    const edges = new Set([0]);

    for (const hit of hits) {
        edges.add(hit.start);
        edges.add(hit.end);
    }

    const offsets = [...edges].sort((one, two) => one - two);
    const at = places(text, offsets);

    for (let i = 0; i < offsets.length; i++) {
        const last = i + 1 === offsets.length;
        const piece = text.slice(at.get(offsets[i]),
                                 last ? text.length
                                      : at.get(offsets[i + 1]));
        const here = last ? [] : hits.filter((hit) => (
            hit.start <= offsets[i] && hit.end >= offsets[i + 1]));

        if (here.length === 0) {
            write(node, piece);

        } else if (piece !== "") {
            const mark = el("mark", { title: here.map(marks).join("\n") });

            write(mark, piece);
            node.append(mark);
        }
    }

    return node;
}
