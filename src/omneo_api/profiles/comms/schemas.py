"""The shape of comms: every flag with its twin `_raw`, what was stored (profiles 6)."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import create_model
from sqlalchemy import Boolean, DateTime, Integer, Text, and_, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from omneo_api.foundation.models import lit
from omneo_api.foundation.render import Read, Sql, rendered_columns
from omneo_api.profiles.comms.models import DEFAULTS, FLAGS, VERIFIED, Comms

Verification = Literal["not_sent", "sent", "delivered", "undelivered", "failed", "verified"]


def _effective(flag: str) -> Callable[[Any], Any]:
    default = literal_column("true" if DEFAULTS[flag] else "false", Boolean)
    return lambda comms: func.coalesce(getattr(comms, flag), default)


def _raw(flag: str) -> Callable[[Any], Any]:
    return lambda comms: cast(getattr(comms, flag), Integer)


def _verification(channel: str) -> Callable[[Any], Any]:
    return lambda comms: func.coalesce(getattr(comms, f"{channel}_verification"), cast(lit("not_sent"), Text))


def _fields() -> dict[str, Any]:
    fields: dict[str, Any] = {"profile_id": (uuid.UUID, ...)}
    for flag in FLAGS:
        fields[flag] = (Annotated[bool, Sql(_effective(flag))], ...)
        fields[f"{flag}_raw"] = (Annotated[int | None, Sql(_raw(flag))], ...)
    for channel in VERIFIED:
        fields[f"{channel}_verification"] = (Annotated[Verification, Sql(_verification(channel))], ...)
    for name in ("email_consent_updated_at", "sms_consent_updated_at", "terms_accepted_at"):
        fields[name] = (datetime | None, ...)
    fields["terms_accepted_version"] = (str | None, ...)
    fields["created_at"] = (datetime, ...)
    fields["updated_at"] = (datetime, ...)
    return fields


CommsRead: type[Read] = create_model("CommsRead", __base__=Read, **_fields())


def object_of(schema: type[Read], model: Any, profile: Any) -> Any:
    """The one row that a profile has in `model` as JSON; a profile without one shows the defaults."""
    row = aliased(model)
    own = {
        "profile_id": profile.id,
        "created_at": func.coalesce(row.created_at, profile.created_at, type_=DateTime(timezone=True)),
        "updated_at": func.coalesce(row.updated_at, profile.created_at, type_=DateTime(timezone=True)),
    }
    columns = [
        func.left(cast(own[column.name], Text), lit(19)).label(column.name)
        if column.name in ("created_at", "updated_at")
        else own[column.name].label(column.name)
        if column.name in own
        else column
        for column in rendered_columns(schema, row)
    ]
    one = select(lit(1).label("one")).subquery()
    joined = one.outerjoin(row, and_(row.tenant_id == profile.tenant_id, row.profile_id == profile.id))
    inner = select(*columns).select_from(joined).correlate(profile).subquery()
    return select(func.row_to_json(inner.table_valued(), type_=JSONB)).scalar_subquery()


def comms_of(profile: Any) -> Any:
    return object_of(CommsRead, Comms, profile)
