"""`/settings` and the read-only `/settings/environment` (orgs-platform B5)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, delete

from omneo_api import __version__
from omneo_api.configuration.settings.models import Setting
from omneo_api.configuration.settings.schemas import EnvironmentRead, SettingBody, SettingRead, SettingUpdate
from omneo_api.configuration.settings.service import SEEDS, setting
from omneo_api.configuration.settings.values import to_text
from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, created, data, one
from omneo_api.foundation.errors import Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.fields import sent
from omneo_api.foundation.operations import Routes
from omneo_api.foundation.outbox import SECRET_WORDS
from omneo_api.foundation.query import Listing
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.statements import Statement
from omneo_api.platform.keys import request_key
from omneo_api.settings import Settings

READ, WRITE = "read-settings", "update-settings"
reader = Reader(Listing(SettingRead, Setting), by_handle=True)

_STATE = "SELECT id, handle, value, type, is_seeded FROM settings WHERE {} FOR UPDATE"
_BY_ID = Statement(_STATE.format("id = :key::bigint"))
_BY_HANDLE = Statement(_STATE.format("handle_key = :key::text"))
_IS_TEST = Statement("SELECT is_test FROM tenants WHERE id = :id::int")
_DELETE = Statement(delete(Setting).where(Setting.id == bindparam("id")))


def settings_routes(current: Settings) -> Routes:
    """The operations; the installation's own settings are what the environment shows."""
    routes = Routes("Settings")
    _declare_reads(routes, current)
    _declare_writes(routes)
    return routes


def _declare_reads(routes: Routes, current: Settings) -> None:
    @routes.get("/settings", READ, listing=reader.listing, answers=SettingRead, envelope="list")
    async def browse(session: Any, call: Call) -> Answer:
        """List settings"""
        return await reader.browse(session, call, paging="all")

    @routes.get("/settings/environment", READ, answers=EnvironmentRead, envelope="list")
    async def environment(session: Any, call: Call) -> Answer:
        """Read the server's configuration as far as integrations need it

        `app.request_key` signs webhooks and targets.
        """
        values = {
            "app.name": await setting(session, "tenant_name") or session.tenant.handle,
            "app.env": "testing" if await session.value(_IS_TEST, id=session.tenant.id) else "production",
            "app.url": (current.public_url or call.base_url).rstrip("/"),
            "app.timezone": await setting(session, "client_timezone"),
            "app.version": __version__,
            "app.request_key": request_key(current, session.tenant.handle),
        }
        return data([{"handle": handle, "value": value} for handle, value in values.items()])

    @routes.get("/settings/{handle}", READ, answers=SettingRead)
    async def show(session: Any, call: Call, handle: str) -> Answer:
        """Read a setting"""
        return await reader.show(session, call, handle)


def _declare_writes(routes: Routes) -> None:
    @routes.post(
        "/settings",
        WRITE,
        permission="create",
        answers=SettingRead,
        example={"handle": "loyalty.greeting", "type": "string", "value": "Hello"},
    )
    async def create(session: Any, body: SettingBody) -> Answer:
        """Create a setting"""
        value = to_text(body.handle.lower(), body.type, body.value)
        if value is None:
            raise Invalid.field("value", "The value field is required.")
        values = {"handle": body.handle, "type": body.type, "value": value}
        row = await session.insert(Setting, values)
        session.outbox.audit("created", "Setting", row.id, None, _shown(body.handle, values))
        return created(await reader.text(session, row.id))

    @routes.put("/settings/{handle}", WRITE, answers=SettingRead)
    async def update(session: Any, body: SettingUpdate, handle: str) -> Answer:
        """Update a setting

        It takes effect with the next request. The type of a seeded setting is fixed.
        """
        stored = await _locked(session, handle)
        given = sent(body)
        kind = given.get("type", stored.type)
        if kind is None or (stored.is_seeded and kind != stored.type):
            raise Invalid.field("type", selected_is_invalid("type"))
        value = to_text(stored.handle.lower(), kind, given.get("value", stored.value))
        wanted = {"type": kind, "value": value}
        changes = {name: new for name, new in wanted.items() if new != getattr(stored, name)}
        if changes:
            await session.update(Setting, {"id": stored.id}, {**changes, "updated_at": session.now})
            old = {name: getattr(stored, name) for name in changes}
            session.outbox.audit(
                "updated", "Setting", stored.id, _shown(stored.handle, old), _shown(stored.handle, changes)
            )
        return one(await reader.text(session, stored.id))

    @routes.delete("/settings/{handle}", WRITE, envelope="none")
    async def remove(session: Any, handle: str) -> Answer:
        """Delete a setting

        The ones that the server itself reads stay.
        """
        stored = await _locked(session, handle)
        if stored.is_seeded or stored.handle.lower() in SEEDS:
            raise Invalid.field("setting", "The setting cannot be deleted.")
        await session.execute(_DELETE, id=stored.id)
        old = {"handle": stored.handle, "type": stored.type, "value": stored.value}
        session.outbox.audit("deleted", "Setting", stored.id, _shown(stored.handle, old), None)
        return NO_CONTENT


async def _locked(session: Any, handle: str) -> Any:
    column, key = reader.address(handle)
    row = await session.row(_BY_ID if column is None else _BY_HANDLE, key=key)
    if row is None:
        raise NotFound
    return row


def _shown(handle: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as the audit trail may hold them: what the handle calls a secret is masked."""
    secret = any(word in handle.lower() for word in SECRET_WORDS)
    return {name: "***" if secret and name == "value" else value for name, value in values.items()}
