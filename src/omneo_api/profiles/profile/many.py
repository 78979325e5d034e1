"""Rows of a batch of profiles applied together: what is plain among them in a handful of statements (profiles 3.2).

A plain row is a new person with columns, identities, tags and comms, or a known one of whom it says nothing new. It
gets what `create` and `change` do for it alone, from the same functions; every other row is left to them, in a
savepoint of its own between the plain ones, so that rows are applied in the order sent. Rows that share a key are never
looked up together: the second one finds what the first one made.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, text

from omneo_api.configuration.settings.service import setting
from omneo_api.configuration.tags import register_tags
from omneo_api.foundation.errors import ApiError, Invalid
from omneo_api.foundation.fields import parse_phone, sent, validate
from omneo_api.foundation.statements import DIALECT, Statement, json_text
from omneo_api.incentives import hooks
from omneo_api.platform.batches.service import Result
from omneo_api.profiles.comms import service as comms
from omneo_api.profiles.comms.models import VERIFIED, Comms
from omneo_api.profiles.identities import service as identities
from omneo_api.profiles.profile import checking, service, sync
from omneo_api.profiles.profile.bodies import ProfileBody
from omneo_api.profiles.profile.checking import Checked
from omneo_api.profiles.profile.models import Profile
from omneo_api.profiles.validation_rules import service as rules

MOST = 200
FEWEST = 8
CONTEXT = "import"
PLAIN = frozenset(
    {
        *("email", "mobile_phone", "secondary_phone", "first_name", "last_name", "profile_type", "joined_at"),
        *(*checking.TEXTS, *checking.BIRTH, "currency", "tags", "identities", "attributes", "comms_attributes"),
    }
)

_HOLDERS = Statement(
    """
    SELECT 'email' AS key, email AS value, id FROM profiles
    WHERE email = ANY (:emails::text[]) AND deleted_at IS NULL
    UNION ALL
    SELECT 'mobile_phone', mobile_phone, id FROM profiles
    WHERE mobile_phone = ANY (:mobiles::text[]) AND deleted_at IS NULL
    """
)
_LOCK = Statement(
    lambda: (
        select(*Profile.__table__.c)
        .where(text("profiles.id = ANY (CAST(:ids AS uuid[]))"), Profile.deleted_at.is_(None))
        .order_by(Profile.id)
        .with_for_update()
    )
)
_IDENTITIES = Statement("SELECT id, is_primary, is_active, identifier FROM identities WHERE id = ANY (:ids::bigint[])")
_STORE = Statement(
    """
    WITH person AS MATERIALIZED (
        SELECT sent.* FROM jsonb_to_recordset(:people::jsonb) AS sent (
            place int, id uuid, created_by text, title text, first_name text, last_name text, email text, gender text,
            currency text, joined_at timestamptz, mobile_phone text, mobile_phone_country int,
            mobile_phone_national text, mobile_phone_national_prefix text, secondary_phone text, birth_year smallint,
            birth_month smallint, birth_day smallint, company text, occupation text, avatar_url text,
            profile_type text, tags text[], identities jsonb)
    ), made AS (
        INSERT INTO profiles (
            id, created_by, title, first_name, last_name, email, gender, currency, joined_at, mobile_phone,
            mobile_phone_country, mobile_phone_national, mobile_phone_national_prefix, secondary_phone, birth_year,
            birth_month, birth_day, company, occupation, avatar_url, profile_type, tags)
        SELECT id, created_by, title, first_name, last_name, email, gender, currency,
               coalesce(joined_at, omneo_now()), mobile_phone, mobile_phone_country, mobile_phone_national,
               mobile_phone_national_prefix, secondary_phone, birth_year, birth_month, birth_day, company, occupation,
               avatar_url, coalesce(profile_type, 'active'), coalesce(tags, '{}')
        FROM person ORDER BY place
    ), held AS MATERIALIZED (
        SELECT nextval('identities_id_seq') AS id, person.id AS profile_id, one.*
        FROM person, jsonb_to_recordset(person.identities) AS one (
            handle text, identifier text, is_primary boolean, is_active boolean)
    ), written AS (
        INSERT INTO identities (id, profile_id, handle, identifier, is_primary, is_active)
        SELECT id, profile_id, handle, identifier, coalesce(is_primary, false), coalesce(is_active, true) FROM held
    )
    SELECT id FROM held ORDER BY id
    """
)


def _comms() -> Any:
    """Comms of many profiles: what a row does not say has the column's own default."""
    names = [column.key for column in Comms.__table__.c if column.key not in ("tenant_id", "created_at", "updated_at")]
    kinds = ", ".join(f"{name} {Comms.__table__.c[name].type.compile(dialect=DIALECT)}" for name in names)
    values = ", ".join(
        f"coalesce({name}, 'not_sent')" if name in [f"{one}_verification" for one in VERIFIED] else name
        for name in names
    )
    return text(
        f"INSERT INTO profile_comms ({', '.join(names)}) SELECT {values}"
        f" FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS sent ({kinds})"
    )


_STORE_COMMS = Statement(_comms)


@dataclass(slots=True)
class _Row:
    """A row that may be plain, and what was found out about it."""

    place: int
    body: ProfileBody
    given: dict[str, Any]
    pairs: list[tuple[str, str]]
    mobile: str | None
    taken: dict[int, Any] = field(default_factory=dict)
    known: uuid.UUID | None = None
    current: Any = None
    checked: Checked = field(default_factory=Checked)

    @property
    def tags(self) -> list[str]:
        return list(dict.fromkeys(str(tag) for tag in self.body.tags or () if tag))

    @property
    def comms(self) -> dict[str, Any]:
        return service.merged(self.body, "comms")


async def apply(session: Any, rows: Sequence[dict[str, Any]], criteria: str) -> list[Result]:
    """Applies rows in their order; answers a result for each of them."""
    results: list[Result] = []
    size = MOST
    while len(results) < len(rows):
        waiting = rows[len(results) : len(results) + size]
        done = await _plain(session, waiting, criteria)
        results += done
        if len(done) == len(waiting):
            size = min(2 * size, MOST)
            continue
        if not done:
            results.append(await _alone(session, waiting[0], criteria))
            size = max(FEWEST, size // 2)
    return results


async def _alone(session: Any, row: dict[str, Any], criteria: str) -> Result:
    """One row as a single call does it, told before the next one."""
    try:
        async with session.savepoint():
            profile_id, _ = await sync.matched(session, validate(ProfileBody, row), criteria)
    except ApiError as fault:
        sync.forget(session)
        return fault
    await session.outbox.flush(session)
    return profile_id, None


async def _plain(session: Any, rows: Sequence[dict[str, Any]], criteria: str) -> list[Result]:
    """Applies the first rows, as far as they are plain and share no key; answers their results."""
    results: dict[int, Result] = {}
    found, end = await _read(session, rows, criteria, results)
    holders = await _look_up(session, found, criteria)
    end = min(end, _second_of_one(found))
    found = [row for row in found if row.place < end]
    await _check(session, found, holders)
    stored = await _stored_identities(session, found)
    new = []
    for row in found:
        if row.checked.errors:
            results[row.place] = Invalid(row.checked.errors)
        elif row.known is None:
            new.append(row)
        elif _says_nothing_new(row, stored):
            results[row.place] = row.known, None
        else:
            end = row.place
            break
    for row, profile_id in zip(new, await _record(session, new), strict=True):
        results[row.place] = profile_id, None
    return [results[place] for place in range(end)]


async def _read(
    session: Any, rows: Sequence[dict[str, Any]], criteria: str, results: dict[int, Result]
) -> tuple[list[_Row], int]:
    """The first rows that may be plain, and where they end; what is wrong with the others goes to the results."""
    country = await setting(session, "country") or "AU"
    seen: set[tuple[str, ...]] = set()
    found: list[_Row] = []
    for place, sent_row in enumerate(rows):
        try:
            body = validate(ProfileBody, sent_row)
        except Invalid as fault:
            results[place] = fault
            continue
        given = sent(body)
        if not _may_be_plain(body, given):
            return found, place
        number = parse_phone(body.mobile_phone, country) if body.mobile_phone is not None else None
        row = _Row(
            place,
            body,
            given,
            [(item.handle, item.identifier) for item in body.identities or ()],
            number.e164 if number is not None else None,
        )
        keys = _keys(row)
        if not seen.isdisjoint(keys):
            return found, place
        seen |= keys
        try:
            sync.wanted(body, criteria)
        except Invalid as fault:
            results[place] = fault
        else:
            found.append(row)
    return found, len(rows)


def _may_be_plain(body: ProfileBody, given: Mapping[str, Any]) -> bool:
    if not PLAIN.issuperset(given):
        return False
    items, attributes = body.identities or (), body.attributes
    return (
        not any(isinstance(tag, int) for tag in body.tags or ())
        and not any(item.id is not None for item in items)
        and sum(item.is_primary for item in items) < 2
        and (attributes is None or (attributes.appearance is None and attributes.dates is None))
    )


def _keys(row: _Row) -> set[tuple[str, ...]]:
    keys: set[tuple[str, ...]] = {("identity", handle.lower(), one.lower()) for handle, one in row.pairs}
    if row.body.email is not None:
        keys.add(("email", row.body.email))
    if row.mobile is not None:
        keys.add(("mobile_phone", row.mobile))
    return keys


async def _look_up(session: Any, rows: Sequence[_Row], criteria: str) -> dict[tuple[str, str], uuid.UUID]:
    """Finds whom each row means and locks them; answers who has which e-mail and mobile."""
    pairs = [(row, place, pair) for row in rows for place, pair in enumerate(row.pairs)]
    for number, owner in (await identities.owners(session, [pair for _, _, pair in pairs])).items():
        row, place, _ = pairs[number]
        row.taken[place] = owner
    emails = [row.body.email for row in rows if row.body.email is not None]
    mobiles = [row.mobile for row in rows if row.mobile is not None]
    holders = {}
    if emails or mobiles:
        found = await session.rows(_HOLDERS, emails=emails, mobiles=mobiles)
        holders = {(one.key, one.value): one.id for one in found}
    for row in rows:
        by = sync.wanted(row.body, criteria)
        if by is None:
            row.known = holders.get(("email", str(row.body.email)))
        elif by in row.taken:
            row.known = row.taken[by].profile_id
    known = [row.known for row in rows if row.known is not None]
    locked = {one.id: one for one in await session.rows(_LOCK, ids=known)} if known else {}
    for row in rows:
        row.current = locked.get(row.known)
    return holders


def _second_of_one(rows: Sequence[_Row]) -> int:
    """The place of the first row of a person whom a row before it means too, or who is gone by now."""
    seen = set()
    for row in rows:
        if row.known is None:
            continue
        if row.known in seen or row.current is None:
            return row.place
        seen.add(row.known)
    return MOST


async def _check(session: Any, rows: Sequence[_Row], holders: Mapping[tuple[str, str], uuid.UUID]) -> None:
    for row in rows:
        row.checked = await checking.columns_alone(session, row.given, row.current)
        asked = checking.keys_asked(row.checked.columns, row.current)
        found = {key: holders.get((key, value)) for key, value in asked.items()}
        others = {key: None if holder == row.known else holder for key, holder in found.items()}
        await checking.clashes(session, others, row.checked)
    ruled = [checking.ruled(row.checked.columns, row.given, row.current) for row in rows]
    await rules.foresee(session, CONTEXT, ruled)
    for row, values in zip(rows, ruled, strict=True):
        errors = row.checked.errors
        await rules.check(session, CONTEXT, values, errors)
        identities.note_clashes(row.body.identities or (), row.taken, row.known, set(), "identities", errors)


async def _stored_identities(session: Any, rows: Sequence[_Row]) -> dict[int, Any]:
    ids = [owner.id for row in rows if row.known is not None for owner in row.taken.values()]
    return {one.id: one for one in await session.rows(_IDENTITIES, ids=ids)} if ids else {}


def _says_nothing_new(row: _Row, stored: Mapping[int, Any]) -> bool:
    if row.comms or service.differing(row.checked.columns, row.current):
        return False
    if row.body.tags is not None and row.tags != list(row.current.tags):
        return False
    items = row.body.identities or ()
    return len(row.taken) == len(items) and all(
        value == getattr(stored[row.taken[place].id], name)
        for place, item in enumerate(items)
        for name, value in sent(item).items()
        if name in ("identifier", "is_active", "is_primary")
    )


async def _record(session: Any, rows: Sequence[_Row]) -> list[uuid.UUID]:
    """Stores new people with what they bring, tells of them, and answers their ids."""
    if not rows:
        return []
    tags = [tag for row in rows for tag in row.tags]
    if tags:
        await register_tags(session, list(dict.fromkeys(tags)))
    made = [service.begun(session, row.checked.columns | ({"tags": row.tags} if row.body.tags else {})) for row in rows]
    held = [[sent(item) for item in row.body.identities or ()] for row in rows]
    people = [
        {"place": place, **columns, "identities": items}
        for place, (columns, items) in enumerate(zip(made, held, strict=True))
    ]
    ids = iter(await session.rows(_STORE, people=json_text(people).decode()))
    decided = [comms.differing(None, row.comms) for row in rows]
    said = [{"profile_id": one["id"], **changes} for one, changes in zip(made, decided, strict=True) if changes]
    if said:
        await session.execute(_STORE_COMMS, rows=json_text(said).decode())
    for columns, items, changes in zip(made, held, decided, strict=True):
        profile_id = columns["id"]
        for item in items:
            item.pop("id", None)
            identities.tell_added(session, next(ids).id, {"profile_id": profile_id, **item})
        if changes:
            comms.tell(session, profile_id, "comms", None, changes)
        service.tell_created(session, columns)
    await hooks.on_profiles_made(session, [(columns["id"], columns.get("email")) for columns in made])
    await session.outbox.flush(session)
    return [columns["id"] for columns in made]
