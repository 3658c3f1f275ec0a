"""Answers are what commit 3d780a3 answered, but for what was changed on purpose."""

import pytest

from wire import changes, exchange, script


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    return script.run(tmp_path_factory.mktemp("wire"))


def test_every_answer_is_as_recorded_but_for_the_listed_changes(answered):
    expected = changes.apply(script.recorded(), changes.load())
    assert list(answered) == list(expected), "other exchanges were recorded: record them anew"
    differences = list(changes.differences(expected, answered))
    assert not differences, f"{len(differences)} answers differ:\n" + "\n".join(differences)


def test_the_recorded_file_is_read_as_it_was_written():
    recorded = script.recorded()
    assert len(recorded) >= 300
    assert exchange.load(exchange.dump(recorded)) == recorded
    assert exchange.dump(recorded) == script.RECORDED.read_text(encoding="utf-8")


class TestChanges:
    RECORDED = {"one": "> GET /\n403 Forbidden\n| text", "two": "> GET /\n200 OK"}
    CHANGE = {"reason": "r", "exchanges": ["one"], "was": "| text", "now": "| other"}

    def test_a_change_replaces_a_part_of_its_exchanges_only(self):
        expected = changes.apply(self.RECORDED, [self.CHANGE])
        assert expected == self.RECORDED | {"one": "> GET /\n403 Forbidden\n| other"}

    @pytest.mark.parametrize(
        "bad",
        [
            {"exchanges": ["three"]},
            {"exchanges": ["one", "two"]},
            {"was": "e"},
            {"now": "| text"},
            {"reason": " "},
            {"status": 400},
        ],
    )
    def test_a_change_that_can_not_be_applied_is_refused(self, bad):
        with pytest.raises(changes.BadChange):
            changes.apply(self.RECORDED, [self.CHANGE | bad])
