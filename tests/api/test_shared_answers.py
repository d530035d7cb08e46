"""What several ask for at once is read once, and nobody gets what was read before he asked."""

import asyncio

import pytest

from api.live.shared_answers import SharedAnswers


class Readings:
    """Reads a value that changes, and lets a test hold a reading."""

    def __init__(self) -> None:
        self.value = self.count = 0
        self.go = asyncio.Event()

    async def read(self) -> int:
        self.count += 1
        value = self.value
        await self.go.wait()
        return value


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_who_asks_while_it_is_read_waits_for_the_next_reading_with_all_others() -> None:
    answers, readings = SharedAnswers[int](2), Readings()
    first = asyncio.create_task(answers.ask("desk", readings.read))
    await settle()
    readings.value = 1
    second = asyncio.create_task(answers.ask("desk", readings.read))
    await settle()
    readings.value = 2  # the second reading runs beside the first: both turns are taken
    late = [asyncio.create_task(answers.ask("desk", readings.read)) for _ in range(20)]
    await settle()
    readings.value = 3  # the third has not begun
    readings.go.set()
    assert (await first, await second, *await asyncio.gather(*late)) == (0, 1, *[3] * 20)
    assert readings.count == 3


async def test_what_is_asked_differently_is_read_by_itself_in_its_turn() -> None:
    answers, readings = SharedAnswers[int](1), Readings()
    asked = [asyncio.create_task(answers.ask(("desk", each), readings.read)) for each in range(3)]
    await settle()
    assert readings.count == 1
    readings.go.set()
    await asyncio.gather(*asked)
    assert readings.count == 3


async def test_one_who_goes_away_takes_the_answer_from_nobody() -> None:
    answers, readings = SharedAnswers[int](1), Readings()
    going = asyncio.create_task(answers.ask("desk", readings.read))
    staying = asyncio.create_task(answers.ask("desk", readings.read))
    await settle()
    going.cancel()
    readings.go.set()
    assert await staying == 0
    assert going.cancelled()
    assert readings.count == 1


async def test_a_failure_reaches_all_who_wait_and_the_next_reading_is_a_new_one() -> None:
    answers, readings = SharedAnswers[int](1), Readings()

    async def fail() -> int:
        await readings.read()
        raise LookupError("no such unit")

    asked = [asyncio.create_task(answers.ask("desk", fail)) for _ in range(3)]
    await settle()
    readings.go.set()
    for each in asked:
        with pytest.raises(LookupError):
            await each
    assert await answers.ask("desk", readings.read) == 0
