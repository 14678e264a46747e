/*
 * Copyright (C) the moderate authors
 *
 * What may be done with an item, and by whom, as the API has it: a button is
 * there for what will not be refused.
 */

import { now } from "./api.js";
import { me } from "./view.js";

const LEASE = 600000;       /* ms that a claim lasts */
const UNDO = 600000;        /* ms in which a rejection can be undone */

const steps = {
    pending: ["approve", "reject", "claim"],
    claimed: ["approve", "reject", "unclaim"],
    appealed: ["approve", "reject", "claim"],
    approved: ["approve", "undo"],
    failed: ["approve", "reject"],
    unknown: ["approve"],
    rejected: ["undo"]
};


export function decides() {
    return me.role !== "viewer";
}


function isAdmin() {
    return me.role === "admin";
}


function last(item, action) {
    return (item.history || []).findLast((event) => event.action === action)
           || null;
}


/* The rejection that the appeal is against. */

export function judged(item) {
    const history = item.history || [];
    const appeal = history.findIndex((event) => event.action === "appeal");

    return appeal < 0 ? null
         : history.slice(0, appeal)
             .findLast((event) => event.action === "reject") || null;
}


/* An appeal is heard by somebody else. */

export function own(item) {
    const event = judged(item);

    return event !== null && event.actor === me.user;
}


/* When the claim runs out, in ms; what a list has of an item does not tell. */

export function leaseEnd(item) {
    const claim = last(item, "claim");

    return claim === null ? null : Date.parse(claim.time) + LEASE;
}


/* Claimed by another: held back from everyone else, but not for ever. */

export function taken(item) {
    return item.state === "claimed" && item.claimed_by !== me.user;
}


export function ranOut(item) {
    const end = leaseEnd(item);

    return taken(item) && end !== null && end < now();
}


/* Until when the rejection can be undone by who is looking; null: it cannot. */

export function undoEnd(item) {
    const event = last(item, "reject");

    if (item.state !== "rejected" || event === null
        || (event.actor !== me.user && !isAdmin()))
    {
        return null;
    }

    const end = Date.parse(event.time) + UNDO;

    return end > now() ? end : null;
}


/* Of an item that is only listed, what may be possible. */

export function possible(item) {
    if (!decides()) {
        return [];
    }

    if (item.history && own(item)) {
        return item.state === "claimed" && item.claimed_by === me.user
               ? ["unclaim"] : [];
    }

    if (taken(item) && item.history && !isAdmin()) {
        return ranOut(item) ? ["claim"] : [];
    }

    if (item.state === "claimed" && ranOut(item)) {
        return ["approve", "reject", "claim", "unclaim"];
    }

    if (item.state === "rejected" && item.history && undoEnd(item) === null) {
        return [];
    }

    return steps[item.state] || [];
}


/* Whether personal data is hidden that one may look at. */

export function hides(item) {
    return item.masked === true && decides();
}


/* Whether the history has to be read before it is known what is possible. */

export function unsure(item) {
    return !item.history
           && (["appealed", "rejected"].includes(item.state) || taken(item));
}
