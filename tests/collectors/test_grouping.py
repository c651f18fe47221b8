"""Captures that are ready at about the same time are sealed together."""

from __future__ import annotations

import asyncio

from collectors import grouping
from collectors.grouping import Grouping


def seconds_of(*sizes: int, more: bool) -> float:
    """How long a group of these sizes waits, all at once."""

    async def wait() -> float:
        group, loop = Grouping(lambda: more), asyncio.get_running_loop()
        began = loop.time()
        await asyncio.gather(*(group.turn(size) for size in sizes))
        return loop.time() - began

    return asyncio.run(wait())


def test_a_single_page_waits_for_nobody() -> None:
    assert seconds_of(100, more=False) < grouping.WAIT_S / 2


def test_a_page_among_others_waits_for_a_moment_and_no_longer() -> None:
    assert grouping.WAIT_S * 0.9 <= seconds_of(100, 100, more=True) < 1


def test_a_whole_group_goes_at_once() -> None:
    assert seconds_of(*[1] * grouping.GROUP, more=True) < grouping.WAIT_S / 2


def test_big_bodies_are_not_kept_waiting() -> None:
    assert seconds_of(1, grouping.GROUP_BYTES, more=True) < grouping.WAIT_S / 2


def test_the_next_group_waits_anew() -> None:
    async def two() -> float:
        group, loop = Grouping(lambda: True), asyncio.get_running_loop()
        await group.turn(1)
        began = loop.time()
        await group.turn(1)
        return loop.time() - began

    assert asyncio.run(two()) >= grouping.WAIT_S * 0.9
