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
PAST = "usable_until < (SELECT date_trunc('second', omneo_now()))"


def _due_to_expire(kind: Kind) -> str:
    return f"phase = 'open' AND value_remaining {'<> 0' if kind == 'point' else '> 0'} AND {PAST}"


def _due_to_activate(kind: Kind) -> str:
    live = "" if kind == "point" else " AND deleted_at IS NULL"
    released = " AND coalesce(released_at <= (SELECT omneo_now()), true)" if kind == "credit" else ""
    return f"phase = 'pending'{live} AND issued_at <= (SELECT omneo_now()){released}"


def _locking(kind: Kind, due: str, order: str) -> Statement:
    """Locks the profiles of the lots that are due longest, and passes over those that somebody else is at work on."""
    return Statement(
        f"""
        WITH due AS MATERIALIZED (
            SELECT profile_id FROM {TABLES[kind]} WHERE {due} ORDER BY {order} LIMIT :most::int
        )
        SELECT id FROM profiles WHERE id IN (SELECT profile_id FROM due) ORDER BY id FOR UPDATE SKIP LOCKED
        """
    )


def _changing(kind: Kind, due: str, phase: str, cause: str) -> Statement:
    """Sets the phase of the due lots of the locked profiles (and of nobody) and writes their lines."""
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
                       coalesce(last.dollar_balance, 0) + sum(v.dollar_value) OVER running, v.point_value,
                       coalesce(last.point_balance, 0) + sum(v.point_value) OVER running, v.point_dollar_value,
                       v.expires_at
                FROM (
                    SELECT c.id, c.profile_id, c.cycle, c.expires_at,
                           {dollars if reward else "0::numeric"} AS dollar_value,
                           {"0::numeric" if reward else sign + "c.value_remaining"} AS point_value,
                           {"NULL::numeric" if reward else f"trunc({dollars}, 2)"} AS point_dollar_value
                    FROM changed c WHERE c.phase = '{phase}'
                ) AS v
                LEFT JOIN LATERAL (
                    SELECT l.dollar_balance, l.point_balance FROM ledger_entries l
                    WHERE l.profile_id = v.profile_id ORDER BY l.id DESC LIMIT 1
                ) AS last ON true
                WINDOW running AS (PARTITION BY v.profile_id ORDER BY v.id)
                ORDER BY v.profile_id, v.id
            )
        """
        # A lot that expired before anybody saw it spendable ends in silence.
        owned = "profile_id = ANY (:profiles::uuid[])"
        owned = f"({owned} OR profile_id IS NULL)" if kind == "credit" else owned
        becomes = f"CASE WHEN {PAST} THEN 'ended' ELSE 'open' END" if phase == "open" else f"'{phase}'"
        sql = f"""
            WITH changed AS (
                UPDATE {TABLES[kind]} SET phase = {becomes}, cycle = cycle + 1
                WHERE {due} AND {owned}
                RETURNING *
            ) {"" if kind == "credit" else told}
            SELECT id, profile_id FROM changed WHERE phase = '{phase}' ORDER BY profile_id, id
        """
        return text(sql.replace("::", r"\:\:"))

    return Statement(build)


class Sweep:
    """One transition of one kind of lots."""

    def __init__(self, kind: Kind, cause: str) -> None:
        self.kind, self.cause = kind, cause
        expires = cause == "expired"
        due = _due_to_expire(kind) if expires else _due_to_activate(kind)
        self._lock = _locking(kind, due, "usable_until" if expires else "issued_at")
        self._change = _changing(kind, due, "ended" if expires else "open", cause)

    async def run(self, session: Any, most: int) -> int:
        """Handles the lots of up to `most` due ones' profiles; answers how many profiles there were."""
        profiles = [row.id for row in await session.rows(self._lock, most=most)]
        changed = await session.rows(self._change, profiles=profiles)
        for row in changed:
            tell = events.expired if self.cause == "expired" else events.changed
            tell(session, self.kind, row.id, row.profile_id)
        owners: dict[uuid.UUID, None] = dict.fromkeys(row.profile_id for row in changed if row.profile_id is not None)
        for profile_id in owners:
            events.balance(session, profile_id)
        if self.kind == "point" and self.cause == "issued":
            await _settle(session, list(owners))
        return len(profiles)


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
