"""Everything that is asked, in its order."""

from functools import partial
from pathlib import Path

from . import (
    control,
    data,
    exchange,
    imports,
    paths,
    policies,
    signatures,
    states,
    tags,
)
from .world import World

RECORDED = Path(__file__).with_name("recorded.txt")


def run(folder):
    """Asks everything of the binary under test; returns the rendered exchanges by name."""
    recorder = exchange.Recorder()
    world = World(folder)
    try:
        ask = partial(recorder.ask, server=world.main)
        paths.run(ask, world)
        paths.run_malformed(partial(recorder.ask_bytes, server=world.main))
        control.run(ask, world)
        tags.run(ask, world)
        data.run(ask, world)
        imports.run(ask, world)
        signatures.run(ask, world)
        policies.run(ask, world)
        states.run(partial(recorder.ask, server=world.slow), world)
        data.run_with_small_quotas(partial(recorder.ask, server=world.small), world)
    finally:
        world.stop()
    return recorder.exchanges


def recorded():
    """What the released version answered."""
    return exchange.load(RECORDED.read_text(encoding="utf-8"))
