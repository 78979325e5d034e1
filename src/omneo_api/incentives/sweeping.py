"""Activation and expiry by the thousand: one statement locks profiles, another moves deadlines and writes lines."""

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
# Profiles are swept in lanes, by the first bit of their ids, so that two cores have work and no two sweeps meet.
LANES = (
    ("00000000-0000-0000-0000-000000000000", "7fffffff-ffff-ffff-ffff-ffffffffffff"),
    ("80000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
)
THIS_SECOND = "(SELECT date_trunc('second', omneo_now()))"
DUE = {"expired": f"step = 'end' AND at < {THIS_SECOND}", "issued": "step = 'open' AND at <= (SELECT omneo_now())"}


def _locking(kind: Kind, cause: str) -> Statement:
    """Locks the profiles of the lots that are due longest, and names what is due of them.

    Profiles that somebody else is at work on are passed over. The lots are read by a statement of their own: only one
    that began after the locks were granted sees what their former holders wrote.
    """
    due = f"lot_kind = '{kind}' AND {DUE[cause]}"
    ownerless = "UNION ALL SELECT lot_id FROM due WHERE profile_id IS NULL" if kind == "credit" else ""
    return Statement(
        f"""
        WITH due AS MATERIALIZED (
            SELECT lot_id, profile_id FROM lot_deadlines
            WHERE {due} AND coalesce(profile_id BETWEEN :first::uuid AND :last::uuid, :ownerless::boolean)
            ORDER BY at LIMIT {PICKED}
        ), held AS MATERIALIZED (
            SELECT id FROM profiles WHERE id = ANY (ARRAY(SELECT DISTINCT profile_id FROM due))
            ORDER BY id FOR UPDATE SKIP LOCKED
        )
        SELECT ARRAY(
                   SELECT lot.lot_id FROM held
                   CROSS JOIN LATERAL (SELECT lot_id FROM lot_deadlines WHERE profile_id = held.id AND {due}) AS lot
                   {ownerless} LIMIT {MOST}
               ) AS lots,
               ARRAY(SELECT event FROM subscriptions WHERE event = ANY (:names::text[])) AS listened
        """
    )


def _turning(kind: Kind, cause: str) -> Statement:
    """Moves on those of the picked lots that are still due, and writes their lines: a lot itself is only read.

    A lot that expired before anybody saw it spendable ends in silence. A profile's balance before it is looked up for
    its first lot only and runs on from there in the window. Answers how many lots were moved on and, when asked to name
    them, those that entered the phase with their owners.
    """
    expires = cause == "expired"
    sign, said = ("-", "expired") if expires else ("", "issued")
    description = {"reward": f"Reward {said}", "point": f"Points {said}", "credit": ""}[kind]
    # The ids are bound, not joined: the planner would rather walk everything that is due.
    mine = f"d.lot_kind = '{kind}' AND d.lot_id = ANY (:lots::bigint[]) AND {DUE[cause]}"
    over = "" if expires else "AND d.lot_id IN (SELECT id FROM picked WHERE is_over)"
    gone = f"DELETE FROM lot_deadlines d WHERE {mine} {over} RETURNING d.lot_id"
    moved = f"""
        UPDATE lot_deadlines d SET step = 'end', at = p.usable_until FROM picked p
        WHERE {mine} AND d.lot_id = p.id AND NOT p.is_over RETURNING d.lot_id
    """
    turned = "gone" if expires else "moved"

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
                    FROM entered c
                ) AS v
                LEFT JOIN LATERAL (
                    SELECT l.dollar_balance, l.point_balance FROM ledger_entries l
                    WHERE v.is_first AND l.profile_id = v.profile_id ORDER BY l.id DESC LIMIT 1
                ) AS last ON true
                WINDOW running AS (PARTITION BY v.profile_id ORDER BY v.id)
                ORDER BY v.profile_id, v.id
            )
        """
        sql = f"""
            WITH picked AS MATERIALIZED (
                SELECT id, profile_id, cycle, value_remaining, currency, expires_at, usable_until,
                       usable_until < {THIS_SECOND} AS is_over
                FROM {TABLES[kind]} WHERE id = ANY (:lots::bigint[])
            ), gone AS ({gone}){"" if expires else f", moved AS ({moved})"}
            , entered AS MATERIALIZED (
                SELECT p.* FROM picked p JOIN {turned} t ON t.lot_id = p.id
            ){"" if kind == "credit" else told}
            SELECT (SELECT count(*) FROM gone) {"" if expires else "+ (SELECT count(*) FROM moved)"} AS count,
                   array_agg(id ORDER BY profile_id, id) FILTER (WHERE :named::boolean) AS ids,
                   array_agg(profile_id ORDER BY profile_id, id) FILTER (WHERE :named::boolean) AS owners
            FROM entered
        """
        return text(sql.replace("::", r"\:\:"))

    return Statement(build)


class Sweep:
    """One transition of one kind of lots of one lane of profiles."""

    def __init__(self, kind: Kind, cause: str, lane: int) -> None:
        self.kind, self.cause, self.lane = kind, cause, lane
        self.event = "reward.expired" if kind == "reward" and cause == "expired" else f"{kind}.updated"
        self._lock, self._change = _STATEMENTS[kind, cause]

    async def run(self, session: Any) -> int:
        """Handles what is due of the profiles of the oldest due lots; answers how many lots it changed.

        A profile that somebody else holds is left for the next run.

        Unlike a request, which keeps every event, a sweep of a million lots keeps those that somebody listens to.
        """
        first, last = LANES[self.lane]
        names = [self.event, BALANCE]
        picked = await session.row(self._lock, names=names, first=first, last=last, ownerless=self.lane == 0)
        if not picked.lots:
            return 0
        settles = self.kind == "point" and self.cause == "issued"
        named = bool(picked.listened) or settles
        changed = await session.row(self._change, lots=picked.lots, named=named)
        lots = list(zip(changed.ids or [], changed.owners or [], strict=True))
        if self.event in picked.listened:
            tell = events.expired if self.cause == "expired" else events.changed
            for identifier, profile_id in lots:
                tell(session, self.kind, identifier, profile_id)
        owners: dict[uuid.UUID, None] = dict.fromkeys(owner for _, owner in lots if owner is not None)
        if BALANCE in picked.listened:
            for profile_id in owners:
                events.balance(session, profile_id)
        if settles:
            await _settle(session, list(owners))
        count: int = changed.count
        return count


_UNSETTLED = Statement(
    f"""
    SELECT DISTINCT d.profile_id FROM points d
    JOIN points p ON p.tenant_id = d.tenant_id AND p.profile_id = d.profile_id AND p.value_remaining > 0
                 AND p.point_definition_id = d.point_definition_id AND p.issued_at <= (SELECT omneo_now())
                 AND p.usable_until >= {THIS_SECOND}
    JOIN profiles o ON o.tenant_id = d.tenant_id AND o.id = d.profile_id AND o.deleted_at IS NULL
    WHERE d.profile_id = ANY (:profiles::uuid[]) AND d.value_remaining < 0
      AND d.issued_at <= (SELECT omneo_now()) AND d.usable_until >= {THIS_SECOND}
    ORDER BY 1
    """
)


async def _settle(session: Any, profiles: list[uuid.UUID]) -> None:
    for row in await session.rows(_UNSETTLED, profiles=profiles):
        await (await open_account(session, row.profile_id)).flush()


_STATEMENTS = {
    (kind, cause): (_locking(kind, cause), _turning(kind, cause)) for kind in TABLES for cause in ("issued", "expired")
}


def sweeps(cause: str, lane: int) -> list[Sweep]:
    """The transitions of every kind of lots in a lane; `cause` is issued or expired."""
    return [Sweep(kind, cause, lane) for kind in TABLES]
