"""A store from its creation to its end by aiobotocore or by aioboto3, with what the environment says.

    asynchronous.py aiobotocore|aioboto3 NAME
"""

import asyncio
import sys
import time

KEY = "/é a'(b)"


def session(library):
    """What makes the clients, which both libraries do alike."""
    if library == "aioboto3":
        import aioboto3

        return aioboto3.Session().client
    from aiobotocore.session import get_session

    return get_session().create_client


async def story(client, name):
    async with client("cloudfront") as control, client("cloudfront-keyvaluestore") as data:
        created = await control.create_key_value_store(Name=name)
        arn = created["KeyValueStore"]["ARN"]
        store = created
        end = time.monotonic() + 20
        while store["KeyValueStore"]["Status"] != "READY":
            assert time.monotonic() < end, "it is READY within 20 s"
            await asyncio.sleep(0.02)
            store = await control.describe_key_value_store(Name=name)

        etag = (await data.describe_key_value_store(KvsARN=arn))["ETag"]
        stale = etag
        etag = (await data.put_key(KvsARN=arn, Key=KEY, Value="one", IfMatch=etag))["ETag"]
        assert (await data.get_key(KvsARN=arn, Key=KEY))["Value"] == "one"
        try:
            await data.delete_key(KvsARN=arn, Key=KEY, IfMatch=stale)
            raise AssertionError("a stale If-Match was taken")
        except data.exceptions.ValidationException:
            pass
        puts = [{"Key": f"key-{n:02}", "Value": str(n)} for n in range(30)]
        deletes = [{"Key": KEY}]
        answer = await data.update_keys(KvsARN=arn, IfMatch=etag, Puts=puts, Deletes=deletes)
        etag = answer["ETag"]
        pages = data.get_paginator("list_keys").paginate(
            KvsARN=arn, PaginationConfig={"PageSize": 7}
        )
        assert [item async for page in pages for item in page["Items"]] == puts
        # Many at once, over several connections.
        answers = await asyncio.gather(
            *(data.get_key(KvsARN=arn, Key=item["Key"]) for item in puts)
        )
        assert [answer["Value"] for answer in answers] == [item["Value"] for item in puts]
        answer = await data.delete_key(KvsARN=arn, Key="key-00", IfMatch=etag)
        assert answer["ItemCount"] == 29

        await control.delete_key_value_store(Name=name, IfMatch=store["ETag"])
        try:
            await control.describe_key_value_store(Name=name)
            raise AssertionError("the store is still there")
        except control.exceptions.EntityNotFound:
            pass


asyncio.run(story(session(sys.argv[1]), sys.argv[2]))
print("done")
