// The same by aws4fetch, which signs with SigV4 and knows no service: paths and bodies are written by
// hand, and the account goes before no host.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import { AwsClient } from "aws4fetch";

const KEY = "/é a'(b)";
const XMLNS = "http://cloudfront.amazonaws.com/doc/2020-05-31/";

const url = process.env.AWS_ENDPOINT_URL_CLOUDFRONT;
const name = process.argv[2];

function client(service) {
  return new AwsClient({
    accessKeyId: process.env.AWS_ACCESS_KEY_ID,
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
    region: "us-east-1",
    service,
    retries: 0,
  });
}

const control = client("cloudfront");
const data = client("cloudfront-keyvaluestore");
const stores = `${url}/2020-05-31/key-value-store`;

const created = await control.fetch(stores, {
  method: "POST",
  headers: { "content-type": "application/xml" },
  body: `<CreateKeyValueStoreRequest xmlns="${XMLNS}"><Name>${name}</Name></CreateKeyValueStoreRequest>`,
});
assert.equal(created.status, 201);
const [, arn] = /<ARN>(.*)<\/ARN>/.exec(await created.text());
const store = `${url}/key-value-stores/${encodeURIComponent(arn)}`;
const key = `${store}/keys/${encodeURIComponent(KEY)}`;

async function ask(target, { status = 200, ifMatch, body, ...init } = {}) {
  const headers = {};
  if (ifMatch) headers["if-match"] = ifMatch;
  if (body) headers["content-type"] = "application/json";
  const answer = await data.fetch(target, { ...init, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  assert.equal(answer.status, status, text);
  return { etag: answer.headers.get("etag"), ...(text && JSON.parse(text)) };
}

let found = await ask(store);
for (const end = Date.now() + 20_000; found.Status !== "READY"; await sleep(20)) {
  assert.ok(Date.now() < end, "it is READY within 20 s");
  found = await ask(store);
}
let { etag } = await ask(key, { method: "PUT", ifMatch: found.etag, body: { Value: "one" } });
assert.equal((await ask(key)).Value, "one");
await ask(key, { method: "DELETE", ifMatch: found.etag, status: 400 });

const body = { Puts: [{ Key: "b", Value: "two" }], Deletes: [{ Key: KEY }] };
({ etag } = await ask(`${store}/keys`, { method: "POST", ifMatch: etag, body }));
const listed = await ask(`${store}/keys?MaxResults=10`);
assert.deepEqual(listed.Items, [{ Key: "b", Value: "two" }]);
assert.equal((await ask(`${store}/keys/b`, { method: "DELETE", ifMatch: etag })).ItemCount, 0);

const described = await control.fetch(`${stores}/${name}`);
const headers = { "if-match": described.headers.get("etag") };
await described.text();
const deleted = await control.fetch(`${stores}/${name}`, { method: "DELETE", headers });
assert.equal(deleted.status, 204);
console.log("done");
