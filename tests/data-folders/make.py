"""Makes data folders with a binary: `python make.py BINARY NAME`.

NAME-stopped is a folder whose server was stopped in order; NAME-killed is one whose server was killed.
Beside each archive, a JSON file says what clients saw: the stores, their entries and tags; for a store
still PROVISIONING, the entries that it has once its job is finished; the answers for deleted ones.

It runs in the environment of the Python clients. The folders of a version are made once, with a
binary of that version, and never again: they stand for the folders that people have.
"""

import gzip
import io
import json
import os
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "clients" / "python"))

import conftest  # noqa: E402
from folders import FOLDERS, UNFINISHED, observe, write_object  # noqa: E402
from keyfront import Caller, Server  # noqa: E402

ACCOUNTS = ["111111111111", "222222222222"]

ODD_KEYS = {
    "plain": "value",
    "/a/b": "slashes",
    ".": "one dot",
    "..": "two dots",
    "a b+c%20": "blank, plus, percent",
    "quo\"te'\\": "quotes and a backslash",
    "<b>&amp;": "markup",
    "null \0 and bell \a": "controls \x01\x1f\x7f",
    "line\r\nends\t": "line\r\nends\t",
    "\u2028\ufeff\u00a0": "blanks beyond ASCII",
    "e\u0301 and \u00e9": "composed and not",
    "😀": "😀",
    "\uffff\U0010ffff": "the last characters",
    "k" * 512: "v" * 1024,
    "é" * 256: "😀" * 256,
    "empty": "",
}

ODD_COMMENT = 'It\'s <b>&amp;</b> "c" ]]> \\ é 😀 \t\n\r end'


def fill(caller, other):
    """Fills two accounts; returns the ARNs of what was deleted."""
    odd = caller.make_store("odd-keys", Comment=ODD_COMMENT)
    for number, (key, value) in enumerate(ODD_KEYS.items()):
        if number % 2:
            caller.put(odd, key, value)
        else:
            caller.update(odd, {key: value})
    imported = caller.make_store(
        "imported", data={f"/old/{n:03}": f"/new/{n}" for n in range(300)} | ODD_KEYS
    )
    caller.update(imported, {"added": "1", "/old/000": "changed"}, ["/old/001"])
    caller.delete(imported, "/old/002")

    busy = caller.make_store("busy")
    for n in range(40):
        caller.update(busy, {f"k{n % 7}": f"v{n}", f"n{n}": "1"}, [f"n{n - 3}"])
    caller.update(busy, {f"bulk{n:02}": "b" * n for n in range(50)})

    described = caller.make_store("described", Comment="first")
    caller.control.update_key_value_store(
        Name="described", Comment="second", IfMatch=described.etag
    )
    caller.make_store("empty-comment", Comment="")
    caller.make_store("no-comment")
    tagged = caller.make_store(
        "tagged",
        Tags={"Items": [{"Key": f"key {n}", "Value": f"value_{n}@:/+-="} for n in range(10)]},
    )
    caller.control.tag_resource(
        Resource=tagged.arn,
        Tags={"Items": [{"Key": "Größe", "Value": ""}, {"Key": "key 1", "Value": "new"}]},
    )
    caller.control.untag_resource(Resource=tagged.arn, TagKeys={"Items": ["key 0"]})

    broken = caller.put_object('{"data":[\n{"key":"a"}]}', key="broken.json")
    failed = caller.make_store("failed", wait=False, ImportSource=broken)
    caller.wait_for(failed, "IMPORT_FAILED")
    absent = {"SourceType": "S3", "SourceARN": "arn:aws:s3:::imports/absent.json"}
    failed = caller.make_store("failed-absent", wait=False, ImportSource=absent, Comment="c")
    caller.wait_for(failed, "IMPORT_FAILED")

    twin = other.make_store("odd-keys", data={"of": "the other account"})
    other.put(twin, "plain", "another value")
    return [
        delete(caller, caller.make_store("deleted", data={"a": "1", "b": "2"})),
        delete(other, other.make_store("deleted", Comment="gone")),
    ]


def delete(caller, store):
    caller.control.delete_key_value_store(Name=store.name, IfMatch=store.etag)
    return store.arn


def leave_unfinished(caller, other):
    """Writes on, and makes stores that the server never finishes."""
    source = write_object(caller.server.folder)
    caller.make_store("unfinished", wait=False, Comment="not ready")
    caller.make_store("unfinished-import", wait=False, ImportSource=source)
    other.make_store("unfinished-import", wait=False, ImportSource=source)
    cut_off = caller.make_store("deleted-unfinished", wait=False, ImportSource=source)
    arn = cut_off.arn
    delete(caller, cut_off)
    busy = caller.control.describe_key_value_store(Name="busy")["KeyValueStore"]["ARN"]
    etag = caller.data.describe_key_value_store(KvsARN=busy)["ETag"]
    caller.data.put_key(KvsARN=busy, Key="last", Value="written", IfMatch=etag)
    # The name of a store that was deleted, taken anew.
    caller.make_store("deleted", wait=False)
    return arn


def make(folder, end):
    """Makes one data folder; returns what clients saw in it."""
    with Server(folder) as server:
        caller, other = (Caller(server, account) for account in ACCOUNTS)
        gone = fill(caller, other)
        forgotten = delete(caller, caller.make_store("forgotten"))
    # Its deleted stores are forgotten at the start of a server that remembers none.
    with Server(folder, remember_deleted_days=0):
        pass
    with Server(folder) as server:
        caller, other = (Caller(server, account) for account in ACCOUNTS)
        gone.append(delete(caller, caller.make_store("deleted-later", data={"a": "1"})))
        gone.append(delete(other, other.make_store("deleted-later")))
    server = Server(folder, provisioning_seconds=3600)
    caller, other = (Caller(server, account) for account in ACCOUNTS)
    gone.append(leave_unfinished(caller, other))
    seen = observe([caller, other], [forgotten, *gone])
    for store in seen["stores"]:
        if store["status"] == "PROVISIONING":
            store["becomes"] = UNFINISHED if "import" in store["name"] else {}
    getattr(server, end)()
    return seen


def pack(folder, path):
    """Writes the archive of a data folder, the same for the same files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for file in sorted((folder / "data").iterdir()):
            if not file.is_file():
                continue
            member = tarfile.TarInfo(f"data/{file.name}")
            member.size, member.mode = file.stat().st_size, 0o600
            archive.addfile(member, io.BytesIO(file.read_bytes()))
    path.write_bytes(gzip.compress(packed.getvalue(), 9, mtime=0))


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: python make.py BINARY NAME")
    conftest.pytest_configure(None)
    os.environ["KEYFRONT_BIN"] = sys.argv[1]
    for end, suffix in {"stop": "stopped", "kill": "killed"}.items():
        name = f"{sys.argv[2]}-{suffix}"
        with tempfile.TemporaryDirectory() as folder:
            seen = make(Path(folder), end)
            pack(Path(folder), FOLDERS / f"{name}.tar.gz")
        text = json.dumps(seen, indent=1, ensure_ascii=True) + "\n"
        (FOLDERS / f"{name}.json").write_text(text, encoding="utf-8")
        print(f"{name}: {len(seen['stores'])} stores")


main()
