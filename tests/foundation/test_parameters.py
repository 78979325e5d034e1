"""What is sent to PostgreSQL arrives as it was."""

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omneo_api.foundation.statements import Statement

LISTS = {
    "text": st.text(st.characters(exclude_characters="\x00", codec="utf-8"))
    | st.sampled_from(["NULL", "{a,b}", "\\n"]),
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "numeric": st.decimals(allow_infinity=False, allow_nan=False) | st.integers(-(10**30), 10**30).map(Decimal),
    "uuid": st.uuids(),
    "timestamptz": st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001
    "boolean": st.booleans(),
    "date": st.dates(date(1000, 1, 1)),
}
ECHO = {kind: Statement(f"SELECT :list::{kind}[] AS list") for kind in LISTS}
NESTED = Statement("SELECT :list::text[] AS list")


@pytest.mark.parametrize("kind", LISTS)
async def test_lists_arrive_as_they_were(shop: Any, kind: str) -> None:
    drawn: list[list[Any]] = []

    @settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(LISTS[kind] | st.none(), max_size=8))
    def draw(values: list[Any]) -> None:
        drawn.append(values)

    draw()
    async with shop.writing() as session:
        for values in drawn:
            assert await session.value(ECHO[kind], list=values) == values


async def test_large_numbers_kinds_of_text_and_lists_of_lists(shop: Any) -> None:
    async with shop.writing() as session:
        assert await session.value(ECHO["numeric"], list=[2**64, -(10**29), 1]) == [2**64, -(10**29), 1]
        mixed = [1, "a\tb", None, uuid.UUID(int=7), Decimal("1.50"), datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)]
        assert await session.value(ECHO["text"], list=mixed) == [None if one is None else str(one) for one in mixed]
        assert await session.value(ECHO["text"], list=[True, False]) == ["t", "f"]
        assert await session.value(NESTED, list=[["a", 'b"\\'], ["\n", "NULL"]]) == [["a", 'b"\\'], ["\n", "NULL"]]
