"""Many profiles, identities or interactions at once, in the background (profiles 3.2, 4)."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from omneo_api.foundation import fields
from omneo_api.foundation.calls import Answer, Call
from omneo_api.foundation.errors import Errors, Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.fields import Body, partial, validate
from omneo_api.foundation.operations import Routes
from omneo_api.platform.batches.service import Applied, BatchRun, Result, batch_body, processor, queue, queued_data
from omneo_api.profiles.identities import service as identities
from omneo_api.profiles.interactions import service as interactions
from omneo_api.profiles.interactions.schemas import InteractionCreate
from omneo_api.profiles.profile import many, sync
from omneo_api.profiles.profile.bodies import IdentityBody, ProfileBody
from omneo_api.profiles.profile.events import touched
from omneo_api.profiles.scope import lock_profile

ProfileRow = partial(ProfileBody)
routes = Routes("Profiles")


class Criteria(Body):
    match_criteria: fields.Text


class IdentityRow(Body):
    profile_id: fields.Uuid
    identifier: fields.Text
    is_active: fields.Bool = True
    is_primary: fields.Bool = False


class IdentityRows(Body):
    handle: fields.Text
    identities: Annotated[list[IdentityRow], Field(min_length=1, max_length=1000)]


def _together(*checks: Any) -> list[Any]:
    """Runs checks and raises what all of them found. Raises: Invalid."""
    errors: Errors = {}
    found = []
    for check in checks:
        try:
            found.append(check())
        except Invalid as fault:
            errors |= fault.errors
    if errors:
        raise Invalid(errors)
    return found


@routes.post(
    "/profiles/batch",
    "create-profiles",
    success=200,
    envelope="message",
    aliases=("/profiles/batch.json",),
    example={"match_criteria": "email", "profiles": [{"email": "ines@example.com", "first_name": "Ines"}]},
)
async def queue_profiles(session: Any, call: Call) -> Answer:
    """Queue that profiles are created or updated

    `match_criteria` is `email`, or the handle of the identity that each profile brings.
    """
    criteria, checked = _together(
        lambda: validate(Criteria, call.body), lambda: batch_body(call.body, "profiles", ProfileRow)
    )
    context = {"match_criteria": criteria.match_criteria}
    identifier = await queue(session, "profile", checked.rows, checked.import_job_id, context)
    return queued_data(identifier, 200, "Profiles queued for batch import.")


@routes.post(
    "/identities/batch",
    "update-profiles",
    success=200,
    envelope="message",
    example={
        "handle": "loyalty-card",
        "identities": [{"profile_id": "3f0c6f0e-7b1d-4b61-9f53-0f6a2a4f9c10", "identifier": "CARD-77120"}],
    },
)
async def queue_identities(session: Any, call: Call) -> Answer:
    """Queue that identities of one handle are added to profiles"""
    checked = validate(IdentityRows, call.body)
    rows = [{**row, "handle": checked.handle} for row in call.body["identities"]]
    return queued_data(await queue(session, "identity", rows), 200, "Identities queued for batch import.")


def _criteria(batch: BatchRun) -> str:
    return str(batch.context.get("match_criteria", "email"))


async def _profiles(session: Any, rows: Sequence[dict[str, Any]], batch: BatchRun) -> Sequence[Result]:
    return await many.apply(session, rows, _criteria(batch))


@processor("profile", most=many.MOST, together=_profiles)
async def apply_profile(session: Any, row: dict[str, Any], batch: BatchRun) -> Applied:
    profile_id, _ = await sync.matched(session, validate(ProfileBody, row), _criteria(batch))
    return profile_id, None


@processor("identity")
async def apply_identity(session: Any, row: dict[str, Any], _batch: BatchRun) -> Applied:
    """Adds an identity, or changes the flags of one that the profile has."""
    item = validate(IdentityRow, row)
    try:
        await lock_profile(session, item.profile_id)
    except NotFound:
        raise Invalid.field("profile_id", selected_is_invalid("profile_id")) from None
    body = IdentityBody(
        **{name: row[name] for name in ("handle", "identifier", "is_active", "is_primary") if name in row}
    )
    taken = (await identities.owners(session, [(body.handle, body.identifier)])).get(0)
    if taken is not None and taken.profile_id != item.profile_id:
        raise Invalid.field("identifier", identities.EXISTS)
    if taken is None:
        identifier = await identities.add(session, item.profile_id, body.model_dump(exclude_unset=True))
        changed = True
    else:
        identifier = taken.id
        stored = await identities.by_id(session, item.profile_id, identifier)
        changed = await identities.change(session, stored, body.model_dump(exclude_unset=True))
    if changed:
        await touched(session, item.profile_id)
    return identifier, None


@processor("interaction")
async def apply_interaction(session: Any, row: dict[str, Any], _batch: BatchRun) -> Applied:
    return await interactions.create(session, validate(InteractionCreate, row)), None
