"""Every filter that a list declares works with every operator that fits it, on every list."""

import pytest

from omneo_api.app import v3_operations
from omneo_api.settings import Settings

pytestmark = pytest.mark.anyio

SAMPLES = {
    "integer": "1",
    "number": "1.5",
    "boolean": "1",
    "datetime": "2026-01-01",
    "date": "2026-01-01",
    "uuid": "3f0a7e24-5b6c-4d8e-9f10-2a3b4c5d6e7f",
    "time": "10:00",
}
LISTS = [
    operation
    for operation in v3_operations(Settings())
    if operation.listing is not None and "{" not in operation.path and operation.method == "GET"
]


@pytest.mark.parametrize("operation", LISTS, ids=lambda operation: operation.path)
async def test_every_declared_filter_is_understood(shop, operation):
    for name in operation.listing.filters:
        kind = operation.listing.kind(name)
        value = SAMPLES.get(kind, "x")
        if name.endswith("phone"):
            value = "+61412000111"
        forms = [(f"filter[{name}]", value), (f"filter[{name}][in]", f"{value},{value}")]
        if kind in ("integer", "number", "datetime", "date"):
            forms.append((f"filter[{name}][gte]", value))
        if name not in ("near", "radius", "custom_field"):
            for key, text in forms:
                answer = await shop.client.get(operation.path, params={key: text, "page[size]": "1"})
                assert answer.status_code == 200, f"{key}={text}: {answer.text[:300]}"


@pytest.mark.parametrize("operation", LISTS, ids=lambda operation: operation.path)
async def test_every_field_may_be_sorted_by_or_is_skipped(shop, operation):
    names = operation.listing.schema.model_fields
    sort = ",".join(f"{'-' if place % 2 else ''}{name}" for place, name in enumerate(names))
    answer = await shop.client.get(operation.path, params={"sort": sort, "page[size]": "1"})
    assert answer.status_code == 200, f"{sort}: {answer.text[:300]}"
