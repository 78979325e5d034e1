"""A profile's lots within one transaction: read once under the profile's lock, changed in memory, written at once.

`open_account` takes the lock first and then asks the clock, so nobody who waited for the lock works with a moment that
has passed: what expired meanwhile is expired. It brings the profile up to that moment (lots that became spendable, lots
that expired, debts that can be settled). Whatever is changed leaves as one statement for lots and movements and one for
the ledger, however many lots are touched. The first of them also keeps the deadlines: when a lot opens or ends next.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from functools import partial
from typing import Any, Literal

from psycopg.errors import SerializationFailure
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Interval,
    Text,
    and_,
    any_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import aliased

from omneo_api.commerce.transactions.models import TransactionItem
from omneo_api.foundation.clock import whole_second
from omneo_api.foundation.models import Moment, lit
from omneo_api.foundation.statements import Statement
from omneo_api.incentives import events
from omneo_api.incentives.balances.exchange import dollars_per_point, to_system
from omneo_api.incentives.balances.expressions import NOW, is_expired
from omneo_api.incentives.credits.models import Credit, CreditDefinition
from omneo_api.incentives.ledger.service import ZERO, Entry, record
from omneo_api.incentives.lots import ENDED, OPEN, PENDING, LotDeadline
from omneo_api.incentives.points.models import Point
from omneo_api.incentives.rewards.models import Reward
from omneo_api.incentives.writing import MOVED, WRITE
from omneo_api.profiles.scope import lock_profile

Kind = Literal["reward", "point", "credit"]
CENT = Decimal("0.01")
WORDS = {
    "reward": {
        "issued": "Reward issued",
        "expired": "Reward expired",
        "redeemed": "Reward redeemed",
        "reversed": "Redemption reversed",
        "returned": "Reward returned",
        "deleted": "Reward deleted",
        "adjusted": "Reward adjusted",
        "extended": "Reward extended",
    },
    "point": {
        "issued": "Points issued",
        "expired": "Points expired",
        "redeemed": "Points redeemed",
        "reversed": "Redemption reversed",
        "returned": "Points returned",
        "deleted": "Points taken back",
        "adjusted": "Points adjusted",
        "extended": "Points extended",
    },
}


def truncated(dollars: Decimal) -> Decimal:
    return dollars.quantize(CENT, ROUND_DOWN)


@dataclass(slots=True)
class Held:
    """One lot as it stands in this transaction. `per_unit` is what one unit is worth in dollars of the system."""

    kind: Kind
    id: int
    definition_id: int
    initial: Decimal
    value: Decimal
    per_unit: Decimal
    issued_at: datetime
    opens_at: datetime
    expires_at: datetime | None
    phase: str
    cycle: int
    locked: bool = False
    locked_until: datetime | None = None
    secured: bool = False
    source: tuple[str | None, int | None] = (None, None)
    live: bool = True
    stored: Decimal = ZERO
    profile_id: uuid.UUID | None = None
    changed: bool = False
    touched: bool = False
    deadline: tuple[Any, ...] | None = None

    def wanted_deadline(self) -> tuple[Any, ...] | None:
        """The owner, the step and its moment (None: never) of the lot's next change of phase, if there is one."""
        if not self.live or self.phase == ENDED or self.value == 0:
            return None
        if self.phase == PENDING:
            return self.profile_id, "open", self.opens_at
        return self.profile_id, "end", self.expires_at

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at < whole_second(now)

    def is_locked(self, now: datetime) -> bool:
        return self.locked and (self.locked_until is None or self.locked_until > now)

    def is_available(self, now: datetime) -> bool:
        return (
            self.live
            and self.value != 0
            and self.opens_at <= now
            and not self.is_expired(now)
            and not self.is_locked(now)
        )


def spending_order(lot: Held) -> tuple[bool, datetime, datetime, int]:
    """Nearest expiry first, those without one last, then by issue, then by id."""
    return lot.expires_at is None, lot.expires_at or lot.issued_at, lot.issued_at, lot.id


class Account:
    """What a profile owns, under its lock; `flush` writes what was changed."""

    def __init__(self, session: Any, profile: Any, now: datetime, lots: list[Held]) -> None:
        self.session, self.profile, self.now = session, profile, now
        self.profile_id: Any = profile.id if profile is not None else None
        self.lots = {(lot.kind, lot.id): lot for lot in lots}
        self._movements: list[tuple[Any, ...]] = []
        self._entries: list[Entry] = []
        self._balance_moved = False

    def add(self, lot: Held) -> Held:
        """Takes in a lot that was not among the unspent ones (new, spent or expired); the one already held wins."""
        return self.lots.setdefault((lot.kind, lot.id), lot)

    def available(self, kind: Kind) -> list[Held]:
        """The spendable lots in the order in which they are spent (negative point lots included)."""
        found = [lot for lot in self.lots.values() if lot.kind == kind and lot.is_available(self.now)]
        return sorted(found, key=spending_order)

    # Changes ----------------------------------------------------------------------------------------------------------

    def move(self, lot: Held, kind: str, delta: Decimal, item_id: int | None = None) -> None:
        """Adds to a lot's value, or notes its terms anew (a movement of zero)."""
        before = lot.is_available(self.now)
        lot.value += delta
        counted = before or lot.is_available(self.now)
        self._balance_moved = self._balance_moved or (counted and kind != "settle")
        lot.changed = lot.changed or delta != 0
        lot.touched = lot.touched or kind not in ("settle", "issue")
        self._movements.append(
            (
                lot.kind,
                lot.id,
                lot.profile_id,
                kind,
                delta,
                lot.value,
                lot.opens_at,
                lot.expires_at,
                lot.locked,
                lot.locked_until,
                lot.live,
                item_id,
            )
        )

    def note(self, lot: Held) -> None:
        """Notes new terms of a lot that stays in the balance, or out of it: a new phase tells when it does not."""
        moved = self._balance_moved
        self.move(lot, "terms", ZERO)
        self._balance_moved = moved

    def tell(self, lot: Held, cause: str, occurrence: int, delta: Decimal) -> None:
        """Writes a line of the statement; credits have none."""
        if lot.kind == "credit" or delta == 0 or lot.profile_id is None:
            return
        worth = delta * lot.per_unit
        reward = lot.kind == "reward"
        self._entries.append(
            Entry(
                lot.profile_id,
                lot.kind,
                lot.id,
                cause,
                occurrence,
                WORDS[lot.kind][cause],
                dollar_value=worth if reward else ZERO,
                point_value=ZERO if reward else delta,
                point_dollar_value=None if reward else truncated(worth),
                expires_at=lot.expires_at,
            )
        )

    def forget_balance(self, lot: Held) -> None:
        """Notes that a lot was in the balance before its terms are changed."""
        self._balance_moved = self._balance_moved or lot.is_available(self.now)

    def rephase(self, lot: Held) -> None:
        """Sets the phase after new terms of a credit, which has no line in the statement."""
        begun = OPEN if lot.opens_at <= self.now else PENDING
        phase = ENDED if lot.is_expired(self.now) else begun
        if phase != lot.phase:
            self.set_phase(lot, phase)

    def set_phase(self, lot: Held, phase: str) -> None:
        self._balance_moved = self._balance_moved or (OPEN in (phase, lot.phase) and lot.value != 0)
        if lot.phase == ENDED:
            lot.cycle, lot.changed = lot.cycle + 1, True
        lot.phase = phase

    def start(self, lot: Held, cause: str = "issued") -> None:
        """Begins a new lot: its first movement, and its line when it is spendable at once."""
        initial, lot.value = lot.value, ZERO
        self.move(lot, "issue", initial)
        lot.stored, lot.changed, lot.deadline = initial, False, None
        if lot.is_expired(self.now):
            lot.phase = ENDED
        elif lot.opens_at > self.now:
            lot.phase = PENDING
        else:
            lot.phase = OPEN
            self.tell(lot, cause, lot.cycle, lot.value)

    def spend(self, lot: Held, value: Decimal, redemption_id: int, item_id: int) -> None:
        self.move(lot, "redeem", -value, item_id)
        self.tell(lot, "redeemed", redemption_id, -value)

    def give_back(self, lot: Held, value: Decimal, redemption_id: int, item_id: int, cause: str) -> None:
        """Puts value back into the lot it came from. On a lot that has ended both lines are written: back, and gone."""
        self.move(lot, "reverse" if cause == "reversed" else "refill", value, item_id)
        self.tell(lot, cause, redemption_id, value)
        if lot.phase == ENDED:
            lot.cycle, lot.changed = lot.cycle + 1, True
            self.tell(lot, "expired" if lot.live else "deleted", lot.cycle, -value)

    # Time -------------------------------------------------------------------------------------------------------------

    def catch_up(self) -> None:
        """Brings ledger and phases to this moment and settles debts. Harmless when repeated."""
        for lot in sorted(self.lots.values(), key=lambda held: (held.kind, held.id)):
            if lot.phase == PENDING and lot.opens_at <= self.now:
                if lot.is_expired(self.now):
                    self.set_phase(lot, ENDED)
                else:
                    self.set_phase(lot, OPEN)
                    self.tell(lot, "issued", lot.cycle, lot.value)
                    events.changed(self.session, lot.kind, lot.id, self.profile_id)
            if lot.phase == OPEN and lot.is_expired(self.now):
                self.set_phase(lot, ENDED)
                self.tell(lot, "expired", lot.cycle, -lot.value)
                if lot.value != 0:
                    events.expired(self.session, lot.kind, lot.id, self.profile_id)
        self.settle()

    def settle(self) -> None:
        """Moves each spendable debt and its definition's points toward zero; the sum stays (incentives-value 5.4)."""
        points = self.available("point")
        debts = sorted((lot for lot in points if lot.value < 0), key=lambda lot: (lot.issued_at, lot.id))
        for debt in debts:
            own = [lot for lot in points if lot.value > 0 and lot.definition_id == debt.definition_id]
            same = debt.source if debt.source[1] is not None else None
            for lot in sorted(own, key=lambda held: (held.source != same, *spending_order(held))):
                moved = min(-debt.value, lot.value)
                if moved <= 0:
                    break
                self.move(debt, "settle", moved)
                self.move(lot, "settle", -moved)
                for touched in (debt, lot):
                    events.changed(self.session, "point", touched.id, self.profile_id)

    # Writing ----------------------------------------------------------------------------------------------------------

    async def flush(self) -> None:
        """Writes lots, movements and lines, and announces the new balance.

        Raises: SerializationFailure (the request is tried again) when a lot was changed past the profile's lock.
        """
        lots = sorted((lot for lot in self.lots.values() if lot.changed or lot.touched), key=lambda held: held.id)
        turned = [lot for lot in self.lots.values() if lot.deadline != lot.wanted_deadline()]
        if lots or turned or self._movements:
            await self._write(lots, turned)
        await record(self.session, self._entries)
        if self._balance_moved and self.profile is not None:
            events.balance(self.session, self.profile_id)
        self._movements, self._entries, self._balance_moved = [], [], False
        for lot in lots:
            lot.stored, lot.changed, lot.touched = lot.value, False, False
        for lot in turned:
            lot.deadline = lot.wanted_deadline()

    async def _write(self, lots: Sequence[Held], turned: Sequence[Held]) -> None:
        deadlines = [lot.wanted_deadline() or (None, None, None) for lot in turned]
        moves = list(zip(*self._movements, strict=True)) or [()] * 12
        written = await self.session.value(
            WRITE,
            now=self.now,
            kind=[lot.kind for lot in lots],
            id=[lot.id for lot in lots],
            stored=[lot.stored for lot in lots],
            value=[lot.value for lot in lots],
            cycle=[lot.cycle for lot in lots],
            touched=[lot.touched for lot in lots],
            d_kind=[lot.kind for lot in turned],
            d_lot=[lot.id for lot in turned],
            d_profile=[profile_id for profile_id, _, _ in deadlines],
            d_step=[step for _, step, _ in deadlines],
            d_at=[moment for _, _, moment in deadlines],
            **{name: list(values) for name, values in zip(MOVED, moves, strict=True)},
        )
        if written != len(lots):
            raise SerializationFailure("A lot changed without its profile's lock.")


def _phase(model: Any, step: Any, opens: Any) -> Any:
    """What the deadline says; a lot without one has ended, unless it holds nothing and is not over by the clock."""
    deleted = false() if model is Point else model.deleted_at.isnot(None)
    return case(
        (step == lit("open"), lit(PENDING)),
        (step == lit("end"), lit(OPEN)),
        (or_(model.value_remaining != lit(0), deleted, is_expired(model)), lit(ENDED)),
        (opens > NOW, lit(PENDING)),
        else_=lit(OPEN),
    )


def _earned_by(point: Any) -> tuple[Any, Any]:
    """The source of points, the sale for those of its lines: a debt is paid from the same sale first."""
    line = aliased(TransactionItem)
    sale = select(line.transaction_id).where(line.id == point.source_id).correlate(point).scalar_subquery()
    of_line = point.source_type == lit("transaction_item")
    return (
        case((of_line, lit("transaction")), else_=point.source_type).label("source_type"),
        case((of_line, sale), else_=point.source_id).label("source_id"),
    )


def _lots(model: Any, kind: str, step: Any, *where: Any) -> Any:
    """The lots of one kind in the columns that `Held` wants."""
    credit = kind == "credit"
    per_unit = dollars_per_point(model.currency) if kind == "point" else to_system(model.currency)
    opens = func.greatest(model.issued_at, model.released_at) if credit else model.issued_at
    secured: Any = literal_column("false", Boolean)
    if credit:
        secured = (
            select(CreditDefinition.require_security_code)
            .where(CreditDefinition.id == model.credit_definition_id)
            .scalar_subquery()
        )
    columns = (
        literal_column(f"'{kind}'", Text).label("kind"),
        model.id.label("id"),
        getattr(model, f"{kind}_definition_id").label("definition_id"),
        model.value_initial.label("initial"),
        model.value_remaining.label("value"),
        per_unit.label("per_unit"),
        model.issued_at.label("issued_at"),
        opens.label("opens_at"),
        model.expires_at.label("expires_at"),
        _phase(model, step, opens).label("phase"),
        model.cycle.label("cycle"),
        (model.locked if credit else literal_column("false", Boolean)).label("locked"),
        (model.lock_expires_at if credit else literal_column("NULL::timestamptz", Moment)).label("locked_until"),
        secured.label("secured"),
        *(_earned_by(model) if kind == "point" else (model.source_type, model.source_id)),
        (literal_column("true", Boolean) if kind == "point" else model.deleted_at.is_(None)).label("live"),
        model.profile_id.label("profile_id"),
    )
    return select(*columns).select_from(model).where(*where)


MODELS: dict[Kind, Any] = {"reward": Reward, "point": Point, "credit": Credit}


def _granted() -> Any:
    """The tenant's clock at this very statement: the transaction's own has stood still while it waited for a lock."""
    return func.clock_timestamp() + cast(bindparam("offset", type_=Text), Interval)


def _open() -> Any:
    """The moment after the lock was granted, from then on the transaction's clock, and every lot that may matter."""
    owner = bindparam("profile", type_=UUID(as_uuid=True))
    moment = select(_granted().label("at")).cte("moment").prefix_with("MATERIALIZED")
    branches = []
    for kind, model in MODELS.items():
        due = aliased(LotDeadline)
        unended = _lots(model, kind, due.step, due.profile_id == owner, due.lot_kind == lit(kind))
        branches.append(unended.join(due, and_(due.tenant_id == model.tenant_id, due.lot_id == model.id)))
    lots = union_all(*branches).subquery("lots")
    since_start = cast(moment.c.at - func.now(), Text)
    clock = func.set_config(lit("omneo.clock_offset"), since_start, true()).label("clock")
    return select(moment.c.at, clock, *lots.c).select_from(moment.outerjoin(lots, true()))


_OPEN = Statement(_open)


def _by_id(kind: str, model: Any) -> Any:
    due = aliased(LotDeadline)
    step = select(due.step).where(due.lot_kind == lit(kind), due.lot_id == model.id).correlate(model).scalar_subquery()
    return _lots(model, kind, step, model.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))).order_by(model.id)


_BY_ID = {kind: Statement(partial(_by_id, kind, model)) for kind, model in MODELS.items()}


def _held(row: Any) -> Held:
    lot = Held(
        row.kind,
        row.id,
        row.definition_id,
        row.initial,
        row.value,
        row.per_unit,
        row.issued_at,
        row.opens_at,
        row.expires_at,
        row.phase,
        row.cycle,
        row.locked,
        row.locked_until,
        row.secured,
        (row.source_type, row.source_id),
        row.live,
        row.value,
        row.profile_id,
    )
    lot.deadline = lot.wanted_deadline()
    return lot


async def open_account(session: Any, profile_id: Any, *, living: bool = True) -> Account:
    """Locks a profile and reads what it owns, brought up to the moment at which the lock was granted.

    living: False to open that of a deleted profile too. Raises: NotFound for an unknown or deleted profile.
    """
    profile = await lock_profile(session, profile_id, living=living)
    offset = f"{session.tenant.clock_offset.total_seconds()} seconds"
    rows = await session.rows(_OPEN, profile=profile_id, offset=offset)
    account = Account(session, profile, rows[0].at, [_held(row) for row in rows if row.id is not None])
    account.catch_up()
    return account


async def load(session: Any, kind: Kind, ids: Sequence[int]) -> list[Held]:
    """The lots of those ids in ascending order, whatever state they are in."""
    return [_held(row) for row in await session.rows(_BY_ID[kind], ids=sorted(set(ids)))] if ids else []


_MOMENT = Statement(lambda: select(_granted()))


async def ownerless_account(session: Any) -> Account:
    """The account of nobody, for cards that have no owner; the caller locks the card itself."""
    offset = f"{session.tenant.clock_offset.total_seconds()} seconds"
    return Account(session, None, await session.value(_MOMENT, offset=offset), [])
