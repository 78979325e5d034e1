"""The namespaces in use: prefixes that integrations keep their values under (orgs-platform B13)."""

from typing import Any

from omneo_api.foundation.calls import Answer, data
from omneo_api.foundation.operations import Routes
from omneo_api.foundation.render import Read
from omneo_api.foundation.statements import Statement

_IN_USE = Statement(
    """
    SELECT namespace, type, count(*)::int AS count
    FROM (SELECT namespace, 'custom_field' AS type FROM custom_fields
          UNION ALL
          SELECT a.namespace, 'custom_attribute' FROM custom_attributes a
          JOIN profiles p ON p.tenant_id = a.tenant_id AND p.id = a.profile_id AND p.deleted_at IS NULL) used
    GROUP BY namespace, type ORDER BY namespace, type
    """
)


class NamespaceRead(Read):
    namespace: str
    type: str
    count: int


routes = Routes("Custom fields")


@routes.get("/namespaces", None, envelope="list", answers=NamespaceRead)
async def browse(session: Any) -> Answer:
    """List the namespaces in use, with how many values stand under each"""
    return data([row._asdict() for row in await session.rows(_IN_USE)])
