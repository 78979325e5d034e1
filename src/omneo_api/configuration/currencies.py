"""Currencies: exchange rates between pairs of codes (commerce 11.1). The tenant's own pair is a system row."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, create_model
from sqlalchemy import Boolean, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation import fields
from omneo_api.foundation.errors import Invalid
from omneo_api.foundation.models import Resource, unique
from omneo_api.foundation.render import Read, Source
from omneo_api.foundation.resources import PlainResource


class Currency(Resource):
    __tablename__ = "currencies"
    __table_args__ = (unique("from_code", "to_code", field="from"),)

    from_code: Mapped[str]
    to_code: Mapped[str]
    rate: Mapped[Decimal] = mapped_column(Numeric(34, 20))
    is_system: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))


# `from` is a word of the language, so these two are made by name.
_SHOWN: dict[str, Any] = {
    "id": (int, ...),
    "from": (Annotated[str, Source("from_code")], ...),
    "to": (Annotated[str, Source("to_code")], ...),
    "rate": (Decimal, ...),
    "is_system": (bool, ...),
    "created_at": (datetime, ...),
    "updated_at": (datetime, ...),
}
_TAKEN: dict[str, Any] = {
    "from": (fields.Text, ...),
    "to": (fields.Text, ...),
    "rate": (Annotated[fields.Number, Field(gt=0)], ...),
}
CurrencyRead = create_model("CurrencyRead", __base__=Read, **_SHOWN)
CurrencyBody = create_model("CurrencyBody", __base__=fields.Body, **_TAKEN)
CODES = {"from": "from_code", "to": "to_code"}


class Currencies(PlainResource):
    """Codes are upper case, as sales look them up. Those of a system row are fixed and it stays; its rate may move."""

    async def prepare(self, session: Any, values: dict[str, Any], current: Any | None) -> dict[str, Any]:
        values |= {name: values[name].upper() for name in CODES if name in values}
        if current is not None and current.is_system:
            moved = [
                name for name, column in CODES.items() if name in values and values[name] != getattr(current, column)
            ]
            if moved:
                raise Invalid({name: [f"The {name} field of a system currency cannot be changed."] for name in moved})
        return {CODES.get(name, name): value for name, value in values.items()}

    async def before_delete(self, session: Any, current: Any) -> None:
        if current.is_system:
            raise Invalid.field("currency", "A system currency cannot be deleted.")


currencies = Currencies(
    Currency,
    CurrencyRead,
    CurrencyBody,
    name="Currency",
    tag="Currencies",
    scope="currencies",
    path="/currencies",
    listing={"filters": ("from", "to", "rate", "is_system"), "search": ("from_code", "to_code")},
    example={"from": "NZD", "to": "AUD", "rate": 0.92},
)
