/*
 * Copyright (C) the moderate authors
 *
 * What the console says, in English.
 */

export default {
    skip: "Skip to the content", keys: "Keys", language: "Language",
    theme: "Theme", themeAuto: "As the device", themeLight: "Light",
    themeDark: "Dark", queue: "Queue", submission: "Submission",
    state: "State", category: "Category", rule: "Rule", form: "Form",
    filter: "Filter", more: "More", selectNone: "Select none", any: "All",
    approve: "Approve", reject: "Reject", claim: "Claim",
    unclaim: "Release", undo: "Undo", close: "Close", cancel: "Cancel",
    reason: "Public reason", rejectTitle: "Reject this submission?",
    rejectHelp: "The person who sent it reads this reason.",
    rejectText: "What else the person is told, on the receipt (may be empty)",
    explanation: "What the person was told",
    sendNow: "Send now", empty: "There is nothing here.",
    choose: "Choose a submission of the queue.",
    newItems: (n) => (n === "1" ? "1 new submission: show"
                              : `${n} new submissions: show`),
    total: (n) => (n === "1" ? "1 submission shown"
                           : `${n} submissions shown`),
    selected: (n) => `${n} selected`,
    why: "Why it is held", points: (n) => (n === "1" ? "1 point"
                                                   : `${n} points`),
    score: "Score", received: "Received", history: "History",
    rules: "Rule set", claimedBy: (who) => `claimed by ${who}`,
    file: (name, size) => `File ${name}, ${size} bytes`,
    charset: (name) => `read as ${name}`,
    unreadable: "The body can be read in more than one way",
    body: "How the body begins", noField: "the submission as a whole",
    unnamed: "(no name)",
    soonApprove: (n) => `Approving in ${n} s.`,
    soonReject: (n) => `Rejecting in ${n} s.`,
    conflict: (who, state) => (
        `${who} was first: ${state}. This is how it stands now.`),
    someone: "Someone else",
    previewApprove: (n) => `Approve these ${n}?`,
    previewReject: (n) => `Reject these ${n}?`,
    result: (ok, bad) => `${ok} done, ${bad} not`,
    delivery: (status) => `the portal answered ${status}`,
    select: (text) => `Select: ${text}`,
    keyNext: "next", keyPrevious: "previous", keyOpen: "open",
    keyApprove: "approve", keyReject: "reject", keyUndo: "undo",
    keyClaim: "claim or release", keyFilter: "to the filters",
    keySelect: "select several", keyHelp: "this table",
    takeOver: "Take over",
    own: "You rejected this yourself. Another moderator decides about the "
         + "appeal.",
    ranOut: (who) => `The claim of ${who} has run out. You can take over.`,
    takenUntil: (who, when) => (
        `Claimed by ${who} until ${when}. Then others can take over.`),
    undoUntil: (when) => `Can be undone until ${when}.`,
    undoHint: "Press u to undo.",
    notNow: (state) => `Not possible while it is: ${state}`,
    keysOn: "Single keys are on",
    places: "Views", appeals: "Appeals", sender: "The sender",
    appealBy: "The sender writes",
    notes: "Moderators' notes",
    decidedBefore: (who, when, reason) => (
        `Rejected by ${who}, ${when}. Reason: ${reason}.`),
    decidedUnknown: "It is not known who rejected it.",
    noteText: "Add a note", noteAdd: "Add",
    noteHelp: "Only moderators read it. It cannot be changed or removed.",
    keyQueue: "queue", keyAppeals: "appeals", keyNote: "write a note",
    dashboard: "Figures", range: "Within", days1: "today",
    days7: "7 days", days30: "30 days", days90: "90 days",
    keyDashboard: "figures",
    table: "Table", tableBelow: "A table with the numbers follows.",
    nothing: "Nothing yet.", none: "none",
    openNow: "Waiting now", oldest: "Oldest",
    overdue: (age, limit) => `${age}: overdue after ${limit}`, late: "overdue",
    oldestOf: (age) => `oldest ${age}`,
    "total-held": "Held", "total-delivered": "Delivered",
    "total-rejected": "Rejected", "total-failed": "Delivery failed",
    "total-undone": "Undone", "total-appealed": "Appealed",
    totals: {
        held: "held", delivered: "delivered", rejected: "rejected",
        failed: "failed or unknown"
    },
    ages: "How long they have waited", age: "Time", waiting: "waiting",
    waitingBy: "Waiting, by category",
    upTo: (length) => `up to ${length}`,
    moreThan: (length) => `more than ${length}`,
    byDay: "By day (UTC)", day: "Day",
    byHour: (zone) => `By hour of the day (${zone})`, hour: "Hour",
    toDecision: "From receipt to decision",
    byCategory: "Held, by category",
    byForm: (n) => `Held, by form, the ${n} with most`,
    precisionOf: (n) => `Precision of the ${n} rules decided about most`,
    confirmed: "moderators agreed", overturned: "moderators did not",
    few: "too few",
    rulesInForce: "Rules", keyRules: "rules", title: "Title", mode: "Mode",
    hits: "Hits", heldBy: "Held", overturnedBy: "Disagreed",
    confirmedBy: "Agreed", precision: "Precision",
    rulesFilter: "Find a rule",
    rulesHelp: "Counted since nginx was started. Precision is the share that "
               + "moderators agreed with; fewer than 5 decisions tell nothing.",
    rulesOf: (some, all) => `${some} of ${all} rules`,
    setOf: (paths, version, when) => (
        `${paths}: version ${version}, loaded ${when}`),
    modes: { enforce: "enforced", shadow: "shadow" },
    selectAll: (n, text) => `Select all ${n}: ${text}`,
    group: "Group", groupNone: "No", groupText: "Same text",
    groupRules: "Same rules",
    sameText: (n) => `${n} that are alike`,
    sameRules: (n) => `${n} hit by the same rules`,
    keyGroup: "group by text, by rules, not at all",
    keySpread: "open or close a group", keyApproveAll: "approve the selected",
    keyRejectAll: "reject the selected",
    reveal: "Reveal personal data", keyReveal: "reveal personal data",
    masked: "Personal data is hidden by *. That you look at it is recorded, "
            + "with your name.",
    maskedForYou: "Personal data is hidden by *.",
    actions: {
        claim: "claimed it", unclaim: "released it",
        expire: "took over a claim that had run out", approve: "approved it",
        deliver: "had it delivered", delivered: "the portal took it",
        failed: "delivery failed", unknown: "outcome unknown",
        reject: "rejected it", undo: "undid that", appeal: "appealed",
        note: "noted", recover: "moved it on after a crash"
    },
    states: {
        pending: "pending", claimed: "claimed", approved: "approved",
        replaying: "being delivered", delivered: "delivered",
        failed: "delivery failed", unknown: "outcome unknown",
        rejected: "rejected", appealed: "appealed", lost: "lost"
    },
    categories: {
        "advertising": "Advertising", "scam": "Scam", "abuse": "Abuse",
        "personal-data": "Personal data",
        "impersonation": "Impersonation", "link-flood": "Link flood",
        "duplicate": "Duplicate", "automated": "Automated",
        "unreadable": "Unreadable"
    },
    reasons: {
        "contact-advertising": "Advertising with a contact",
        "scam": "Signs of a scam", "abuse": "Abusive language",
        "personal-data": "Personal data", "impersonation": "Impersonation",
        "link-flood": "Too many links", "duplicate": "Sent already",
        "rate": "Too many at a time", "automated": "Sent by a program",
        "unreadable": "Cannot be read",
        "check-unavailable": "Could not be checked", "other": "Other"
    },
    problems: {
        network: "The server cannot be reached.",
        answer: "The server gave no answer that is understood. Try again "
                + "later.",
        json: "The server cannot read the request. Reload the page.",
        query: "A filter has a value that is not allowed.",
        "no-identity": "Not logged in. Reload the page to log in.",
        "no-role": "This account has no role. Ask the administrator.",
        forbidden: "This account may not do that.",
        viewer: "This account may only read.",
        origin: "Refused, as it seems to come from another site. Open the "
                + "console at its own address.",
        "not-found": "This submission is gone.",
        method: "The server does not take this call. Reload the page.",
        "no-key": "It is encrypted with a key that the server does not have. "
                  + "Tell the administrator.",
        forged: "What is kept was changed from outside. Tell the "
                + "administrator.",
        plain: "What is kept is not encrypted. Tell the administrator.",
        delivering: "It is being delivered and cannot be erased now. Try "
                    + "again.",
        erase: "To erase, say one receipt, id or subject.",
        "own-decision": "You rejected this yourself. Another moderator "
                        + "decides about the appeal.",
        "if-match": "The version that was seen is missing. Open the "
                    + "submission again.",
        "too-late": "More than 10 minutes have passed: it cannot be undone.",
        "too-many-notes": "There are 50 notes, and no room for more.",
        "too-large": "What was sent is too large.",
        reason: "Choose a public reason.",
        text: "A note needs 1 to 2,000 characters.",
        bulk: "Select 1 to 100 submissions.",
        rules: "These rules have errors and cannot be used.",
        ruleset: "The name or the version of the rule set is missing.",
        share: "The share is not allowed.",
        "second-person": "Who proposed it cannot confirm it. Another person "
                         + "has to.",
        active: "This version is in use.",
        "none-active": "No version is in use.",
        "none-earlier": "There is no earlier version.",
        "same-version": "It is this version already.",
        full: "There is no room for more versions.",
        "no-cache": "The server has no place to keep rules.",
        unavailable: "The store does not answer. Reload to see what "
                     + "happened.",
        unrecorded: "Delivered, but that could not be noted."
    }
};
