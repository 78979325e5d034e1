"""The rate of an event: where and what was bought, as the event's context tells it (automation 6.3, commerce 11.2)."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson

from omneo_api.automation.actions.types import ActionFailed, Step
from omneo_api.commerce.products import articles
from omneo_api.commerce.rates import service
from omneo_api.commerce.rates.service import Estimate, Facts
from omneo_api.foundation import fields
from omneo_api.profiles.profile.events import state_of

PRIORITIES = (None, "product", "profile")


class _Multiplier(fields.Body):
    rate: fields.Money | None = None


def asked(step: Step) -> bool:
    """Whether the action's value is a base that a rate multiplies."""
    return bool(step.arguments.get("check_rate")) or step.given("rate")


def multiplier(step: Step, found: Estimate | None) -> Decimal:
    """The chosen rate, else the argument `rate`, else 1. Raises: Invalid for a `rate` that is no number."""
    if found is not None:
        return found.rate
    given = fields.validate(_Multiplier, {"rate": step.arguments.get("rate")}).rate
    return Decimal(1) if given is None else given


async def chosen(step: Step, handle: str) -> Estimate | None:
    """The rate of a definition's handle for the event of a step, which only `check_rate` asks for.

    Raises: ActionFailed for an unknown `rate_priority`.
    """
    if not step.arguments.get("check_rate"):
        return None
    prefer = step.arguments.get("rate_priority")
    if prefer not in PRIORITIES:
        raise ActionFailed("The selected rate_priority is invalid.")
    context, scope = step.scope.context, step.scope
    profile = await _profile(step)
    facts = await _facts(step.session, context, profile)
    return await service.estimate(
        step.session, handle, facts, profile=profile, product=context, lookup=scope.lookup, prefer=prefer
    )


async def _profile(step: Step) -> Mapping[str, Any]:
    """The event's profile; where the event has its short form, the profile as it is now."""
    held = step.scope.context if step.scope.family == "profile" else step.scope.context.get("profile")
    if isinstance(held, Mapping) and "attributes" in held:
        return held
    identifier = step.scope.profile_id
    if identifier is None:
        return {}
    found: Mapping[str, Any] = orjson.loads(await state_of(step.session, identifier) or "{}")
    return found


async def _facts(session: Any, context: Mapping[str, Any], profile: Mapping[str, Any]) -> Facts:
    sale = next(
        (found for name in ("transaction", "order") if isinstance(found := context.get(name), Mapping)), context
    )
    line = dict(context)
    if isinstance(line.get("product_id"), int):
        described = await articles.product(session, line["product_id"])
        line["product"] = orjson.loads(described)["product"] if described else line.get("product")
    facts = Facts(articles.codes_of(line))
    place = sale.get("location_id") or _id_of(sale.get("location"))
    if isinstance(place, int):
        facts = await service.located(session, facts, place)
    return _at_home(facts, profile)


def _id_of(place: Any) -> Any:
    return place.get("id") if isinstance(place, Mapping) else None


def _at_home(facts: Facts, profile: Mapping[str, Any]) -> Facts:
    """A purchase whose place is not known is made in the region of the customer."""
    region = profile.get("region")
    if facts.region_id is not None or facts.country is not None or not isinstance(region, Mapping):
        return facts
    return replace(facts, region_id=region.get("id"))
