"""Quick create (omneo-id 5): sign up a visitor, or set communication preferences, knowing an e-mail or a mobile alone.

The answer is the same whether or not the person is known: an echo of what was sent, in its normal form.
"""

from typing import Any

from psycopg.errors import UniqueViolation

from omneo_api.configuration.settings.service import allowed, setting
from omneo_api.foundation.calls import Answer, Call, data
from omneo_api.foundation.errors import Invalid, MissingScope, Unauthorized
from omneo_api.foundation.fields import parse_phone, sent
from omneo_api.foundation.limits import RateLimiter
from omneo_api.foundation.operations import Routes
from omneo_api.foundation.statements import Statement
from omneo_api.omneo_id import writable
from omneo_api.profiles.comms.service import apply
from omneo_api.profiles.profile import checking, service
from omneo_api.profiles.profile.bodies import ProfileBody
from omneo_api.profiles.profile.events import touched
from omneo_api.profiles.scope import lock_profile

PER_MINUTE = 30
_FIND = Statement(
    """
    SELECT id FROM profiles
    WHERE deleted_at IS NULL AND (email = :email::text OR mobile_phone = :mobile::text)
    ORDER BY (email = :email::text) DESC NULLS LAST LIMIT 1
    """
)


def routes() -> Routes:
    """`POST` and `PUT /profiles` of the customer API."""
    room = Routes("Omneo ID")
    limiter = RateLimiter()

    async def quick_create(session: Any, call: Call, body: ProfileBody) -> Answer:
        """Sign up, or set communication preferences, by e-mail or mobile

        A known person only gets the preferences; an unknown one is created as `incomplete` with the fields given.
        """
        if not (call.who.may("create-profiles") and call.who.may("update-profiles")):
            raise MissingScope
        for key in (("address", call.client), ("token", call.who.token_id)):
            limiter.count((call.tenant.id, *key), PER_MINUTE)
        if not await allowed(session, "id.allow.quick_create"):
            raise Unauthorized
        return data(await _sign_up(session, body))

    example = {"email": "rosa@example.com", "attributes": {"comms": {"email_promo": True}}}
    for method in ("POST", "PUT"):
        room.add(
            method, "/profiles", quick_create, None, auth="customer", trim=writable.quick, success=200, example=example
        )
    return room


async def _sign_up(session: Any, body: ProfileBody) -> dict[str, Any]:
    given = sent(body)
    if given.get("email") is None and given.get("mobile_phone") is None:
        text = "The {} field is required when {} is not present."
        raise Invalid(
            {
                "email": [text.format("email", "mobile phone")],
                "mobile_phone": [text.format("mobile phone", "email")],
            }
        )
    mobile = await _mobile(session, given.get("mobile_phone"))
    comms = sent(body.attributes.comms) if body.attributes is not None and body.attributes.comms is not None else {}
    known = await session.value(_FIND, email=given.get("email"), mobile=mobile)
    if known is None:
        try:
            async with session.savepoint():
                await _create(session, body)
        except UniqueViolation:
            known = await session.value(_FIND, email=given.get("email"), mobile=mobile)
    if known is not None:
        await lock_profile(session, known)
        if await apply(session, known, "comms", comms):
            await touched(session, known)
    return {"email": given.get("email"), "mobile_phone": mobile, "attributes": {"comms": comms}}


async def _mobile(session: Any, text: str | None) -> str | None:
    if text is None:
        return None
    number = parse_phone(text, await setting(session, "country") or "AU")
    if number is None:
        raise Invalid.field("mobile_phone", checking.not_a_phone("mobile_phone"))
    return number.e164


async def _create(session: Any, body: ProfileBody) -> None:
    """A profile with what was given; a mobile alone is enough here, and only here."""
    protected = await writable.protected_namespaces(session)
    body.custom_attributes = [
        item for item in body.custom_attributes or () if not writable.is_named(item.namespace, protected)
    ]
    checked = await checking.columns_of(session, sent(body), None, "create")
    if body.email is None:
        checked.errors.pop("email", None)
    nested = service.Parts(body)
    await nested.check(session, None, checked.errors)
    if checked.errors:
        raise Invalid(checked.errors)
    await service.insert(session, {**checked.columns, "profile_type": "incomplete"}, nested)
