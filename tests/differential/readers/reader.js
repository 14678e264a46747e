// Copyright (C) the moderate authors
//
// Messages on standard input, on standard output a line of JSON for each: the
// values that readers of Node see, in base64; see ../fields.c.

'use strict';

const querystring = require('node:querystring');

const busboy = require('busboy');

let qs = null;

try {
  qs = require('qs');
} catch (e) {
  qs = null;
}

const PATIENCE = 500;     // ms; of some bodies busboy never sees the end

function coded(values) {
  return values.map((v) => Buffer.from(v, 'utf8').toString('base64'));
}

function strings(value, found) {
  if (typeof value === 'string') {
    found.push(value);
  } else if (value !== null && typeof value === 'object') {
    Object.values(value).forEach((item) => strings(item, found));
  }
  return found;
}

function attempt(read) {
  try {
    return coded(read());
  } catch (e) {
    return null;
  }
}

function readBusboy(type, body) {
  return new Promise((resolve) => {
    const found = [];
    let parser;

    try {
      parser = busboy({ headers: { 'content-type': type } });
    } catch (e) {
      resolve(null);
      return;
    }

    // undefined is what it could not decode

    parser.on('field', (name, value) => found.push(value || ''));
    parser.on('file', (name, stream) => {
      stream.on('error', () => {});
      stream.resume();
    });

    // what came before an error has been seen all the same

    const done = () => resolve(coded(found));
    const timer = setTimeout(done, PATIENCE);

    parser.on('error', done);
    parser.on('close', done);
    parser.on('close', () => clearTimeout(timer));
    parser.end(body);
  });
}

async function readFetch(type, body) {
  try {
    const response = new Response(body, { headers: { 'content-type': type } });
    const form = await response.formData();
    return coded([...form.values()].filter((v) => typeof v === 'string'));
  } catch (e) {
    return null;
  }
}

async function read(type, body) {
  const text = body.toString('utf8');
  const seen = {
    json: attempt(() => strings(JSON.parse(text.replace(/^\uFEFF/, '')), [])),
  };

  if (type === null) {
    return seen;
  }

  if (/^\s*application\/x-www-form-urlencoded/i.test(type)) {
    seen.querystring = attempt(() => strings(querystring.parse(text), []));
    seen.urlsearchparams = attempt(
      () => [...new URLSearchParams(text).values()]);

    if (qs !== null) {
      seen.qs = attempt(() => strings(qs.parse(text), []));
    }
  }

  seen.busboy = await readBusboy(type, body);
  seen.fetch = await readFetch(type, body);

  return seen;
}

let input = Buffer.alloc(0);
let busy = false;

async function answer() {
  busy = true;

  while (input.length >= 16) {
    const [types, type, coding, size] = [0, 4, 8, 12].map(
      (at) => input.readUInt32BE(at));
    const end = 16 + type + coding + size;

    if (input.length < end) {
      break;
    }

    const header = input.toString('latin1', 16, 16 + type);
    const body = Buffer.from(input.subarray(16 + type + coding, end));

    input = input.subarray(end);

    const seen = await read(types === 0 ? null : header, body);

    for (const name of ['json', 'querystring', 'urlsearchparams', 'qs']) {
      if (seen[name] !== undefined) {
        seen['node-' + name] = seen[name];
        delete seen[name];
      }
    }

    process.stdout.write(JSON.stringify(seen) + '\n');
  }

  busy = false;
}

process.stdin.on('data', (chunk) => {
  input = input.length === 0 ? chunk : Buffer.concat([input, chunk]);

  if (!busy) {
    answer();
  }
});
