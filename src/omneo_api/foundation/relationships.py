"""Relationships as the renderer reads them: never loaded by access, never written through, always within one tenant."""

from typing import Any

from sqlalchemy.orm import relationship


def single(target: str, *, on: str | None = None, where: str | None = None) -> Any:
    """The one row of a model, named, that belongs to a row.

    on: the columns that meet, the row's own first (`RecordedTransaction.staff_id == Profile.id`), where no foreign key
    says it. where: what else must hold of the target.
    """
    return relationship(target, lazy="raise", viewonly=True, uselist=False, primaryjoin=_joined(on, where))


def several(target: str, *, on: str | None = None, where: str | None = None, order_by: str | None = None) -> Any:
    """The rows of a model that belong to a row, by default in the order in which they were made."""
    order = order_by or f"{target}.id"
    return relationship(
        target, lazy="raise", viewonly=True, uselist=True, order_by=order, primaryjoin=_joined(on, where)
    )


def _joined(on: str | None, where: str | None) -> str | None:
    if on is None:
        return None
    own, other = on.split(" == ")
    tenants = f"{own.split('.')[0]}.tenant_id == foreign({other.split('.')[0]}.tenant_id)"
    conditions = (tenants, f"{own} == foreign({other})", *([where] if where else []))
    return f"and_({', '.join(conditions)})"
