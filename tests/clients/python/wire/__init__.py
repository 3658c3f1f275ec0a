"""The wire comparison: what one binary answered, held against what another answers.

Several hundred requests are asked of a binary, each signed at the time, with the ids, ETags and
tokens of the answers before it. The answers of commit 3d780a3 are in `recorded.txt`; `test_wire.py`
asks the binary under test the same, and every difference that `changes.toml` does not list is a
failure.

    python -m wire record BINARY     writes recorded.txt anew
    python -m wire compare BINARY    prints the differences that changes.toml does not list

Both are run in `tests/clients/python`. `exchange.py` sends and renders, `world.py` sets up the
servers and the callers, and the other modules hold the requests, by subject. Whoever adds requests
records anew, with a binary of that commit.
"""
