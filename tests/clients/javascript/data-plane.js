// The data plane: each operation and each modelled exception. Which signer signs is decided by what
// was imported before.

import assert from "node:assert/strict";
import { test } from "node:test";

import { CreateKeyValueStoreCommand, DeleteKeyValueStoreCommand } from "@aws-sdk/client-cloudfront";
import {
  AccessDeniedException,
  ConflictException,
  DeleteKeyCommand,
  DescribeKeyValueStoreCommand,
  GetKeyCommand,
  ListKeysCommand,
  PutKeyCommand,
  ResourceNotFoundException,
  ServiceQuotaExceededException,
  UpdateKeysCommand,
  ValidationException,
  paginateListKeys,
} from "@aws-sdk/client-cloudfront-keyvaluestore";
import { SignatureV4MultiRegion } from "@aws-sdk/signature-v4-multi-region";

import {
  AWKWARD_KEYS,
  Caller,
  DATA_ETAG,
  OTHER_DATA_ETAG,
  STALE_DATA,
  TOO_MANY_PAIRS,
  UUID,
  VALUE_TOO_BIG,
  WRONG_STATE,
  inOrder,
  newName,
  putObject,
  refused,
  refusedAs,
  sizeOf,
} from "./keyfront.js";

/** A store that is READY, as its caller sees it; it knows its newest version. */
class Store {
  constructor(caller, name, arn) {
    this.caller = caller;
    this.name = name;
    this.arn = arn;
    this.etag = undefined;
  }

  static async make(caller = Caller.fresh(), input = {}) {
    const name = newName();
    const command = new CreateKeyValueStoreCommand({ Name: name, ...input });
    const { KeyValueStore } = await caller.control.send(command);
    await caller.settled(name);
    const store = new Store(caller, name, KeyValueStore.ARN);
    store.etag = (await store.describe()).ETag;
    return store;
  }

  send(Command, input = {}) {
    return this.caller.data.send(new Command({ KvsARN: this.arn, ...input }));
  }

  async write(Command, input) {
    const answer = await this.send(Command, { IfMatch: this.etag, ...input });
    assert.equal(answer.$metadata.httpStatusCode, 200);
    assert.match(answer.ETag, DATA_ETAG);
    this.etag = answer.ETag;
    return answer;
  }

  describe() {
    return this.send(DescribeKeyValueStoreCommand);
  }

  get(Key) {
    return this.send(GetKeyCommand, { Key });
  }

  put(Key, Value, more) {
    return this.write(PutKeyCommand, { Key, Value, ...more });
  }

  delete(Key, more) {
    return this.write(DeleteKeyCommand, { Key, ...more });
  }

  update(puts, deletes, more) {
    const Puts = puts?.map(([Key, Value]) => ({ Key, Value }));
    const Deletes = deletes?.map((Key) => ({ Key }));
    return this.write(UpdateKeysCommand, { Puts, Deletes, ...more });
  }

  /** The pages of keys and values, by the paginator. */
  async pages(pageSize) {
    const pages = [];
    const client = this.caller.data;
    for await (const page of paginateListKeys({ client, pageSize }, { KvsARN: this.arn })) {
      pages.push(page.Items.map(({ Key, Value }) => [Key, Value]));
    }
    return pages;
  }

  /** Checks every key, its value, the counts and the sizes. */
  async holds(contents) {
    const expected = new Map(contents);
    const found = (await this.pages(50)).flat();
    assert.deepEqual(found, inOrder(expected.keys()).map((key) => [key, expected.get(key)]));
    const description = await this.describe();
    assert.equal(description.ItemCount, expected.size);
    assert.equal(description.TotalSizeInBytes, sizeOf(expected));
    assert.equal(description.ETag, this.etag);
  }
}

/** Each operation on one store, and what it is called with. */
const OPERATIONS = [
  [DescribeKeyValueStoreCommand, {}],
  [ListKeysCommand, {}],
  [GetKeyCommand, { Key: "a" }],
  [PutKeyCommand, { Key: "a", Value: "1", IfMatch: OTHER_DATA_ETAG }],
  [DeleteKeyCommand, { Key: "a", IfMatch: OTHER_DATA_ETAG }],
  [UpdateKeysCommand, { Puts: [{ Key: "a", Value: "1" }], IfMatch: OTHER_DATA_ETAG }],
];

export function dataPlane(signer) {
  test("the signer is the one that was imported", () => {
    assert.equal(SignatureV4MultiRegion.sigv4aDependency(), signer);
  });

  test("the story of keys", async () => {
    const store = await Store.make(new Caller());
    const empty = await store.describe();
    assert.equal(empty.$metadata.httpStatusCode, 200);
    assert.match(empty.$metadata.requestId, UUID);
    assert.match(empty.ETag, DATA_ETAG);
    assert.equal(empty.KvsARN, store.arn);
    assert.equal(empty.Status, "READY");
    assert.equal(empty.FailureReason, undefined);
    assert.deepEqual([empty.ItemCount, empty.TotalSizeInBytes], [0, 0]);
    assert.ok(Math.abs(Date.now() - empty.Created.getTime()) < 60_000);
    assert.ok(empty.LastModified >= empty.Created);

    const put = await store.put("/sample", "sample");
    assert.deepEqual([put.ItemCount, put.TotalSizeInBytes], [1, 13]);
    const got = await store.get("/sample");
    assert.equal(got.$metadata.httpStatusCode, 200);
    assert.deepEqual([got.Key, got.Value], ["/sample", "sample"]);
    assert.deepEqual([got.ItemCount, got.TotalSizeInBytes], [1, 13]);

    const updated = await store.update([["b", "2"], ["c", "3"]], ["/sample", "never"]);
    assert.deepEqual([updated.ItemCount, updated.TotalSizeInBytes], [2, 4]);
    await store.holds([["b", "2"], ["c", "3"]]);
    const deleted = await store.delete("b");
    assert.deepEqual([deleted.ItemCount, deleted.TotalSizeInBytes], [1, 2]);
    await store.holds([["c", "3"]]);
    assert.equal((await store.describe()).Created.getTime(), empty.Created.getTime());
  });

  test("each version is used once", async () => {
    const store = await Store.make();
    const seen = new Set([store.etag]);
    await store.put("a", "1");
    seen.add(store.etag);
    await store.put("a", "1");
    seen.add(store.etag);
    await store.update([["b", ""]]);
    seen.add(store.etag);
    await store.delete("a");
    seen.add(store.etag);
    assert.equal(seen.size, 5);
    for (const IfMatch of seen) {
      if (IfMatch === store.etag) continue;
      await refused(store.put("a", "2", { IfMatch }), ValidationException, 400, STALE_DATA);
      await refused(store.delete("b", { IfMatch }), ValidationException, 400, STALE_DATA);
      await refused(store.update([], ["b"], { IfMatch }), ValidationException, 400, STALE_DATA);
    }
    // Nothing to do: the version stays. One in quotes is the same.
    const before = store.etag;
    await store.update(undefined, ["never"]);
    await store.update();
    assert.equal(store.etag, before);
    await store.put("a", "2", { IfMatch: `"${before}"` });
    await store.holds([["a", "2"], ["b", ""]]);
  });

  test("keys are exact bytes", async () => {
    const store = await Store.make();
    const contents = new Map();
    for (const [number, key] of AWKWARD_KEYS.entries()) {
      contents.set(key, `value ${number}`);
      await store.put(key, contents.get(key));
    }
    for (const [key, value] of contents) {
      const got = await store.get(key);
      assert.deepEqual([got.Key, got.Value], [key, value]);
    }
    await store.holds(contents);
    for (const key of AWKWARD_KEYS) {
      await store.delete(key);
      await refused(store.get(key), ResourceNotFoundException, 404);
    }
    await store.holds([]);
    await store.update([...contents]);
    await store.holds(contents);
    await store.update([], AWKWARD_KEYS);
    await store.holds([]);
  });

  test("values are exact bytes", async () => {
    const store = await Store.make();
    const values = ["", " ", "é😀\u2028", '{"json": [1, "two"]}', "line\n\ttab\\\"\u0001", "x".repeat(1024)];
    for (const value of values) {
      await store.put("put", value);
      await store.update([["updated", value]]);
      assert.equal((await store.get("put")).Value, value);
      await store.holds([["put", value], ["updated", value]]);
    }
  });

  test("keys come in pages, in the order of bytes", async () => {
    const store = await Store.make();
    assert.deepEqual(await store.pages(10), [[]]);
    const keys = Array.from({ length: 23 }, (_, n) => `${n}`).concat("\uffff", "\u{10000}", "é", "B");
    const contents = keys.map((key) => [key, `v${key}`]);
    await store.update(contents);
    await store.holds(contents);
    const sizes = async (pageSize) => (await store.pages(pageSize)).map((page) => page.length);
    assert.deepEqual(await sizes(10), [10, 10, 7]);
    assert.deepEqual(await sizes(9), [9, 9, 9]);
    const first = await store.send(ListKeysCommand);
    assert.equal(first.Items.length, 10);
    const rest = await store.send(ListKeysCommand, { NextToken: first.NextToken, MaxResults: 50 });
    assert.equal(rest.Items.length, 17);
    assert.equal(rest.NextToken, undefined);
  });

  test("an import from a bucket", async () => {
    const items = AWKWARD_KEYS.map((key, number) => ({ key, value: `value ${number}` }));
    const ImportSource = putObject(`sp ace +%é-${newName()}.json`, JSON.stringify({ data: items }));
    const store = await Store.make(new Caller(), { ImportSource });
    await store.holds(items.map(({ key, value }) => [key, value]));
    await store.put("new", "1");
    assert.equal((await store.get(".")).Value, `value ${AWKWARD_KEYS.indexOf(".")}`);
  });

  test("an import that fails says why, and its store can only be described", async () => {
    const text = '{"data":[\n{"key":"a","value":"1"},\n{"key":"a","value":"2"}]}';
    const store = await Store.make(undefined, { ImportSource: putObject(`${newName()}.json`, text) });
    const description = await store.describe();
    assert.equal(description.Status, "IMPORT_FAILED");
    assert.match(description.FailureReason, /"a"/);
    for (const [Command, input] of OPERATIONS.slice(1)) {
      await refused(store.send(Command, input), ConflictException, 409, WRONG_STATE);
    }
  });

  test("any region signs", async () => {
    const store = await Store.make(new Caller({ region: "eu-west-1" }));
    await store.put("a", "1");
    await store.holds([["a", "1"]]);
  });

  test("ConflictException: a store that was deleted", async () => {
    const store = await Store.make();
    const { ETag } = await store.caller.settled(store.name);
    const deletion = new DeleteKeyValueStoreCommand({ Name: store.name, IfMatch: ETag });
    await store.caller.control.send(deletion);
    for (const [Command, input] of OPERATIONS) {
      const expected =
        Command === GetKeyCommand
          ? [ResourceNotFoundException, 404, "Resource was not found."]
          : [ConflictException, 409, WRONG_STATE];
      await refused(store.send(Command, input), ...expected);
    }
  });

  test("ResourceNotFoundException: a store that never was, and a key", async () => {
    const caller = Caller.fresh();
    const none = new Store(caller, "none", caller.arn());
    const text = "Resource was not found.";
    for (const [Command, input] of OPERATIONS) {
      await refused(none.send(Command, input), ResourceNotFoundException, 404, text);
    }
    const store = await Store.make(caller);
    await refused(store.get("none"), ResourceNotFoundException, 404, text);
    await refused(store.delete("none"), ResourceNotFoundException, 404, text);
  });

  test("AccessDeniedException: a store of another account", async () => {
    const { arn } = await Store.make();
    const stranger = new Store(Caller.fresh(), "none", arn);
    for (const [Command, input] of OPERATIONS) {
      await refused(stranger.send(Command, input), AccessDeniedException, 403);
    }
  });

  test("ValidationException", async () => {
    const store = await Store.make();
    for (const IfMatch of ["*", "nonsense", `W/"${store.etag}"`]) {
      await refused(store.put("a", "1", { IfMatch }), ValidationException, 400);
      await refused(store.delete("a", { IfMatch }), ValidationException, 400);
      await refused(store.update([["a", "1"]], [], { IfMatch }), ValidationException, 400);
    }
    await refused(store.put("x".repeat(1025), ""), ValidationException, 400);
    await refused(store.update([["a", "1"], ["a", "2"]]), ValidationException, 400);
    await refused(store.update([["a", "1"]], ["a"]), ValidationException, 400);
    await refused(store.send(ListKeysCommand, { MaxResults: 51 }), ValidationException, 400);
    await refused(store.send(ListKeysCommand, { NextToken: "é" }), ValidationException, 400);
    await store.holds([]);
  });

  test("ServiceQuotaExceededException", async () => {
    const store = await Store.make();
    const quota = async (promise, text) =>
      refused(promise, ServiceQuotaExceededException, 402, text);
    const long = "x".repeat(1025);
    await quota(store.put("a", long), VALUE_TOO_BIG);
    await quota(store.update([["a", "1"], ["b", long]]), VALUE_TOO_BIG);
    await quota(store.put("é".repeat(256) + "x", ""), /^Limit exceeded: Maximum /);
    const fifty = Array.from({ length: 50 }, (_, n) => [`${n}`, ""]);
    await quota(store.update(fifty, ["more"]), TOO_MANY_PAIRS);
    await store.holds([]);
    await store.update(fifty);
    await store.holds(fifty);
  });

  test("a body that is refused before all of it has arrived: the answer arrives", async () => {
    const store = await Store.make();
    const put = store.put("a", "x".repeat(8_000_000));
    await refused(put, ServiceQuotaExceededException, 402, VALUE_TOO_BIG);
    await store.put("a", "1");
  });

  test("credentials that are wrong", async () => {
    const { arn } = await Store.make(new Caller());
    for (const [options, name] of [
      [{ secret: "wrong" }, "InvalidSignatureException"],
      [{ key: "AKIANOBODY" }, "UnrecognizedClientException"],
    ]) {
      const stranger = new Store(new Caller(options), "none", arn);
      for (const [Command, input] of OPERATIONS) {
        await refusedAs(stranger.send(Command, input), name, 403);
      }
    }
  });
}
