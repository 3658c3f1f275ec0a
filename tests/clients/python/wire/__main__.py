"""Records a binary's answers, or prints in which of them another binary differs."""

import os
import sys
import tempfile
from pathlib import Path

import conftest


def main(arguments):
    if len(arguments) != 2 or arguments[0] not in ("record", "compare"):
        sys.exit("usage: python -m wire record|compare BINARY")
    command, binary = arguments
    conftest.pytest_configure(None)
    os.environ["KEYFRONT_BIN"] = binary

    from . import changes, exchange, script

    with tempfile.TemporaryDirectory() as folder:
        exchanges = script.run(Path(folder))
    if command == "record":
        script.RECORDED.write_text(exchange.dump(exchanges), encoding="utf-8")
        print(f"{len(exchanges)} exchanges are in {script.RECORDED}")
        return
    expected = changes.apply(script.recorded(), changes.load())
    print("\n".join(changes.differences(expected, exchanges)))


main(sys.argv[1:])
