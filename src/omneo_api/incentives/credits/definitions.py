"""Templates of credits: `/credits/definitions` (incentives-value 7)."""

from typing import Any

from omneo_api.incentives.credits.models import CreditDefinition
from omneo_api.incentives.credits.schemas import CreditDefinitionBody, CreditDefinitionRead
from omneo_api.incentives.inputs import Definitions
from omneo_api.platform.custom_fields import service as custom_fields


class CreditDefinitions(Definitions):
    absolute = (("period_type", "absolute_expiry"), ("release_period_type", "release_period_absolute_expiry"))
    targets = ("issue_target_id", "expiry_target_id", "release_target_id", "remind_target_id", "extend_target_id")

    async def related(self, session: Any, identifier: int, values: dict[str, Any], current: Any | None) -> bool:
        return await custom_fields.keep(session, "credit_definition", identifier, values.get("custom_fields") or [])

    async def before_delete(self, session: Any, current: Any) -> None:
        await custom_fields.drop(session, "credit_definition", current.id)

    async def touched(self, session: Any, identifier: int) -> None:
        """Notes that a definition's fields were changed past it."""
        await session.update(CreditDefinition, {"id": identifier}, {"updated_at": session.now})

    def check(self, values: dict[str, Any], current: Any | None, errors: dict[str, list[str]]) -> None:
        """Ranges of numbers: both ends for sequential ones, the end not before the start, the length long enough."""
        prefix = "credit_number_range_"
        kind, start, end = (
            values.get(prefix + part, getattr(current, prefix + part, None)) for part in ("type", "start", "end")
        )
        length = values.get("credit_number_length", getattr(current, "credit_number_length", None))
        if kind == "sequential":
            for part, held in (("start", start), ("end", end)):
                if held is None:
                    errors[prefix + part] = [f"The credit number range {part} field is required."]
        if start is not None and end is not None and int(end) < int(start):
            errors[prefix + "end"] = ["The credit number range end field must be at least credit number range start."]
        if end is not None and length is not None and kind in ("sequential", "random") and len(str(int(end))) > length:
            errors["credit_number_length"] = [f"The credit number length field must be at least {len(str(int(end)))}."]


credit_definitions = CreditDefinitions(
    CreditDefinition,
    CreditDefinitionRead,
    CreditDefinitionBody,
    name="CreditDefinition",
    tag="Credit definitions",
    scope="reward-definitions",
    path="/credits/definitions",
    aliases=("/credit-definitions",),
    fixed=("handle",),
    listing={"search": ("name", "handle"), "custom_field": "custom_fields"},
    example={"name": "Gift card", "handle": "gift-card", "type": "gift_card", "value": 50},
)
