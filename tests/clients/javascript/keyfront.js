// What the tests share: clients of the server under test, and what they check of its refusals.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { CloudFrontClient, DescribeKeyValueStoreCommand } from "@aws-sdk/client-cloudfront";
import { CloudFrontKeyValueStoreClient } from "@aws-sdk/client-cloudfront-keyvaluestore";

function given(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: tests/clients/run starts a server and sets it`);
  return value;
}

export const ENDPOINT = given("KEYFRONT_ENDPOINT");
export const BUCKETS = given("KEYFRONT_BUCKETS");
export const STORES_PER_ACCOUNT = Number(given("KEYFRONT_STORES_PER_ACCOUNT"));

export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const CONTROL_ETAG = /^E[0-9A-Z]{1,13}$/;
export const DATA_ETAG = /^KV[0-9A-Z]{1,13}$/;

// Of the right form, and of no version.
export const OTHER_CONTROL_ETAG = "ETVPDKIKX0DER";
export const OTHER_DATA_ETAG = "KVTVPDKIKX0DER";

// AWS's texts, as observed.
export const STALE_DATA = "Pre-Condition failed during update of Key-Value-Store";
export const WRONG_STATE = "Key-Value-Store was not in expected state";
export const TOO_MANY_PAIRS =
  "Limit exceeded: Maximum key values pairs that you can update in a single API request";
export const VALUE_TOO_BIG = "Limit exceeded: Maximum size of the value in a key value pair";
export const STALE_CONTROL =
  "The request failed because it didn't meet the preconditions in one or more request-header fields.";
export const BAD_IF_MATCH = "The If-Match version is missing or not valid for the resource.";

export const AWKWARD_KEYS = [
  "/", "/old/page", "a//b", "trailing/", " ", "sp ace", "pl+us", "per%cent", "%2F", "%", "co:lon",
  "'single' \"double\"", "é", "😀", "\u2028", "tab\there", "line\nbreak", "back\\slash",
  ".", "..", "...", "a/../b", "./a", "?query=1&x#fragment", "~-_.!*'()", "keys", "<a>&amp;",
  "é".repeat(256),
];

/** A resolver to which every name is this machine: `000000000000.localhost` is known to few. */
function lookup(_name, options, done) {
  if (options.all) done(null, [{ address: "127.0.0.1", family: 4 }]);
  else done(null, "127.0.0.1", 4);
}

const agent = new http.Agent({ keepAlive: true, lookup });
let numbers = 0;

/** One access key's clients. What is not given comes from the environment, as `keyfront env` sets it. */
export class Caller {
  /** An account's id is an access key of it; `test` is one of 000000000000. */
  constructor({ key, secret = "test", region } = {}) {
    this.account = key ?? "000000000000";
    const settings = {};
    if (region) settings.region = region;
    if (key || secret !== "test") {
      settings.credentials = { accessKeyId: key ?? "test", secretAccessKey: secret };
    }
    this.control = new CloudFrontClient(settings);
    const requestHandler = { httpAgent: agent };
    this.data = new CloudFrontKeyValueStoreClient({ ...settings, requestHandler });
  }

  /** The caller of an account that no other test uses. */
  static fresh() {
    numbers += 1;
    return new Caller({ key: `${200_000_000_000 + (process.pid % 1_000_000) * 1_000 + numbers}` });
  }

  arn(id = "00000000-0000-4000-8000-000000000000") {
    return `arn:aws:cloudfront::${this.account}:key-value-store/${id}`;
  }

  /** Waits until the store is no longer PROVISIONING, and returns what is then told of it. */
  async settled(name) {
    for (const end = Date.now() + 20_000; Date.now() < end; await sleep(20)) {
      const answer = await this.control.send(new DescribeKeyValueStoreCommand({ Name: name }));
      if (answer.KeyValueStore.Status !== "PROVISIONING") return answer;
    }
    throw new Error(`${name} is still PROVISIONING`);
  }
}

/** A name that no other test uses. */
export function newName() {
  numbers += 1;
  return `js-${process.pid}-${numbers}`;
}

/** Puts a file into a bucket, and returns it as an ImportSource. */
export function putObject(key, text) {
  mkdirSync(join(BUCKETS, "javascript"), { recursive: true });
  writeFileSync(join(BUCKETS, "javascript", key), text);
  return { SourceType: "S3", SourceARN: `arn:aws:s3:::javascript/${key}` };
}

/** Expects the SDK's own class of the error, its status and its text. */
export async function refused(promise, kind, status, text) {
  const error = await promise.then(() => assert.fail(`not refused with ${kind.name}`), (e) => e);
  assert.ok(error instanceof kind, `${kind.name} expected: ${error.stack}`);
  assert.equal(error.name, kind.name);
  refusedWith(error, status, text);
}

/** Expects an error that no model lists, of authentication for example. */
export async function refusedAs(promise, name, status, text) {
  const error = await promise.then(() => assert.fail(`not refused with ${name}`), (e) => e);
  assert.equal(error.name, name, error.stack);
  refusedWith(error, status, text);
}

function refusedWith(error, status, text) {
  assert.equal(error.$metadata.httpStatusCode, status, error.stack);
  assert.match(error.$metadata.requestId, UUID);
  assert.equal(error.$metadata.attempts, 1, "it is not tried again");
  if (text instanceof RegExp) assert.match(error.message, text);
  else if (text !== undefined) assert.equal(error.message, text);
  else assert.ok(error.message && error.message !== "UnknownError", "there is a text");
}

/** The bytes of keys and values, as they are counted. */
export function sizeOf(contents) {
  let size = 0;
  for (const [key, value] of contents) size += Buffer.byteLength(key) + Buffer.byteLength(value);
  return size;
}

/** In the order of their bytes, as ListKeys has them. */
export function inOrder(keys) {
  return [...keys].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
}
