// Functions: a whole life, from an association with a store to a delete.

import "@aws-sdk/signature-v4a";
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  CannotDeleteEntityWhileInUse,
  CreateFunctionCommand,
  CreateKeyValueStoreCommand,
  DeleteFunctionCommand,
  DeleteKeyValueStoreCommand,
  DescribeFunctionCommand,
  GetFunctionCommand,
  InvalidIfMatchVersion,
  ListFunctionsCommand,
  NoSuchFunctionExists,
  PreconditionFailed,
  PublishFunctionCommand,
  TestFunctionCommand,
  UpdateFunctionCommand,
} from "@aws-sdk/client-cloudfront";
import {
  DescribeKeyValueStoreCommand,
  PutKeyCommand,
} from "@aws-sdk/client-cloudfront-keyvaluestore";

import {
  BAD_IF_MATCH,
  CONTROL_ETAG,
  Caller,
  ENDPOINT,
  STALE_CONTROL,
  newName,
  refused,
} from "./keyfront.js";

const NO_FUNCTION = "The function does not exist.";

const REDIRECT = `import cf from 'cloudfront';
// Bytes that XML, base64 or a character set could change: <&> é 😀
async function handler(event) {
  const to = await cf.kvs().get(event.request.uri);
  console.log(event.request.uri + ' to ' + to);
  return { statusCode: 302, headers: { location: { value: to } } };
}
`;

const EVENT = JSON.stringify({
  version: "1.0",
  context: { eventType: "viewer-request" },
  viewer: { ip: "192.0.2.1" },
  request: { method: "GET", uri: "/old é", headers: {}, querystring: {}, cookies: {} },
});

const bytes = (text) => new TextEncoder().encode(text);

test("the story of a function", async () => {
  const caller = Caller.fresh();
  const send = (Command, input) => caller.control.send(new Command(input));
  const Name = newName();
  const { KvsARN, storeETag } = await storeWith(caller, Name, "/old é", "/new?<1>&2");

  const code = async (Stage) => {
    const answer = await send(GetFunctionCommand, { Name, Stage });
    assert.equal(answer.$metadata.httpStatusCode, 200);
    return Buffer.from(answer.FunctionCode).toString();
  };
  const run = async (Stage, IfMatch) => {
    const EventObject = bytes(EVENT);
    const answer = await send(TestFunctionCommand, { Name, Stage, IfMatch, EventObject });
    assert.equal(answer.$metadata.httpStatusCode, 200);
    const result = answer.TestResult;
    assert.equal(result.FunctionErrorMessage, "");
    assert.equal(result.FunctionSummary.FunctionMetadata.Stage, Stage);
    assert.ok(Number(result.ComputeUtilization) >= 1 && Number(result.ComputeUtilization) <= 100);
    assert.deepEqual(result.FunctionExecutionLogs, ["/old é to /new?<1>&2"]);
    const { response } = JSON.parse(result.FunctionOutput);
    assert.equal(response.headers.location.value, "/new?<1>&2");
    return response.statusCode;
  };
  const listed = async (Stage) => {
    const { FunctionList } = await send(ListFunctionsCommand, { Stage });
    const found = FunctionList.Items ?? [];
    assert.equal(FunctionList.Quantity, found.length);
    return found.map((item) => `${item.Name} ${item.FunctionMetadata.Stage}`);
  };

  await refused(send(DescribeFunctionCommand, { Name }), NoSuchFunctionExists, 404, NO_FUNCTION);
  const FunctionConfig = {
    Comment: "old to new",
    Runtime: "cloudfront-js-2.0",
    KeyValueStoreAssociations: { Quantity: 1, Items: [{ KeyValueStoreARN: KvsARN }] },
  };
  const FunctionCode = bytes(REDIRECT);
  const created = await send(CreateFunctionCommand, { Name, FunctionConfig, FunctionCode });
  assert.equal(created.$metadata.httpStatusCode, 201);
  assert.match(created.ETag, CONTROL_ETAG);
  assert.equal(created.Location, `${ENDPOINT}/2020-05-31/function/${Name}`);
  const summary = created.FunctionSummary;
  assert.deepEqual([summary.Name, summary.Status], [Name, "UNPUBLISHED"]);
  assert.deepEqual(summary.FunctionConfig, FunctionConfig);
  const metadata = summary.FunctionMetadata;
  assert.equal(metadata.FunctionARN, `arn:aws:cloudfront::${caller.account}:function/${Name}`);
  assert.equal(metadata.Stage, "DEVELOPMENT");
  assert.ok(Math.abs(Date.now() - metadata.CreatedTime.getTime()) < 60_000);

  const described = await send(DescribeFunctionCommand, { Name });
  assert.equal(described.ETag, created.ETag);
  assert.deepEqual(described.FunctionSummary, summary);
  assert.equal(await code("DEVELOPMENT"), REDIRECT);
  assert.equal(await run("DEVELOPMENT", created.ETag), 302);
  await refused(code("LIVE"), NoSuchFunctionExists, 404);

  const published = await send(PublishFunctionCommand, { Name, IfMatch: created.ETag });
  assert.equal(published.$metadata.httpStatusCode, 200);
  assert.equal(published.FunctionSummary.Status, "UNASSOCIATED");
  assert.equal(published.FunctionSummary.FunctionMetadata.Stage, "LIVE");

  const permanent = REDIRECT.replace("302", "301");
  const change = { Name, FunctionConfig, FunctionCode: bytes(permanent) };
  const updated = await send(UpdateFunctionCommand, { ...change, IfMatch: created.ETag });
  assert.match(updated.ETag, CONTROL_ETAG);
  assert.notEqual(updated.ETag, created.ETag);
  assert.equal(updated.FunctionSummary.Status, "UNPUBLISHED");
  const stale = { ...change, IfMatch: created.ETag };
  await refused(send(UpdateFunctionCommand, stale), PreconditionFailed, 412, STALE_CONTROL);
  await refused(run("DEVELOPMENT", created.ETag), InvalidIfMatchVersion, 400, BAD_IF_MATCH);

  assert.equal(await code("DEVELOPMENT"), permanent);
  assert.equal(await run("DEVELOPMENT", updated.ETag), 301);
  const live = await send(DescribeFunctionCommand, { Name, Stage: "LIVE" });
  assert.equal(await code("LIVE"), REDIRECT);
  assert.equal(await run("LIVE", live.ETag), 302);
  assert.deepEqual(await listed(), [`${Name} DEVELOPMENT`, `${Name} LIVE`]);
  assert.deepEqual(await listed("LIVE"), [`${Name} LIVE`]);

  const deletion = send(DeleteKeyValueStoreCommand, { Name, IfMatch: storeETag });
  await refused(deletion, CannotDeleteEntityWhileInUse, 409);
  const early = send(DeleteFunctionCommand, { Name, IfMatch: live.ETag });
  await refused(early, PreconditionFailed, 412, STALE_CONTROL);
  const deleted = await send(DeleteFunctionCommand, { Name, IfMatch: updated.ETag });
  assert.equal(deleted.$metadata.httpStatusCode, 204);
  assert.deepEqual(await listed(), []);
  const again = send(DeleteFunctionCommand, { Name, IfMatch: updated.ETag });
  await refused(again, NoSuchFunctionExists, 404, NO_FUNCTION);
  await send(DeleteKeyValueStoreCommand, { Name, IfMatch: storeETag });
});

/** A store that is READY and has one entry. */
async function storeWith(caller, Name, Key, Value) {
  const { KeyValueStore } = await caller.control.send(new CreateKeyValueStoreCommand({ Name }));
  const KvsARN = KeyValueStore.ARN;
  const { ETag: storeETag } = await caller.settled(Name);
  const { ETag } = await caller.data.send(new DescribeKeyValueStoreCommand({ KvsARN }));
  await caller.data.send(new PutKeyCommand({ KvsARN, Key, Value, IfMatch: ETag }));
  return { KvsARN, storeETag };
}
