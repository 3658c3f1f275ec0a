"""The deliberate changes of `changes.toml`, applied to what was recorded."""

import difflib
import tomllib
from pathlib import Path

PATH = Path(__file__).with_name("changes.toml")


class BadChange(Exception):
    """A change that can't be applied to what was recorded."""


def load(path=PATH):
    return tomllib.loads(path.read_text(encoding="utf-8")).get("change", [])


def apply(recorded, changes):
    """What is expected now: the recorded exchanges with the changes made."""
    expected = dict(recorded)
    for change in changes:
        if set(change) != {"reason", "exchanges", "was", "now"} or not change["reason"].strip():
            raise BadChange(f"a change has a reason, exchanges, was and now: {change}")
        if change["was"] == change["now"]:
            raise BadChange(f"it changes nothing: {change}")
        for name in change["exchanges"]:
            if name not in expected:
                raise BadChange(f"no exchange is called {name!r}")
            found = expected[name].count(change["was"])
            if found != 1:
                raise BadChange(f"{change['was']!r} occurs {found} times in {name!r}, not once")
            expected[name] = expected[name].replace(change["was"], change["now"])
    return expected


def differences(expected, answered):
    """The exchanges that were answered otherwise than expected, each as a text for people."""
    for name in expected | answered:
        before, after = (found.get(name, "").split("\n") for found in (expected, answered))
        if before != after:
            lines = difflib.unified_diff(before, after, "expected", "answered", n=1, lineterm="")
            yield "\n".join([f"=== {name}", *lines])
