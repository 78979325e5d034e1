"""The mark of lines that were counted for an achievement (commerce 2.1)."""

from typing import Any

from omneo_api.foundation.statements import Statement

_COUNTED = Statement(
    """
    INSERT INTO transaction_item_annotations (item_id, achievement_counted, updated_at)
    SELECT id, true, created_at FROM transaction_items WHERE id = :item::bigint
    ON CONFLICT (tenant_id, item_id) DO UPDATE SET achievement_counted = true
    """
)


async def counted(session: Any, item: int) -> None:
    """Marks a line as counted. The mark is for filters only, so the line does not look changed."""
    await session.execute(_COUNTED, item=item)
