import asyncio
import threading

import pytest

from monitors.lakes.time_limit import Turn, time_limit

MOMENT = 0.05  # seconds: the limit of these tests
LONG = 4 * MOMENT


async def wait(seconds: float) -> None:
    await asyncio.wait({asyncio.ensure_future(asyncio.Event().wait())}, timeout=seconds)


def test_a_limit_ends_what_takes_too_long() -> None:
    async def limited() -> bool:
        with pytest.raises(TimeoutError):
            async with time_limit(MOMENT) as timer:
                await asyncio.Event().wait()
        return timer.expired()

    assert asyncio.run(limited())


def test_another_time_out_is_not_taken_for_the_limit() -> None:
    async def limited() -> bool:
        with pytest.raises(TimeoutError):
            async with time_limit(60) as timer:
                raise TimeoutError("of the storage")
        return timer.expired()

    assert not asyncio.run(limited())


def test_waiting_for_a_turn_does_not_count() -> None:
    async def limited() -> str:
        async with time_limit(MOMENT):
            turn = Turn()
            await wait(LONG)
            turn.come()
            return "done"

    assert asyncio.run(limited()) == "done"


def test_the_limit_goes_on_when_the_last_turn_has_come() -> None:
    async def limited() -> None:
        async with time_limit(MOMENT):
            one, other = Turn(), Turn()
            one.come()
            one.come()
            await wait(LONG)
            other.come()
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        asyncio.run(limited())


def test_tasks_of_a_block_share_its_limit() -> None:
    async def work(turn: Turn) -> None:
        await wait(LONG)
        turn.come()

    async def queue() -> None:
        await work(Turn())

    async def limited() -> str:
        async with time_limit(MOMENT):
            await asyncio.gather(queue(), queue())
            return "done"

    assert asyncio.run(limited()) == "done"


def test_a_turn_may_come_from_a_thread() -> None:
    async def limited() -> None:
        async with time_limit(MOMENT):
            turn = Turn()
            threading.Thread(target=turn.come_from_thread).start()
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        asyncio.run(limited())


def test_a_turn_without_a_limit_is_nothing() -> None:
    async def unlimited() -> None:
        Turn().come()

    asyncio.run(unlimited())


def test_a_turn_may_come_after_the_limit_is_over() -> None:
    async def limited() -> None:
        async with time_limit(60):
            turn = Turn()
        turn.come()

    asyncio.run(limited())
