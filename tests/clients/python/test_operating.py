"""What `docs/operating.md` promises of faults: each row of its table names tests that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def rows():
    """The rows of the table, without its headings: what happens, what Keyfront does, the tests."""
    text = (ROOT / "docs" / "operating.md").read_text()
    table = re.search(r"\n## Faults\n.*?\n\|---\|---\|---\|\n((?:\|.*\|\n)+)", text, re.S)[1]
    found = [line.strip("|").split(" | ") for line in table.splitlines()]
    return [row for row in found if not row[0].strip().startswith("**")]


def all_tests():
    """The names of all tests."""
    in_rust = re.compile(r"#\[(?:tokio::)?test\b.*\]\n\s*(?:async )?fn (\w+)\(")
    in_python = re.compile(r"^ *def (test_\w+)\(", re.MULTILINE)
    files = [
        *[(file, in_rust) for place in ("tests", "crates") for file in ROOT.glob(f"{place}/**/*.rs")],
        *[(file, in_python) for file in (ROOT / "tests" / "clients" / "python").glob("*.py")],
    ]
    return {name for file, form in files for name in form.findall(file.read_text())}


def test_each_fault_has_a_test_that_is_there():
    names = all_tests()
    assert len(rows()) > 30
    for what, does, tests in rows():
        named = re.findall(r"`(\w+)`", tests)
        assert what.strip() and does.strip() and named, what
        assert not set(named) - names, what
