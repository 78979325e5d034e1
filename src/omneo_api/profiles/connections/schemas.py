"""Shapes of connections and their kinds (profiles 18, 19, automation 3.3)."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator
from sqlalchemy import BigInteger, and_, any_, case, cast, func, literal_column, select, values
from sqlalchemy import column as named
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from omneo_api.foundation import fields
from omneo_api.foundation.fields import Body
from omneo_api.foundation.models import lit
from omneo_api.foundation.render import EMPTY_LIST, Read, Source, Sql, rendered_columns
from omneo_api.foundation.validation import wrong
from omneo_api.lists.models import ProductList
from omneo_api.profiles.connections.models import ConnectionDefinition
from omneo_api.profiles.custom_attributes.models import CustomAttribute
from omneo_api.profiles.identities.models import Identity
from omneo_api.profiles.identities.schemas import IdentityRead
from omneo_api.profiles.profile.models import Profile
from omneo_api.profiles.profile.schemas import ProfileRead, ShortProfile, attributes_of

ConnectionType = Literal[
    "brand",
    "referral",
    "dependant",
    "stylist",
    "company",
    "partner",
    "household",
    "advisor",
    "staff_join",
    "staff_preferred",
    "gift",
    "external",
    "other",
]
Status = Literal["draft", "pending", "accepted", "rejected", "hold", "archived", "break"]
ReferenceType = Literal[
    "attributes_date", "interaction", "external", "transaction", "order", "product_list", "addresses"
]
SHAREABLE = frozenset(ProfileRead.model_fields) | {"benefits", "transactions", "lists"}
BASIC = ("id", "first_name", "last_name", "email", "birth_year", "birth_month", "birth_day")


def _identities_of(profile: Any) -> Any:
    row = aliased(Identity)
    rows = select(*rendered_columns(IdentityRead, row)).where(
        row.tenant_id == profile.tenant_id, row.profile_id == profile.id
    )
    inner = rows.order_by(row.id).correlate(profile).subquery()
    return func.coalesce(select(func.json_agg(inner.table_valued())).scalar_subquery(), EMPTY_LIST)


def _custom_of(profile: Any) -> Any:
    row = aliased(CustomAttribute)
    groups = (
        select(row.namespace.label("namespace"), func.json_object_agg(row.handle, row.value).label("entries"))
        .where(row.tenant_id == profile.tenant_id, row.profile_id == profile.id)
        .group_by(row.namespace)
        .correlate(profile)
        .subquery()
    )
    merged = select(func.json_object_agg(groups.c.namespace, groups.c.entries)).scalar_subquery()
    return func.coalesce(merged, literal_column("'{}'::json"))


SHARED_PARTS = {"attributes": attributes_of, "custom_attributes": _custom_of, "identities": _identities_of}


def _party(side: str) -> Sql:
    """A party as the connection shows it: who it is, and the parts that the definition shares."""

    def expression(connection: Any) -> Any:
        profile, definition = aliased(Profile), aliased(ConnectionDefinition)
        shared = any_(definition.shareable_attributes)
        rows: list[tuple[Any, ...]] = [
            (lit(place), lit(name), literal_column("true"), func.to_json(getattr(profile, name)))
            for place, name in enumerate(BASIC)
        ]
        rows += [
            (lit(len(BASIC) + place), lit(name), lit(name) == shared, case((lit(name) == shared, part(profile))))
            for place, (name, part) in enumerate(SHARED_PARTS.items())
        ]
        keys = values(named("place"), named("name"), named("shown"), named("value"), name="party").data(rows)
        shown = (
            select(func.json_object_agg(keys.c.name, keys.c.value))
            .where(keys.c.shown)
            .correlate(profile, definition)
            .scalar_subquery()
        )
        found = select(shown).where(
            profile.tenant_id == connection.tenant_id,
            profile.id == getattr(connection, f"{side}_id"),
            definition.tenant_id == connection.tenant_id,
            definition.id == connection.definition_id,
        )
        return func.coalesce(found.correlate(connection).scalar_subquery(), literal_column("NULL::json"), type_=JSONB)

    return Sql(expression)


class Party(Read):
    id: uuid.UUID
    first_name: str | None
    last_name: str | None
    email: str | None
    birth_year: int | None
    birth_month: int | None
    birth_day: int | None


class DefinitionRead(Read):
    id: int
    name: str
    handle: str
    type: ConnectionType
    short_description: str | None
    description: str | None
    shareable_attributes: list[str]
    meta: dict[str, Any] | list[Any] | None
    icon: str | None
    icon_url: Annotated[str | None, Source("icon")]
    cover: str | None
    cover_image_url: Annotated[str | None, Source("cover")]
    internal_notes: str | None
    tenant: str | None
    start_date_global: datetime | None
    end_date_global: datetime | None
    end_date_duration: int | None
    connector_condition: Any
    connected_condition: Any
    connector_can_break: bool
    connected_can_break: bool
    is_published: bool
    is_pending: bool
    is_archived: bool
    created_at: datetime
    updated_at: datetime


_nothing = Sql(lambda _: literal_column("NULL::json", JSONB))


class ReferencedList(Read):
    id: int
    profile_id: uuid.UUID
    name: str
    handle: str
    description: str | None


def _referenced_list(connection: Any) -> Any:
    """The live list whose id the connection names as its outside reference, null for any other reference."""
    found = aliased(ProductList)
    reference = connection.external_id
    digits = and_(connection.external_id_type == lit("product_list"), reference.op("~")(lit("^[0-9]{1,18}$")))
    shown = (
        select(*rendered_columns(ReferencedList, found))
        .where(
            found.tenant_id == connection.tenant_id,
            found.id == case((digits, cast(reference, BigInteger))),
            found.deleted_at.is_(None),
        )
        .correlate(connection)
        .subquery()
    )
    return select(func.row_to_json(shown.table_valued(), type_=JSONB)).scalar_subquery()


class ConnectionRead(Read):
    id: int
    name: str | None
    description: str | None
    definition: DefinitionRead
    connector_id: uuid.UUID
    connector: Annotated[Party, _party("connector")]
    connected_id: uuid.UUID
    connected: Annotated[Party, _party("connected")]
    status: Status
    connected_at: datetime | None
    disconnected_at: datetime | None
    disconnected_by: str | None
    is_published: bool
    is_default: bool
    is_archived: bool
    is_invalid: bool
    is_primary: bool
    sort_order: int | None
    external_id: str | None
    external_id_type: ReferenceType | None
    product_list: Annotated[ReferencedList | None, Sql(_referenced_list)]
    organisation: Annotated[dict[str, Any] | None, _nothing]
    meta: dict[str, Any] | list[Any] | None
    notes: str | None
    created_at: datetime
    updated_at: datetime


class ConnectionContext(Read):
    """What subscribers of connection events see."""

    id: int
    name: str | None
    description: str | None
    definition: DefinitionRead
    connector_id: uuid.UUID
    connector: ShortProfile | None
    connected_id: uuid.UUID
    connected: ShortProfile | None
    profile_id: Annotated[uuid.UUID, Source("connector_id")]
    profile: Annotated[ShortProfile | None, Source("connector")]
    status: str
    disconnected_by: str | None
    connected_at: datetime | None
    disconnected_at: datetime | None
    is_published: bool
    is_archived: bool
    is_default: bool
    is_invalid: bool
    is_primary: bool
    sort_order: int | None
    external_id: str | None
    external_id_type: ReferenceType | None
    product_list: Annotated[ReferencedList | None, Sql(_referenced_list)]
    organisation: Annotated[dict[str, Any] | None, _nothing]
    meta: dict[str, Any] | list[Any] | None
    notes: str | None
    created_at: datetime
    updated_at: datetime


def _shareable(value: Any) -> Any:
    if isinstance(value, list) and any(name not in SHAREABLE for name in value):
        raise wrong("must name keys of a profile.")
    return value


class DefinitionBody(Body):
    name: fields.Text
    handle: fields.Handle
    type: ConnectionType = "other"
    short_description: fields.LongText | None = None
    description: fields.LongText | None = None
    shareable_attributes: Annotated[list[fields.Text], BeforeValidator(_shareable), Field(max_length=200)] = Field(
        default_factory=list
    )
    meta: fields.Meta | None = None
    icon: fields.LongText | None = None
    cover: fields.LongText | None = None
    internal_notes: fields.LongText | None = None
    tenant: fields.Text | None = None
    start_date_global: fields.DateTime | None = None
    end_date_global: fields.DateTime | None = None
    end_date_duration: Annotated[fields.Int, Field(ge=0, le=100_000)] | None = None
    connector_condition: fields.Meta | None = None
    connected_condition: fields.Meta | None = None
    connector_can_break: fields.Bool = True
    connected_can_break: fields.Bool = True
    is_published: fields.Bool = True
    is_pending: fields.Bool = False
    is_archived: fields.Bool = False

    @model_validator(mode="before")
    @classmethod
    def _both_names(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        both = dict(data)
        for name, other in (("icon", "icon_url"), ("cover", "cover_image_url")):
            if name not in both and other in both:
                both[name] = both[other]
        return both


class ConnectionChange(Body):
    name: fields.Text | None = None
    description: fields.LongText | None = None
    notes: fields.LongText | None = None
    status: Status = "accepted"
    connected_at: fields.DateTime | None = None
    disconnected_at: fields.DateTime | None = None
    disconnected_by: fields.Text | None = None
    is_published: fields.Bool = True
    is_default: fields.Bool = False
    is_archived: fields.Bool = False
    is_invalid: fields.Bool = False
    is_primary: fields.Bool = False
    sort_order: Annotated[fields.Int, Field(ge=-(2**31), le=2**31 - 1)] | None = None
    external_id: fields.Text | None = None
    external_id_type: ReferenceType | None = None
    organisation_id: fields.Int | None = None
    meta: fields.Meta | None = None


class ConnectionBody(ConnectionChange):
    connection_definition_handle: fields.Text | None = None
    connection_definition_id: Annotated[fields.Int | None, Field(validate_default=True)] = None
    connector_id: fields.Uuid
    connected_id: fields.Uuid

    @field_validator("connection_definition_id")
    @classmethod
    def _defined(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is None and info.data.get("connection_definition_handle", "") is None:
            raise wrong("is required.")
        return value
