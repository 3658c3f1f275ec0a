"""Settings with absurd values, however they are given: the server serves, or says what is wrong and ends.

The values are drawn anew in each run; KEYFRONT_SETTINGS_SEED repeats one, KEYFRONT_SETTINGS_CASES draws
more.
"""

import os
import random
import re
import signal
import subprocess
import time

import pytest

from keyfront import binary

SEED = os.environ.pop("KEYFRONT_SETTINGS_SEED", None) or str(random.randrange(10**9))
CASES = int(os.environ.pop("KEYFRONT_SETTINGS_CASES", "120"))

# What tells a start that hangs from one that works, in seconds.
BOUND = 30

BASE = ["--in-memory", "--listen=127.0.0.1:0"]

TEXTS = [
    "",
    " ",
    "\t\n",
    "0",
    "1",
    "-1",
    "+1",
    "00",
    "1.5",
    "1e9",
    "1_000",
    "0x10",
    "NaN",
    "inf",
    "\u0661\u0662",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "9" * 400,
    "true",
    "null",
    "[]",
    ",",
    ",,a,",
    "*",
    "%00%0a%ff",
    "--listen",
    "=",
    ":",
    "127.0.0.1",
    "127.0.0.1:99999",
    "[::1",
    "[::1]:",
    ":0",
    "http://",
    "http://[",
    "http://a:b@:0/?#",
    "info,a=b=c",
    "x" * 100_000,
    "../" * 1000,
    "a\nkeyfront: all is well\x1b[2J\x07",
    "\u202e\u2028",
    "none/where",
]
NO_TEXTS = [b"\xff\xfe", b"a\xc3", b"\xed\xa0\x80"]
TOML = [
    '""',
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\u001b[2J\\n"',
    "-1",
    "0",
    "1.5",
    "nan",
    "-inf",
    "true",
    "[]",
    '["", ""]',
    "[[[]]]",
    "{}",
    "{a = 1}",
    "1979-05-27T07:32:00Z",
    "0x7fffffffffffffff",
    "9223372036854775808",
    "18446744073709551615",
    "1" * 1000,
    '"' + "x" * 100_000 + '"',
    "[" * 20_000,
    "'",
    "",
]
FILES = [
    b"\xff\xfe\x00",
    b"\x00" * 100,
    b"\xef\xbb\xbfkey-bytes = 9",
    b"key-bytes = 9\nkey-bytes = 8",
    b"a.b.c = 1",
    b"[table]",
    b"[[key-bytes]]",
    b"unknown = 1",
    b"=",
    b"\r",
    b"# \x1b[2J",
    b"# " + b"x" * 20_000_000,
]


def options():
    """The names of all options that take a value."""
    answer = subprocess.run([binary(), "serve", "--help"], capture_output=True, text=True)
    found = re.findall(r"^ +--([a-z0-9-]+) \[?<", answer.stdout, re.MULTILINE)
    assert {"listen", "data", "in-memory", "idle-seconds", "config"} <= set(found), found
    return found


def run(folder, arguments, variables):
    """Starts a server, and stops it if it serves. Returns the exit code and what it has said."""
    out, err = folder / "out", folder / "err"
    variables = {os.fsencode(name): os.fsencode(value) for name, value in variables.items()}
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            [binary(), "serve", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            cwd=folder,
            env=os.environb | variables | {b"RUST_BACKTRACE": b"1"},
        )
    try:
        end = time.monotonic() + BOUND
        while process.poll() is None and b"listens on" not in out.read_bytes():
            assert time.monotonic() < end, "it neither serves nor ends"
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        return process.wait(BOUND), err.read_bytes().decode(errors="replace")
    finally:
        process.kill()
        process.wait()


def draw(rng, folder, names):
    """A few options, each given in one of the ways: arguments and variables."""
    arguments, variables, lines = [], {}, []
    given = rng.sample(names, rng.choice([1, 1, 1, 2, 3]))
    for name in given:
        way = rng.choice(["argument", "variable", "file"])
        if way == "file" and name != "config":
            lines.append(f"{name} = {rng.choice(TOML)}")
            continue
        value = rng.choice(NO_TEXTS if rng.random() < 0.1 else TEXTS)
        if way == "variable":
            variables["KEYFRONT_" + name.upper().replace("-", "_")] = value
        else:
            arguments.append(f"--{name}=".encode() + os.fsencode(value))
    if lines and "config" not in given:
        (folder / "keyfront.toml").write_text("\n".join(lines))
        arguments.append("--config=keyfront.toml")
    if "listen" not in given:
        arguments.append("--listen=127.0.0.1:0")
    if "data" not in given and "in-memory" not in given:
        arguments.append("--in-memory")
    return arguments, variables


def assert_sound(status, said):
    assert "panicked" not in said and "overflowed its stack" not in said
    assert status in (0, 1, 2), said[-2000:]
    assert status == 0 or said
    if status == 1:
        assert said.count("\n") <= 3, said[-2000:]
    # What clap refuses it shows as it is, to who has given it.
    if status != 2:
        assert "\x1b" not in said and "keyfront: all is well" not in said.splitlines()


@pytest.mark.timeout(max(60, 2 * CASES))
def test_of_any_kind_serve_or_are_told(tmp_path):
    rng, names = random.Random(SEED), options()
    statuses = set()
    for number in range(CASES):
        folder = tmp_path / str(number)
        folder.mkdir()
        arguments, variables = draw(rng, folder, names)
        try:
            status, said = run(folder, arguments, variables)
            assert_sound(status, said)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            shown = f"{arguments} {variables}"[:2000]
            raise AssertionError(f"KEYFRONT_SETTINGS_SEED={SEED}: {shown}: {error}") from error
        statuses.add(status)
    # Some serve, others do not.
    assert len(statuses) > 1 or CASES < 20


@pytest.mark.parametrize("content", FILES, ids=range(len(FILES)))
def test_a_file_of_any_kind_serves_or_is_told(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    status, said = run(tmp_path, ["--config=file", *BASE], {})
    assert_sound(status, said)
    assert status == 0 or "the configuration file" in said


def test_a_file_without_an_end_is_refused(tmp_path):
    status, said = run(tmp_path, ["--config=/dev/zero", *BASE], {})
    assert status == 1 and "/dev/zero can't be read: it has more than" in said


@pytest.mark.parametrize("option", ["idle-seconds", "imports-at-once", "connections"])
def test_the_largest_number_of_all_is_refused_or_serves(tmp_path, option):
    status, said = run(tmp_path, [*BASE, f"--{option}={2**64 - 1}"], {})
    assert_sound(status, said)
    assert status == 1 and f"--{option}" in said
