"""Rows of a batch applied together: what is plain among them in a handful of statements (commerce 12).

A plain row is a new purchase that makes nothing but itself, or one that is recorded already and says nothing new. It
gets what `upsert` does for it alone, in the same order, from the same functions; every other row is left to `upsert`
and ends the group, so that rows are applied in the order sent. Rows of one customer are never together, so that each
sees and tells what the row before it led to.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omneo_api.commerce.claims import links as claims
from omneo_api.commerce.transactions import effects, facts, finishing, service
from omneo_api.commerce.transactions.bodies import ANNOTATIONS, NewTransaction, TransactionFields, told
from omneo_api.commerce.transactions.facts import compared
from omneo_api.commerce.transactions.recording import record_many
from omneo_api.commerce.transactions.resolution import Outlook, Resolved, lock_owners, look_many, slots_of
from omneo_api.foundation.errors import Invalid
from omneo_api.foundation.fields import validate
from omneo_api.foundation.statements import Statement
from omneo_api.platform.batches.service import Alone, Result

MOST = 200
SPECIAL = ("id", "redemption_id", "order_id", "external_order_id", "organisation_id", "custom_fields", "is_void")

_ONE_AT_A_TIME = Statement(
    """
    SELECT pg_advisory_xact_lock(key) FROM (
        SELECT DISTINCT hashtextextended(lower(external_id), omneo_tenant()) AS key
        FROM unnest(:external_ids::text[]) AS external_id ORDER BY key
    ) AS keys
    """
)
_HOLDERS = Statement(
    """
    SELECT r.place, (
        SELECT x.transaction_id FROM transaction_external_refs x WHERE x.external_id_key = lower(r.external_id)
        ORDER BY (x.system = ANY (string_to_array(r.slots, chr(31)))) DESC, x.transaction_id DESC LIMIT 1) AS id
    FROM unnest(:external_ids::text[], :slots::text[]) WITH ORDINALITY AS r (external_id, slots, place)
    WHERE r.external_id IS NOT NULL
    """
)
_STATES = Statement("SELECT * FROM transaction_states WHERE transaction_id = ANY (:ids::bigint[])")
_HEADERS = Statement(facts.HEADER_OF.format("= ANY (:ids::bigint[])"))
_LINES = Statement(facts.LINES_OF.format("= ANY (:ids::bigint[])"))

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that may be plain: its place, what it says, and what it refers to."""

    place: int
    values: Values
    found: Resolved
    outlook: Outlook


async def apply(session: Any, rows: Sequence[Mapping[str, Any]]) -> list[Result]:
    """Applies as many of the first rows as can be together; answers a result for each of them.

    They belong to different customers, and all but the last are plain.
    """
    results: list[Result] = []
    plain: dict[int, Values] = {}
    seen: set[Any] = set()
    for place, row in enumerate(rows):
        values, result = _read(row)
        names = _names(row)
        if not seen.isdisjoint(names):
            break
        seen |= names
        results.append(result)
        if values is not None:
            plain[place] = values
        elif isinstance(result, Alone):
            break
    await _together(session, plain, results)
    return results


def _read(row: Mapping[str, Any]) -> tuple[Values | None, Result]:
    """A row that may be plain, or the result of one that is not."""
    try:
        values = told(validate(NewTransaction, row))
    except Invalid:
        try:
            validate(TransactionFields, row)
        except Invalid as fault:
            return None, fault
        return None, Alone()
    if any(values.get(name) not in (None, []) for name in SPECIAL):
        return None, Alone()
    if any(not isinstance(name, str) for key in ("systems", "tags") for name in values.get(key) or ()):
        return None, Alone()
    if any(line.get("product_variant") is not None for line in values.get("items") or ()):
        return None, Alone()
    return values, None


def _names(row: Mapping[str, Any]) -> set[Any]:
    """What rows that are applied together must not have in common: their customer and their external id."""
    names: set[Any] = set()
    if row.get("profile_id") is not None:
        names.add(("profile", str(row.get("profile_id_handle")).lower(), str(row["profile_id"]).strip().lower()))
    if row.get("external_id") is not None:
        names.add(("external_id", str(row["external_id"]).strip().lower()))
    return names


async def _together(session: Any, plain: dict[int, Values], results: list[Result]) -> None:
    holders = await _holders(session, plain)
    if not plain:
        return
    # Whatever puts a row off also ends the group there, before anything is written.
    owners = dict(zip(plain, await lock_owners(session, list(plain.values())), strict=True))
    _cut_at_the_second_of_an_owner(owners, plain, results)
    places = [place for place in plain if place < len(results) and results[place] is None]
    found = await look_many(session, [plain[place] for place in places], [owners[place] for place in places])
    rows = [_Row(place, plain[place], *told) for place, told in zip(places, found, strict=True)]
    same = await _same(session, [(row, holders[row.place]) for row in rows if row.place in holders])
    for row in rows:
        if row.place in holders and row.place in same:
            results[row.place] = _applied(holders[row.place], row.values)
        elif row.place in holders or row.outlook != "plain":
            results[row.place] = Alone()
            del results[row.place + 1 :]
            break
    await _record(session, [row for row in rows if row.place < len(results) and results[row.place] is None], results)


async def _holders(session: Any, plain: Mapping[int, Values]) -> dict[int, int]:
    """The transactions that hold the external ids of the rows, after everyone who is at work on these ids."""
    external_ids = [values.get("external_id") for values in plain.values()]
    if all(one is None for one in external_ids):
        return {}
    await session.execute(_ONE_AT_A_TIME, external_ids=[one for one in external_ids if one is not None])
    slots = [chr(31).join(slots_of(values["systems"])) if values.get("systems") else "" for values in plain.values()]
    places = list(plain)
    found = await session.rows(_HOLDERS, external_ids=external_ids, slots=slots)
    return {places[row.place - 1]: row.id for row in found if row.id is not None}


def _cut_at_the_second_of_an_owner(
    owned: Mapping[int, uuid.UUID | None], plain: Mapping[int, Values], results: list[Result]
) -> None:
    """Several names may mean one customer: the rows from the second one on are left for the next round.

    A row whose customer is not there is applied alone, which says why.
    """
    seen: set[uuid.UUID] = set()
    for place in sorted(owned):
        owner = owned[place]
        if owner is not None and owner in seen:
            del results[place:]
            return
        if owner is not None:
            seen.add(owner)
        elif plain[place].get("profile_id") is not None:
            results[place] = Alone()
            del results[place + 1 :]
            return


async def _record(session: Any, sales: Sequence[_Row], results: list[Result]) -> None:
    if not sales:
        return
    made = await record_many(session, [(row.values, row.found) for row in sales])
    done = list(zip(sales, made, strict=True))
    for row, sale in done:
        service.tell(session, sale, row.values, row.found.profile_id)
        results[row.place] = _applied(sale.id, row.values)
    theirs = [(sale.id, row.found.profile_id, row.values["total"]) for row, sale in done if row.found.profile_id]
    await effects.recorded(session, theirs)
    anonymous = [
        (sale.id, row.values.get("receipt_ref"), row.values.get("external_id"))
        for row, sale in done
        if row.found.profile_id is None
    ]
    await claims.offer_many(session, anonymous)
    for row, sale in done:
        finishing.after_reactions(
            session, sale.id, row.found.profile_id, awaited=row.found.awaited, among_others=sale.items
        )


async def _same(session: Any, stored: Sequence[tuple[_Row, int]]) -> set[int]:
    """The places of the rows that are recorded already and say nothing new."""
    if not stored:
        return set()
    ids = [identifier for _, identifier in stored]
    states = {state.transaction_id: state for state in await session.rows(_STATES, ids=ids)}
    headers = {header.id: header for header in await session.rows(_HEADERS, ids=ids)}
    lines: dict[int, list[Any]] = {identifier: [] for identifier in ids}
    for line in await session.rows(_LINES, ids=ids):
        lines[line.transaction_id].append(line)
    return {
        row.place
        for row, identifier in stored
        if _says_nothing_new(row, states[identifier], headers[identifier], lines[identifier])
    }


def _says_nothing_new(row: _Row, state: Any, header: Any, lines: list[Any]) -> bool:
    values, found = row.values, row.found
    errors, pairs = compared(values, found, header, lines)
    if errors or ("profile_id" in values and found.profile_id != state.profile_id):
        return False
    if any(name in values and values[name] != getattr(state, name) for name in ANNOTATIONS):
        return False
    return all(
        sent.get("meta", line.meta) == line.meta and (sent.get("tags") is None or list(sent["tags"]) == list(line.tags))
        for sent, line in pairs
    )


def _applied(identifier: int, values: Values) -> tuple[int, str | None]:
    return identifier, values.get("external_id")
