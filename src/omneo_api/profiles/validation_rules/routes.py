"""Validation rules and their values over HTTP (profiles 17)."""

from typing import Any

from sqlalchemy import BigInteger, bindparam

from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, created, one
from omneo_api.foundation.errors import Errors, Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.fields import partial, sent
from omneo_api.foundation.operations import Routes
from omneo_api.foundation.query import Filter, Listing
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.resources import PlainResource
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.validation_rules import service
from omneo_api.profiles.validation_rules.models import ValidationRule, ValidationRuleValue
from omneo_api.profiles.validation_rules.schemas import RuleBody, RuleRead, RuleValueBody, RuleValueRead

ValueUpdate = partial(RuleValueBody)
PATH = "/profiles/validation-rules"
_CLEAR = Statement("DELETE FROM validation_rule_values WHERE rule_id = :rule::bigint")
_INSERT = Statement(
    "INSERT INTO validation_rule_values (rule_id, value, is_active) SELECT :rule::bigint, v.text, v.flag"
    " FROM unnest(:texts::text[], :flags::boolean[]) WITH ORDINALITY AS v (text, flag, place) ORDER BY v.place"
)
_VALUES = Statement("SELECT value, is_active FROM validation_rule_values WHERE rule_id = :rule::bigint ORDER BY id")
_VALUE = Statement(
    "SELECT id, rule_id, value, is_active FROM validation_rule_values"
    " WHERE rule_id = :rule::bigint AND id = :id::bigint FOR UPDATE"
)
_DELETE = Statement("DELETE FROM validation_rule_values WHERE id = :id::bigint")


class Rules(PlainResource):
    async def prepare(self, session: Any, values: dict[str, Any], current: Any | None) -> dict[str, Any]:
        def now(name: str) -> Any:
            return values.get(name, getattr(current, name, None))

        errors: Errors = {}
        if now("type") not in service.PAIRS[now("rule_type")]:
            errors["rule_type"] = [selected_is_invalid("rule_type")]
        if now("rule_type") == "regex":
            if now("pattern") is None:
                errors["pattern"] = ["The pattern field is required."]
            elif not await service.compiles(session, now("pattern")):
                errors["pattern"] = ["The pattern field format is invalid."]
        if errors:
            raise Invalid(errors)
        name = session.actor.token_name
        if current is None:
            return {"created_by": name, **values}
        return {"updated_by": name, **values} if values else values

    async def related(self, session: Any, identifier: int, values: dict[str, Any], current: Any | None) -> bool:
        """Sent values replace the rule's values."""
        if values.get("values") is None:
            return False
        wanted = [(item.value, item.is_active) for item in values["values"]]
        if current is not None:
            stored = [(row.value, row.is_active) for row in await session.rows(_VALUES, rule=identifier)]
            if wanted == stored:
                return False
            await session.execute(_CLEAR, rule=identifier)
        if wanted:
            texts, flags = [value for value, _ in wanted], [is_active for _, is_active in wanted]
            await session.execute(_INSERT, rule=identifier, texts=texts, flags=flags)
        return True


rules = Rules(
    ValidationRule,
    RuleRead,
    RuleBody,
    name="ValidationRule",
    tag="Profile validation rules",
    scope="profiles",
    path=PATH,
    scopes={"create": "update-profiles", "delete": "update-profiles"},
    listing={
        "filters": (
            "id",
            "name",
            "type",
            "rule_type",
            "applies_to",
            "pattern",
            "priority",
            "is_active",
            "effective_from",
            "effective_to",
            "created_by",
            "updated_by",
        ),
        "extra": {"values.value": Filter(path=("values", "value"))},
        "search": ("name", "pattern"),
    },
    example={
        "name": "Throwaway mail",
        "type": "email",
        "rule_type": "domain",
        "applies_to": "all",
        "values": [{"value": "trash.example", "is_active": True}],
    },
)
reader = Reader(Listing(RuleValueRead, ValidationRuleValue), owned_by="rule_id")
routes = Routes("Profile validation rules")


@routes.get(f"{PATH}/{{id}}/values", "read-profiles", envelope="list", answers=RuleValueRead)
async def browse(session: Any, call: Call, id: int) -> Answer:
    """List the values of a validation rule"""
    await rules.reader.text(session, id)
    return await reader.browse(session, call, paging="all", scope=(_of_rule,), rule=id)


def _of_rule(value: Any) -> Any:
    return value.rule_id == bindparam("rule", type_=BigInteger)


@routes.post(f"{PATH}/{{id}}/values", "update-profiles", answers=RuleValueRead, example={"value": "trash.example"})
async def create(session: Any, id: int, body: RuleValueBody) -> Answer:
    """Add a value to a validation rule"""
    await rules.locked(session, str(id))
    values = {"rule_id": id, **sent(body)}
    identifier = (await session.insert(ValidationRuleValue, values)).id
    session.outbox.audit("created", "ValidationRuleValue", identifier, None, values)
    return created(await reader.text(session, identifier))


async def _locked(session: Any, rule: int, identifier: int) -> Any:
    row = await session.row(_VALUE, rule=rule, id=identifier)
    if row is None:
        raise NotFound
    return row


@routes.put(f"{PATH}/{{id}}/values/{{value}}", "update-profiles", answers=RuleValueRead, body=ValueUpdate, example={})
async def update(session: Any, id: int, value: int, body: Any) -> Answer:
    """Change a value of a validation rule"""
    row = await _locked(session, id, value)
    changes = {name: new for name, new in sent(body).items() if new != getattr(row, name)}
    if changes:
        await session.update(ValidationRuleValue, {"id": value}, {**changes, "updated_at": session.now})
        old = {name: getattr(row, name) for name in changes}
        session.outbox.audit("updated", "ValidationRuleValue", value, old, changes)
    return one(await reader.text(session, value))


@routes.delete(f"{PATH}/{{id}}/values/{{value}}", "update-profiles", envelope="none")
async def delete(session: Any, id: int, value: int) -> Answer:
    """Delete a value of a validation rule"""
    row = await _locked(session, id, value)
    await session.execute(_DELETE, id=value)
    session.outbox.audit("deleted", "ValidationRuleValue", value, {"rule_id": id, "value": row.value})
    return NO_CONTENT
