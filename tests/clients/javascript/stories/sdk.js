// A store from its creation to its end by the AWS SDK, in whichever runtime reads this. It takes
// everything from the environment, as `keyfront exec` sets it.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import "@aws-sdk/signature-v4a";
import * as control from "@aws-sdk/client-cloudfront";
import * as data from "@aws-sdk/client-cloudfront-keyvaluestore";

const KEY = "/é a'(b)";

const stores = new control.CloudFrontClient({});
const keys = new data.CloudFrontKeyValueStoreClient({});
const Name = process.argv[2];

const created = await stores.send(new control.CreateKeyValueStoreCommand({ Name }));
const KvsARN = created.KeyValueStore.ARN;
let store = created;
for (const end = Date.now() + 20_000; store.KeyValueStore.Status !== "READY"; await sleep(20)) {
  assert.ok(Date.now() < end, "it is READY within 20 s");
  store = await stores.send(new control.DescribeKeyValueStoreCommand({ Name }));
}

const described = await keys.send(new data.DescribeKeyValueStoreCommand({ KvsARN }));
let IfMatch = described.ETag;
const put = new data.PutKeyCommand({ KvsARN, IfMatch, Key: KEY, Value: "one" });
({ ETag: IfMatch } = await keys.send(put));
assert.equal((await keys.send(new data.GetKeyCommand({ KvsARN, Key: KEY }))).Value, "one");

const Puts = [{ Key: "b", Value: "two" }];
const update = new data.UpdateKeysCommand({ KvsARN, IfMatch, Puts, Deletes: [{ Key: KEY }] });
const stale = IfMatch;
({ ETag: IfMatch } = await keys.send(update));
const listed = await keys.send(new data.ListKeysCommand({ KvsARN }));
assert.deepEqual(listed.Items, [{ Key: "b", Value: "two" }]);
await assert.rejects(
  keys.send(new data.DeleteKeyCommand({ KvsARN, IfMatch: stale, Key: "b" })),
  data.ValidationException,
);
const deleted = await keys.send(new data.DeleteKeyCommand({ KvsARN, IfMatch, Key: "b" }));
assert.equal(deleted.ItemCount, 0);

await stores.send(new control.DeleteKeyValueStoreCommand({ Name, IfMatch: store.ETag }));
await assert.rejects(
  stores.send(new control.DescribeKeyValueStoreCommand({ Name })),
  control.EntityNotFound,
);
console.log("done");
