"""The hub beside the small model, over HTTP: the short form of `python -m tests.api.against_model`."""

from pathlib import Path

from tests.api.against_model.trial import trial

ACTS = 120


async def test_random_people_do_random_acts_and_there_is_no_disagreement(
    tmp_path: Path, bus_url: str, database_url: str
) -> None:
    async with trial(tmp_path, bus_url, database_url, 7) as tried:
        await tried.run(ACTS)
        told = tried.told
        print(told.report())
        assert told.compared > ACTS
        assert len(told.codes()) > 4
        assert {"begin", "sitting", "vote", "sealed"} <= set(told.taken)
