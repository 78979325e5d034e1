"""Activation and expiry of lots by the thousand: profiles are locked, lots and lines written by one statement each."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import literal_column, text

from omneo_api.foundation.statements import DIALECT, Statement
from omneo_api.incentives import events
from omneo_api.incentives.account import Kind, open_account
from omneo_api.incentives.balances.exchange import dollars_per_point, to_system

TABLES: Mapping[Kind, str] = {"reward": "rewards", "point": "points", "credit": "credits"}
BALANCE = "balance.updated"
PICKED = 2000
MOST = 10_000
PAST = "usable_until < (SELECT date_trunc('second', omneo_now()))"


def _due_to_expire(kind: Kind) -> str:
    return f"phase = 'open' AND value_remaining {'<> 0' if kind == 'point' else '> 0'} AND {PAST}"


def _due_to_activate(kind: Kind) -> str:
    live = "" if kind == "point" else " AND deleted_at IS NULL"
    released = " AND coalesce(released_at <= (SELECT omneo_now()), true)" if kind == "credit" else ""
    return f"phase = 'pending'{live} AND issued_at <= (SELECT omneo_now()){released}"


def _locking(kind: Kind, due: str, order: str) -> Statement:
    """Locks the profiles of the lots that are due longest, and names what is due of them.

    Profiles that somebody else is at work on are passed over. The lots are changed by a statement of their own: only
    one that began after the locks were granted sees what their former holders wrote.
    """
    table = TABLES[kind]
    ownerless = "UNION ALL SELECT id FROM due WHERE profile_id IS NULL" if kind == "credit" else ""
    live = "" if kind == "point" else "AND deleted_at IS NULL"
    return Statement(
        f"""
        WITH due AS MATERIALIZED (
            SELECT id, profile_id FROM {table} WHERE {due} ORDER BY {order} LIMIT {PICKED}
        ), held AS MATERIALIZED (
            SELECT id FROM profiles WHERE id = ANY (ARRAY(SELECT DISTINCT profile_id FROM due))
            ORDER BY id FOR UPDATE SKIP LOCKED
        )
        SELECT ARRAY(
                   SELECT lot.id FROM held
                   CROSS JOIN LATERAL (SELECT id FROM {table} WHERE profile_id = held.id AND {due} {live}) AS lot
                   {ownerless} LIMIT {MOST}
               ) AS lots,
               ARRAY(SELECT event FROM subscriptions WHERE event = ANY (:names::text[])) AS listened
        """
    )


def _changing(kind: Kind, due: str, phase: str, cause: str) -> Statement:
    """Sets the phase of those of the picked lots that are still due, and writes their lines.

    A profile's balance before it is looked up for its first lot only and runs on from there in the window.
    Answers the lots that entered the phase, when asked to name them.
    """
    sign, said = ("-", "expired") if cause == "expired" else ("", "issued")
    description = {"reward": f"Reward {said}", "point": f"Points {said}", "credit": ""}[kind]

    def build() -> Any:
        per_unit = dollars_per_point if kind == "point" else to_system
        rate = str(per_unit(literal_column("c.currency")).compile(dialect=DIALECT))
        reward = kind == "reward"
        dollars = f"{sign}c.value_remaining * ({rate})"
        told = f"""
            , told AS (
                INSERT INTO ledger_entries (profile_id, type, subject_id, cause, occurrence, description, dollar_value,
                                            dollar_balance, point_value, point_balance, point_dollar_value, expires_at)
                SELECT v.profile_id, '{kind}', v.id, '{cause}', v.cycle, '{description}', v.dollar_value,
                       sum(v.dollar_value + coalesce(last.dollar_balance, 0)) OVER running, v.point_value,
                       sum(v.point_value + coalesce(last.point_balance, 0)) OVER running, v.point_dollar_value,
                       v.expires_at
                FROM (
                    SELECT c.id, c.profile_id, c.cycle, c.expires_at,
                           row_number() OVER (PARTITION BY c.profile_id ORDER BY c.id) = 1 AS is_first,
                           {dollars if reward else "0::numeric"} AS dollar_value,
                           {"0::numeric" if reward else sign + "c.value_remaining"} AS point_value,
                           {"NULL::numeric" if reward else f"trunc({dollars}, 2)"} AS point_dollar_value
                    FROM changed c WHERE c.phase = '{phase}'
                ) AS v
                LEFT JOIN LATERAL (
                    SELECT l.dollar_balance, l.point_balance FROM ledger_entries l
                    WHERE v.is_first AND l.profile_id = v.profile_id ORDER BY l.id DESC LIMIT 1
                ) AS last ON true
                WINDOW running AS (PARTITION BY v.profile_id ORDER BY v.id)
                ORDER BY v.profile_id, v.id
            )
        """
        # A lot that expired before anybody saw it spendable ends in silence.
        becomes = f"CASE WHEN {PAST} THEN 'ended' ELSE 'open' END" if phase == "open" else f"'{phase}'"
        sql = f"""
            WITH changed AS (
                UPDATE {TABLES[kind]} SET phase = {becomes}, cycle = cycle + 1
                WHERE id = ANY (:lots::bigint[]) AND {due}
                RETURNING id, profile_id, phase, cycle, value_remaining, currency, expires_at
            ) {"" if kind == "credit" else told}
            SELECT id, profile_id FROM changed WHERE :named::boolean AND phase = '{phase}' ORDER BY profile_id, id
        """
        return text(sql.replace("::", r"\:\:"))

    return Statement(build)


class Sweep:
    """One transition of one kind of lots."""

    def __init__(self, kind: Kind, cause: str) -> None:
        self.kind, self.cause = kind, cause
        expires = cause == "expired"
        due = _due_to_expire(kind) if expires else _due_to_activate(kind)
        self.event = "reward.expired" if kind == "reward" and expires else f"{kind}.updated"
        self._lock = _locking(kind, due, "usable_until" if expires else "issued_at")
        self._change = _changing(kind, due, "ended" if expires else "open", cause)

    async def run(self, session: Any) -> int:
        """Handles what is due of the profiles of the oldest due lots; answers how many lots it picked.

        A profile that somebody else holds is left for the next run.

        Unlike a request, which keeps every event, a sweep of a million lots keeps those that somebody listens to.
        """
        picked = await session.row(self._lock, names=[self.event, BALANCE])
        if not picked.lots:
            return 0
        settles = self.kind == "point" and self.cause == "issued"
        named = bool(picked.listened) or settles
        changed = await session.rows(self._change, lots=picked.lots, named=named)
        if self.event in picked.listened:
            tell = events.expired if self.cause == "expired" else events.changed
            for row in changed:
                tell(session, self.kind, row.id, row.profile_id)
        owners: dict[uuid.UUID, None] = dict.fromkeys(row.profile_id for row in changed if row.profile_id is not None)
        if BALANCE in picked.listened:
            for profile_id in owners:
                events.balance(session, profile_id)
        if settles:
            await _settle(session, list(owners))
        return len(picked.lots)


_UNSETTLED = Statement(
    """
    SELECT DISTINCT d.profile_id FROM points d
    JOIN points p ON p.tenant_id = d.tenant_id AND p.profile_id = d.profile_id
                 AND p.point_definition_id = d.point_definition_id AND p.phase = 'open' AND p.value_remaining > 0
    JOIN profiles o ON o.tenant_id = d.tenant_id AND o.id = d.profile_id AND o.deleted_at IS NULL
    WHERE d.profile_id = ANY (:profiles::uuid[]) AND d.phase = 'open' AND d.value_remaining < 0
    ORDER BY 1
    """
)


async def _settle(session: Any, profiles: list[uuid.UUID]) -> None:
    for row in await session.rows(_UNSETTLED, profiles=profiles):
        await (await open_account(session, row.profile_id)).flush()


ACTIVATE = tuple(Sweep(kind, "issued") for kind in TABLES)
EXPIRE = tuple(Sweep(kind, "expired") for kind in TABLES)
