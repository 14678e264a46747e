/*
 * Copyright (C) the moderate authors
 *
 * Who looks is asked once, at the same time as the first page of the queue.
 */

import { whoami } from "./api.js";
import { me } from "./view.js";

let asked = null;


export function identified() {
    asked ||= whoami().then((answer) => Object.assign(me, answer),
                            (error) => {
                                asked = null;
                                throw error;
                            });

    return asked;
}
