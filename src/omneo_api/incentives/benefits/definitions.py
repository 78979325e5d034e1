"""Templates of benefits: `/benefits/definitions` (incentives-status 8)."""

from typing import Any

from sqlalchemy import bindparam, select

from omneo_api.commerce.allocations.service import has_codes, pool_of
from omneo_api.foundation.fields import partial
from omneo_api.foundation.query import Filter
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.benefits.models import BenefitDefinition
from omneo_api.incentives.benefits.schemas import BenefitDefinitionBody, BenefitDefinitionRead
from omneo_api.incentives.inputs import Definitions, Handle


class BenefitDefinitions(Definitions):
    targets = ("issue_target_id", "remind_target_id", "extend_target_id")

    async def clone(self, session: Any, original: Any, overrides: dict[str, Any]) -> int:
        """Copies what can be set of a definition, with other values where they are sent; answers the copy's id.

        Counters begin anew. Raises: Invalid.
        """
        kept = {name: getattr(original, name) for name in BenefitDefinitionBody.model_fields if name in self.columns}
        return await self.insert(session, {**kept, **overrides})


class CloneBody(partial(BenefitDefinitionBody)):  # type: ignore[misc]
    """A new handle, and whatever else the copy shall have different."""

    handle: Handle


RULES = ("meta", "claim_condition", "claim_timeframe", "view_condition", "visibility_condition")
EXAMPLE = {"name": "Free alterations", "handle": "free-alterations", "type": "gift", "period": 365}
benefit_definitions = BenefitDefinitions(
    BenefitDefinition,
    BenefitDefinitionRead,
    BenefitDefinitionBody,
    name="BenefitDefinition",
    tag="Benefit definitions",
    scope="benefit-definitions",
    path="/benefits/definitions",
    aliases=("/benefit-definitions",),
    fixed=("handle",),
    event="benefit-definition",
    emits=("created", "updated", "deleted"),
    listing={
        "search": ("name", "handle"),
        "extra": {
            "id": Filter(path=("id",)),
            "tags": Filter(path=("tags", "handle")),
            "tags.handle": Filter(path=("tags", "handle")),
            **{name: Filter(path=(name,)) for name in RULES},
        },
    },
    example=EXAMPLE,
)


def _definition(*where: Any) -> Any:
    codes = has_codes("benefit_definition", BenefitDefinition).label("has_codes")
    return select(*BenefitDefinition.__table__.c, codes).where(*where)


_ANY_BY_ID = Statement(lambda: _definition(BenefitDefinition.id == bindparam("id")))
_BY_ID = Statement(lambda: _definition(BenefitDefinition.id == bindparam("id"), BenefitDefinition.deleted_at.is_(None)))
_BY_HANDLE = Statement(
    lambda: _definition(BenefitDefinition.handle_key == bindparam("handle"), BenefitDefinition.deleted_at.is_(None))
)


async def find_definition(session: Any, reference: int | str, *, live: bool = True) -> Any | None:
    """A definition's row by id or handle, with `has_codes`: whether its pool has a code to give."""
    if isinstance(reference, int):
        return await session.row(_BY_ID if live else _ANY_BY_ID, id=reference)
    return await session.row(_BY_HANDLE, handle=reference.lower())


async def named_definition(session: Any, word: str) -> Any | None:
    """The live definition that a word names: digits are an id first, then a handle."""
    found = None
    if word.isascii() and word.isdigit() and len(word) < 19:
        found = await find_definition(session, int(word))
    if found is None and "\x00" not in word:
        found = await find_definition(session, word)
    return found


pool_of("benefit_definition", find_definition)
