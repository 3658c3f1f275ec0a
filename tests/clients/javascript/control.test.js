// The control plane: each operation and each modelled exception.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  AccessDenied,
  CreateKeyValueStoreCommand,
  DeleteKeyValueStoreCommand,
  DescribeKeyValueStoreCommand,
  EntityAlreadyExists,
  EntityLimitExceeded,
  EntityNotFound,
  EntitySizeLimitExceeded,
  InvalidArgument,
  InvalidIfMatchVersion,
  InvalidTagging,
  ListKeyValueStoresCommand,
  ListTagsForResourceCommand,
  ListVpcOriginsCommand,
  NoSuchResource,
  PreconditionFailed,
  TagResourceCommand,
  UnsupportedOperation,
  UntagResourceCommand,
  UpdateKeyValueStoreCommand,
  paginateListKeyValueStores,
} from "@aws-sdk/client-cloudfront";

import {
  BAD_IF_MATCH,
  CONTROL_ETAG,
  Caller,
  ENDPOINT,
  OTHER_CONTROL_ETAG,
  OTHER_DATA_ETAG,
  STALE_CONTROL,
  STORES_PER_ACCOUNT,
  UUID,
  newName,
  putObject,
  refused,
  refusedAs,
} from "./keyfront.js";

const create = (caller, input) => caller.control.send(new CreateKeyValueStoreCommand(input));
const describe = (caller, Name) => caller.control.send(new DescribeKeyValueStoreCommand({ Name }));
const update = (caller, input) => caller.control.send(new UpdateKeyValueStoreCommand(input));
const remove = (caller, input) => caller.control.send(new DeleteKeyValueStoreCommand(input));
const list = (caller, input = {}) => caller.control.send(new ListKeyValueStoresCommand(input));

async function tagsOf(caller, Resource) {
  const answer = await caller.control.send(new ListTagsForResourceCommand({ Resource }));
  assert.equal(answer.$metadata.httpStatusCode, 200);
  return (answer.Tags.Items ?? []).map((tag) => `${tag.Key}=${tag.Value ?? ""}`).sort();
}

async function allNames(caller, input, pageSize) {
  const pages = [];
  for await (const page of paginateListKeyValueStores({ client: caller.control, pageSize }, input)) {
    assert.equal(page.KeyValueStoreList.Quantity, (page.KeyValueStoreList.Items ?? []).length);
    pages.push((page.KeyValueStoreList.Items ?? []).map((store) => store.Name));
  }
  return pages;
}

test("the story of a store", async () => {
  const caller = new Caller();
  const name = newName();
  const created = await create(caller, {
    Name: name,
    Comment: "old to new",
    Tags: { Items: [{ Key: "team", Value: "edge" }] },
  });
  assert.equal(created.$metadata.httpStatusCode, 201);
  assert.match(created.$metadata.requestId, UUID);
  const store = created.KeyValueStore;
  assert.equal(store.Name, name);
  assert.equal(store.Comment, "old to new");
  assert.equal(store.Status, "PROVISIONING");
  assert.match(store.Id, UUID);
  assert.equal(store.ARN, caller.arn(store.Id));
  assert.ok(Math.abs(Date.now() - store.LastModifiedTime.getTime()) < 60_000);
  assert.match(created.ETag, CONTROL_ETAG);
  assert.equal(created.Location, `${ENDPOINT}/2020-05-31/key-value-store/${store.ARN}`);

  const ready = await caller.settled(name);
  assert.equal(ready.$metadata.httpStatusCode, 200);
  assert.equal(ready.KeyValueStore.Status, "READY");
  assert.equal(ready.KeyValueStore.ARN, store.ARN);
  assert.match(ready.ETag, CONTROL_ETAG);
  assert.notEqual(ready.ETag, created.ETag);
  assert.ok((await allNames(caller, {}, 100)).flat().includes(name));

  const updated = await update(caller, { Name: name, Comment: "newer", IfMatch: ready.ETag });
  assert.equal(updated.$metadata.httpStatusCode, 200);
  assert.equal(updated.KeyValueStore.Comment, "newer");
  assert.match(updated.ETag, CONTROL_ETAG);
  assert.notEqual(updated.ETag, ready.ETag);
  const described = await describe(caller, name);
  assert.equal(described.ETag, updated.ETag);
  assert.deepEqual(described.KeyValueStore, updated.KeyValueStore);

  assert.deepEqual(await tagsOf(caller, store.ARN), ["team=edge"]);
  const Tags = { Items: [{ Key: "team", Value: "größer +/=@" }, { Key: "bare" }] };
  const tagged = await caller.control.send(new TagResourceCommand({ Resource: store.ARN, Tags }));
  assert.equal(tagged.$metadata.httpStatusCode, 204);
  assert.deepEqual(await tagsOf(caller, store.ARN), ["bare=", "team=größer +/=@"]);
  const TagKeys = { Items: ["team", "never"] };
  const untagged = await caller.control.send(
    new UntagResourceCommand({ Resource: store.ARN, TagKeys }),
  );
  assert.equal(untagged.$metadata.httpStatusCode, 204);
  assert.deepEqual(await tagsOf(caller, store.ARN), ["bare="]);

  const stale = remove(caller, { Name: name, IfMatch: ready.ETag });
  await refused(stale, PreconditionFailed, 412, STALE_CONTROL);
  const deleted = await remove(caller, { Name: name, IfMatch: updated.ETag });
  assert.equal(deleted.$metadata.httpStatusCode, 204);
  await refused(describe(caller, name), EntityNotFound, 404);
  assert.ok(!(await allNames(caller, {}, 100)).flat().includes(name));
});

test("a comment is kept to the character", async () => {
  const caller = Caller.fresh();
  for (const Comment of ["", " two  blanks ", "<a&b>\"'é]]>", "line\nline\ttab", "😀".repeat(128)]) {
    const Name = newName();
    const created = await create(caller, { Name, Comment });
    assert.equal(created.KeyValueStore.Comment, Comment);
    const ready = await caller.settled(Name);
    assert.equal(ready.KeyValueStore.Comment, Comment);
    await remove(caller, { Name, IfMatch: ready.ETag });
  }
});

test("a comment that was never given is absent", async () => {
  const caller = Caller.fresh();
  const Name = newName();
  const created = await create(caller, { Name });
  assert.equal(created.KeyValueStore.Comment, undefined);
  assert.equal((await caller.settled(Name)).KeyValueStore.Comment, undefined);
});

test("lists come in pages, in the order of names", async () => {
  const caller = Caller.fresh();
  const empty = await list(caller);
  assert.equal(empty.KeyValueStoreList.Quantity, 0);
  assert.equal(empty.KeyValueStoreList.MaxItems, 100);
  assert.deepEqual(await allNames(caller, {}, 2), [[]]);
  for (const Name of ["b", "a", "B", "0", "c"]) await create(caller, { Name });
  for (const Name of ["a", "b", "c", "0", "B"]) await caller.settled(Name);
  assert.deepEqual(await allNames(caller, {}, 2), [["0", "B"], ["a", "b"], ["c"]]);
  assert.deepEqual(await allNames(caller, { Status: "READY" }, 5), [["0", "B", "a", "b", "c"]]);
  assert.deepEqual(await allNames(caller, { Status: "PROVISIONING" }, 5), [[]]);
});

test("an import that fails", async () => {
  const caller = Caller.fresh();
  const ImportSource = putObject("broken.json", '{"data":[\n{"key":"a"}]}');
  await create(caller, { Name: "broken", ImportSource });
  const answer = await caller.settled("broken");
  assert.equal(answer.KeyValueStore.Status, "IMPORT_FAILED");
  assert.deepEqual(await allNames(caller, { Status: "IMPORT_FAILED" }, 5), [["broken"]]);
});

test("any region signs, and the development credentials are of every account", async () => {
  for (const caller of [new Caller({ region: "eu-west-1" }), new Caller({ key: "123456789012" })]) {
    const Name = newName();
    const created = await create(caller, { Name });
    assert.equal(created.KeyValueStore.ARN, caller.arn(created.KeyValueStore.Id));
    const { ETag } = await caller.settled(Name);
    await remove(caller, { Name, IfMatch: ETag });
  }
});

test("EntityAlreadyExists", async () => {
  const caller = Caller.fresh();
  await create(caller, { Name: "one" });
  const text = "The entity already exists. You must provide a unique entity.";
  await refused(create(caller, { Name: "one" }), EntityAlreadyExists, 409, text);
});

test("EntityLimitExceeded", async () => {
  const caller = Caller.fresh();
  for (let n = 0; n < STORES_PER_ACCOUNT; n += 1) await create(caller, { Name: `n${n}` });
  const text = "The entity limit has been exceeded.";
  await refused(create(caller, { Name: "more" }), EntityLimitExceeded, 400, text);
});

test("EntitySizeLimitExceeded", async () => {
  const huge = create(Caller.fresh(), { Name: "huge", Comment: "x".repeat(500_000) });
  await refused(huge, EntitySizeLimitExceeded, 413, "The entity size limit was exceeded.");
});

test("EntityNotFound", async () => {
  const caller = Caller.fresh();
  const text = "The key value store entity was not found.";
  const IfMatch = OTHER_CONTROL_ETAG;
  await refused(describe(caller, "none"), EntityNotFound, 404, text);
  const updating = update(caller, { Name: "none", Comment: "", IfMatch });
  await refused(updating, EntityNotFound, 404, text);
  await refused(remove(caller, { Name: "none", IfMatch }), EntityNotFound, 404, text);
});

test("InvalidArgument", async () => {
  const caller = Caller.fresh();
  for (const Name of ["a.b", "a b", "x".repeat(65), "ä"]) {
    await refused(create(caller, { Name }), InvalidArgument, 400);
  }
  await refused(create(caller, { Name: "a", Comment: "x".repeat(129) }), InvalidArgument, 400);
  const ImportSource = { SourceType: "S3", SourceARN: "nonsense" };
  await refused(create(caller, { Name: "a", ImportSource }), InvalidArgument, 400);
  const Tags = { Items: [{ Key: "aws:mine", Value: "" }] };
  await refused(create(caller, { Name: "a", Tags }), InvalidArgument, 400);
  await refused(describe(caller, "a/b"), InvalidArgument, 400);
  await refused(list(caller, { Status: "nonsense" }), InvalidArgument, 400);
  await refused(list(caller, { MaxItems: 0 }), InvalidArgument, 400);
  assert.equal((await list(caller)).KeyValueStoreList.Quantity, 0);
});

test("InvalidIfMatchVersion and PreconditionFailed", async () => {
  const caller = Caller.fresh();
  await create(caller, { Name: "one" });
  const { ETag } = await caller.settled("one");
  for (const IfMatch of ["*", "nonsense", `W/"${ETag}"`]) {
    const updating = update(caller, { Name: "one", Comment: "c", IfMatch });
    await refused(updating, InvalidIfMatchVersion, 400, BAD_IF_MATCH);
    const deleting = remove(caller, { Name: "one", IfMatch });
    await refused(deleting, InvalidIfMatchVersion, 400, BAD_IF_MATCH);
  }
  for (const IfMatch of [OTHER_CONTROL_ETAG, OTHER_DATA_ETAG]) {
    const updating = update(caller, { Name: "one", Comment: "c", IfMatch });
    await refused(updating, PreconditionFailed, 412, STALE_CONTROL);
    const deleting = remove(caller, { Name: "one", IfMatch });
    await refused(deleting, PreconditionFailed, 412, STALE_CONTROL);
  }
  const quoted = await update(caller, { Name: "one", Comment: "c", IfMatch: `"${ETag}"` });
  assert.equal(quoted.KeyValueStore.Comment, "c");
});

test("InvalidTagging, NoSuchResource and AccessDenied, of tags", async () => {
  const caller = Caller.fresh();
  const send = (command) => caller.control.send(command);
  const { ARN } = (await create(caller, { Name: "one" })).KeyValueStore;
  const Tags = { Items: [{ Key: "k", Value: "v" }] };
  const bad = { Items: [{ Key: "a*", Value: "" }] };
  await refused(send(new TagResourceCommand({ Resource: ARN, Tags: bad })), InvalidTagging, 400);
  assert.deepEqual(await tagsOf(caller, ARN), []);
  for (const [Resource, kind, status] of [
    [caller.arn(), NoSuchResource, 404],
    [Caller.fresh().arn(), AccessDenied, 403],
    ["nonsense", InvalidArgument, 400],
  ]) {
    const TagKeys = { Items: ["k"] };
    await refused(send(new ListTagsForResourceCommand({ Resource })), kind, status);
    await refused(send(new TagResourceCommand({ Resource, Tags })), kind, status);
    await refused(send(new UntagResourceCommand({ Resource, TagKeys })), kind, status);
  }
});

test("UnsupportedOperation", async () => {
  const listing = new Caller().control.send(new ListVpcOriginsCommand({}));
  await refused(listing, UnsupportedOperation, 400, /GET.*\/2020-05-31\/vpc-origin/);
});

test("credentials that are wrong", async () => {
  await refusedAs(list(new Caller({ secret: "wrong" })), "SignatureDoesNotMatch", 403);
  await refusedAs(list(new Caller({ key: "AKIANOBODY" })), "InvalidClientTokenId", 403);
});
