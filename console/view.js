/*
 * Copyright (C) the moderate authors
 *
 * What the page has at hand: the queue as it is listed, the submission that is
 * open, and who looks at them.
 */

export const PAGE = 50;     /* items of a page */

export const view = {
    items: [],              /* as the API lists them */
    next: null,             /* the place of the next page */
    cursor: -1,
    filters: { state: "pending" },
    grouping: "",           /* text, rules, or nothing */
    selected: new Set(),    /* ids */
    leaving: new Set(),     /* ids that a decision waits for */
    fresh: [],              /* items that came in meanwhile */
    open: null,             /* the item that is shown, whole */
    touched: Date.now()     /* when somebody last did something here */
};

export const me = { user: "", role: "viewer", site: "" };


export const node = (id) => document.getElementById(id);


export function listed(id) {
    return view.items.find((item) => item.id === id) || null;
}


/* The item at the cursor, whole if it is open. */

export function current() {
    const item = view.items[view.cursor];

    if (view.open && (!item || item.id === view.open.id)) {
        return view.open;
    }

    return item || null;
}
