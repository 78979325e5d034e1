"""What a line of a statement or an item of a redemption is about, shown in full (`type_attributes`).

Each kind is registered by its room, so this domain shows transactions, orders and benefits without knowing them.
"""

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import aliased

from omneo_api.foundation.models import lit
from omneo_api.foundation.render import Read, rendered_columns
from omneo_api.incentives.credits.models import Credit
from omneo_api.incentives.credits.schemas import CreditRead
from omneo_api.incentives.points.models import Point
from omneo_api.incentives.points.schemas import PointRead
from omneo_api.incentives.rewards.models import Reward
from omneo_api.incentives.rewards.schemas import RewardRead

Known = Callable[[], tuple[type[Read], Any]]
SUBJECTS: dict[str, Known] = {
    "reward": lambda: (RewardRead, Reward),
    "point": lambda: (PointRead, Point),
    "credit": lambda: (CreditRead, Credit),
}


def show_subject(kind: str, known: Known) -> None:
    """Tells how subjects of a kind are shown: a function that answers Read schema and model (with an `id`)."""
    SUBJECTS[kind] = known


def subject_json(kind: Any, identifier: Any, entity: Any, only: Collection[str] | None = None) -> Any:
    """The subject as an object in its present state, deleted or not; null when its kind is unknown here.

    `only` are the kinds that are possible: a sale shows its redemption's items, so no item may be about a sale.
    """
    branches = []
    for name, known in SUBJECTS.items():
        if only is not None and name not in only:
            continue
        schema, model = known()
        subject = aliased(model)
        rows = select(*rendered_columns(schema, subject)).select_from(subject)
        told = rows.where(subject.id == identifier).correlate(entity).subquery()
        branches.append((kind == lit(name), select(func.row_to_json(told.table_valued())).scalar_subquery()))
    return case(*branches, else_=None).cast(JSON)
