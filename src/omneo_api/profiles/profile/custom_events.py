"""Events that an integration names itself, fired for one profile (profiles 1.5, automation 10)."""

import re
import uuid
from typing import Any

from sqlalchemy import JSON, DateTime, Text, bindparam, cast, func, select

from omneo_api.automation.events import ALIASES, NATIVE
from omneo_api.foundation.errors import Invalid, selected_is_invalid
from omneo_api.foundation.models import lit
from omneo_api.foundation.outbox import Context
from omneo_api.foundation.render import wire
from omneo_api.foundation.statements import Statement, json_text
from omneo_api.profiles.profile.events import PROFILE_ID, whole_profile

_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+")


def _context() -> Any:
    return select(
        cast(
            func.json_build_object(
                lit("event"),
                cast(bindparam("event", type_=Text), Text),
                lit("profile_id"),
                PROFILE_ID,
                lit("profile"),
                whole_profile(),
                lit("data"),
                cast(bindparam("data", type_=Text), JSON),
                lit("created_at"),
                wire(func.omneo_now(type_=DateTime(timezone=True))),
            ),
            Text,
        )
    )


_CONTEXT = Statement(_context)


def fire(session: Any, profile_id: uuid.UUID | None, event: str, content: Any) -> uuid.UUID:
    """Emits a custom event with the profile, if any, and the sent content as its `data`; answers its id.

    Raises: Invalid for a native event's name or alias, or one that is not of the form `namespace.event_name`.
    """
    if event in NATIVE or event in ALIASES:
        raise Invalid.field("event", selected_is_invalid("event"))
    if not _NAME.fullmatch(event):
        raise Invalid.field("event", "The event field format is invalid.")
    values = {"id": profile_id, "event": event, "data": json_text(content if content is not None else {}).decode()}
    # A custom event may end in `.updated` too, and each call is an event of its own.
    identifier = uuid.uuid4()
    session.outbox.emit(event, "custom", identifier, Context(_CONTEXT, values), profile_id)
    return identifier
