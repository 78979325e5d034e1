"""Reading the audit trail (orgs-platform B4). The server alone writes it: other methods are answered 405."""

import uuid
from datetime import datetime
from typing import Any

from omneo_api.foundation.calls import Answer, Call
from omneo_api.foundation.operations import Routes
from omneo_api.foundation.query import Listing
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.records import Audit
from omneo_api.foundation.render import Read


class AuditRead(Read):
    id: int
    user_id: int | None
    event: str
    auditable_type: str
    auditable_id: int | None
    old_values: str
    new_values: str
    url: str | None
    ip_address: str | None
    profile_id: uuid.UUID | None
    token_name: str | None
    user_agent: str | None
    created_at: datetime
    updated_at: datetime


reader = Reader(Listing(AuditRead, Audit, order=("-id",)))
routes = Routes("Audits")


@routes.get("/audits", "read-audits", listing=reader.listing, answers=AuditRead, envelope="page")
async def browse(session: Any, call: Call) -> Answer:
    """List audits, newest first"""
    return await reader.browse(session, call)


@routes.get("/audits/{id}", "read-audits", answers=AuditRead)
async def show(session: Any, call: Call, id: int) -> Answer:
    """Read an audit"""
    return await reader.show(session, call, id)
