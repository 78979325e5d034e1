"""Custom events over HTTP: of a profile or of nobody (automation 10, orgs-platform B6)."""

import uuid
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from omneo_api.foundation import fields
from omneo_api.foundation.calls import Answer
from omneo_api.foundation.errors import Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.fields import Body, Keep
from omneo_api.foundation.operations import Routes
from omneo_api.foundation.statements import json_text
from omneo_api.foundation.validation import wrong
from omneo_api.profiles.profile import custom_events
from omneo_api.profiles.scope import require_profile

LARGEST = 64 * 1024
routes = Routes("Events")


def _object(value: Any) -> Any:
    if value is None or value == []:
        return {}
    if not isinstance(value, dict):
        raise wrong("must be an object.")
    if len(json_text(value)) > LARGEST:
        raise wrong(f"must not be greater than {LARGEST} bytes.")
    return value


Content = Annotated[Any, Keep.VERBATIM, BeforeValidator(_object), WithJsonSchema({"type": ["object", "null"]})]


class EventBody(Body):
    event: fields.Text
    profile_id: fields.Uuid | None = None
    data: Content = None


class TenantEventBody(Body):
    """The name is in `event`; `name` and `trigger` are other spellings of it."""

    event: fields.Text | None = None
    name: fields.Text | None = None
    trigger: fields.Text | None = None
    context: Content


async def _fire(session: Any, event: str, profile_id: uuid.UUID | None, content: Any) -> uuid.UUID:
    if profile_id is not None:
        try:
            await require_profile(session, profile_id)
        except NotFound:
            raise Invalid.field("profile_id", selected_is_invalid("profile_id")) from None
    return custom_events.fire(session, profile_id, event, content or {})


@routes.post(
    "/events",
    "create-reactions",
    success=202,
    example={"event": "custom.survey_completed", "data": {"score": 9}},
)
async def fire(session: Any, body: EventBody) -> Answer:
    """Fire a custom event"""
    content = body.data or {}
    identifier = await _fire(session, body.event, body.profile_id, content)
    answer = {
        "id": str(identifier),
        "event": body.event,
        "profile_id": None if body.profile_id is None else str(body.profile_id),
        "data": content,
        "created_at": session.now.strftime("%Y-%m-%d %H:%M:%S"),
    }
    return Answer(202, b'{"data":' + json_text(answer) + b"}")


@routes.post(
    "/tenants/custom-event",
    "create-reactions",
    success=200,
    example={"event": "custom.survey_completed", "context": {"score": 9}},
)
async def fire_for_tenant(session: Any, body: TenantEventBody) -> Answer:
    """Fire a custom event; answers its context

    A uuid under `profile_id` in the context names the profile that it is about.
    """
    event = body.event or body.name or body.trigger
    if event is None:
        raise Invalid.field("event", "The event field is required.")
    await _fire(session, event, _named(body.context), body.context)
    return Answer(200, b'{"data":' + json_text(body.context) + b"}")


def _named(context: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(context.get("profile_id")))
    except ValueError:
        return None
