"""An independent, slow computation of every aggregation field from plain rows, and how tests lay such rows."""

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from omneo_api.commerce.transactions.models import Transaction, TransactionItem, TransactionState
from omneo_api.profiles.profile.models import Profile

CENT = Decimal("0.01")


@dataclass
class Place:
    country: str | None = None
    iso: str | None = None
    iso_state: str | None = None
    region: str | None = None


@dataclass
class Purchase:
    at: datetime
    total: Decimal
    timezone: str = "UTC"
    rate: Decimal | None = None
    original: Decimal | None = None
    location: int | None = None
    systems: list[str] = field(default_factory=list)
    void: str | None = None
    discounts: list[Any] = field(default_factory=list)
    id: int = 0

    @property
    def net(self) -> Decimal:
        return self.total if self.rate is None else cents(self.total * self.rate)

    @property
    def day(self) -> date:
        return self.at.astimezone(ZoneInfo(self.timezone)).date()


def cents(value: Any) -> Decimal:
    """Round half away from zero, as the database does."""
    if isinstance(value, Fraction):
        shifted = abs(value) * 100 + Fraction(1, 2)
        return Decimal(int(shifted) * (1 if value >= 0 else -1)) / 100
    return Decimal(value).quantize(CENT, ROUND_HALF_UP)


def year_after(moment: datetime, months: int = 12) -> datetime:
    """The same wall time that many months later, or the last day of a shorter month."""
    years, month = divmod(moment.month - 1 + months, 12)
    for day in range(moment.day, 27, -1):
        try:
            return moment.replace(year=moment.year + years, month=month + 1, day=day)
        except ValueError:
            continue
    return moment.replace(year=moment.year + years, month=month + 1)


def most(candidates: dict[Any, Any], recent: dict[Any, int]) -> Any:
    return max(candidates, key=lambda key: (candidates[key], recent[key])) if candidates else None


def reference(purchases: list[Purchase], joined: datetime, now: datetime, places: dict[int, Place]) -> dict[str, Any]:
    """Every field but the embedded objects, which are given as `…_location_id`."""
    live = sorted((p for p in purchases if p.void is None), key=lambda p: (p.at, p.id))
    days: dict[date, Decimal] = defaultdict(Decimal)
    for purchase in live:
        days[purchase.day] += purchase.net
    shopped = sorted(days)
    paid = [day for day in shopped if days[day] > 0]
    last = live[-1] if live else None
    year = [p for p in live if last and year_after(p.at) > last.at]
    spend_now = sum((p.net for p in live if p.at <= now < year_after(p.at)), Decimal(0))
    facts: dict[str, Any] = {
        "spend_all": cents(sum((p.net for p in live), Decimal(0))),
        "spend_12m": cents(sum((p.net for p in year), Decimal(0))),
        "spend_12m_now": cents(spend_now),
        "spend_atv_all": atv(live),
        "spend_atv_12m": atv(year),
        "spend_first_date": live[0].at if live else None,
        "spend_last_date": last.at if last else None,
        "shop_count": len(paid),
        "total_shop_days": len(shopped),
        "first_shop_date": shopped[0] if shopped else None,
        "latest_shop_date": shopped[-1] if shopped else None,
        "second_shop_date": shopped[1] if len(shopped) > 1 else None,
        "second_shop_days": (shopped[1] - shopped[0]).days if len(shopped) > 1 else None,
        "previous_shop_date": shopped[-2] if len(shopped) > 1 else None,
        "latest_shop_days": (shopped[-1] - shopped[-2]).days if len(shopped) > 1 else None,
        "first_shop_days": max(0, (shopped[0] - joined.date()).days) if shopped else None,
        "latest_shop_spend": cents(days[shopped[-1]]) if shopped else None,
    }
    average = None
    if len(shopped) >= 3:
        average = int(Fraction((shopped[-1] - shopped[0]).days, len(shopped)) + Fraction(1, 2))
    gap = None
    if len(paid) >= 2:
        tenths = Fraction((paid[-1] - paid[0]).days * 10, len(paid) - 1) + Fraction(1, 2)
        gap = Decimal(int(tenths)) / 10
    facts["average_shop_days"] = average
    facts["at_risk_date"] = shopped[-1] + timedelta(days=3 * average) if average is not None else None
    facts["shop_days"] = gap
    facts["dimension_frequency"] = f"F{len(paid)}" if len(paid) < 3 else "FH" if gap is not None and gap < 30 else "FL"
    facts["dimension_recency"] = recency(last.at if last else None, now)
    facts["dimension_join"] = membership((now.date() - joined.date()).days)
    systems = {name.lower() for p in live for name in p.systems} & {"pos", "web"}
    facts["channel"] = {0: None, 2: "CM"}.get(len(systems), "CF" if "pos" in systems else "CO")
    facts["discount_avg"] = discount(live)
    facts |= located(live, year, places)
    facts["total_referred"] = 0
    facts["atv"] = facts["spend_atv_all"]
    facts["purchase_frequency"] = average
    facts["days_since_last_purchase"] = max(0, (now.date() - shopped[-1]).days) if shopped else None
    facts["preferred_channel"] = facts["channel"]
    facts["preferred_location_id"] = facts["most_transacted_location_id"]
    facts["purchased_brands"] = []
    facts["lifecycle_stage"] = stage(facts)
    return facts


def atv(purchases: list[Purchase]) -> Decimal:
    sales = sum(1 for p in purchases if p.net > 0)
    return cents(Fraction(sum((p.net for p in purchases), Decimal(0))) / sales) if sales else Decimal(0)


def recency(last: datetime | None, now: datetime) -> str:
    if last is None:
        return "RO"
    for months, name in ((3, "RC"), (6, "RS"), (12, "RA"), (24, "RI"), (60, "RL")):
        if now < year_after(last, months):
            return name
    return "RR"


def membership(days: int) -> str:
    if days <= 90:
        return "JN"
    return "JC" if days <= 365 else f"J{-(-days // 365) - 1}"


def discount(live: list[Purchase]) -> Decimal | None:
    shares = []
    for purchase in live:
        if purchase.total < 0:
            continue
        full = purchase.original
        if full is None:
            full = purchase.total + sum((Decimal(str(d["amount"])) for d in purchase.discounts), Decimal(0))
        if full > 0:
            shares.append(min(Fraction(100), max(Fraction(0), Fraction(full - purchase.total) * 100 / Fraction(full))))
    return cents(sum(shares, Fraction(0)) / len(shares)) if shares else None


def located(live: list[Purchase], year: list[Purchase], places: dict[int, Place]) -> dict[str, Any]:
    times: dict[int, int] = defaultdict(int)
    spend: dict[int, Decimal] = defaultdict(Decimal)
    spend_year: dict[int, Decimal] = defaultdict(Decimal)
    recent: dict[int, int] = {}
    votes: dict[str, dict[str, int]] = {name: defaultdict(int) for name in ("country", "iso", "iso_state", "region")}
    seen: dict[str, dict[str, int]] = {name: {} for name in votes}
    for order, purchase in enumerate(live):
        if purchase.location is None:
            continue
        times[purchase.location] += 1
        spend[purchase.location] += purchase.net
        recent[purchase.location] = order
        if purchase in year:
            spend_year[purchase.location] += purchase.net
        place = places.get(purchase.location, Place())
        for name, counts in votes.items():
            value = getattr(place, name)
            if value is not None:
                counts[value] += 1
                seen[name][value] = order
    facts: dict[str, Any] = {
        "most_transacted_location_id": most(times, recent),
        "latest_transacted_location_id": live[-1].location if live else None,
        "most_spend_location_id": most(spend, recent),
        "most_spend_12m_location_id": most(spend_year, recent),
        "transacted_locations": [str(number) for number in sorted(times)],
    }
    keys = {
        "country": "likely_country",
        "iso": "likely_country_iso",
        "iso_state": "likely_state_iso",
        "region": "likely_region",
    }
    for name, key in keys.items():
        winner = most(votes[name], seen[name])
        facts[key] = winner
        facts[f"{key}_score"] = cents(Fraction(votes[name][winner] * 100, len(live))) if winner else None
    return facts


def stage(facts: dict[str, Any]) -> str:
    if facts["dimension_frequency"] == "F0":
        return "never_shopped"
    if facts["dimension_join"] == "JN":
        return "new"
    return {"RC": "active", "RS": "active", "RA": "lapsing"}.get(facts["dimension_recency"], "lapsed")


def as_wire(value: Any) -> Any:
    """A value of the reference in the form that the API answers."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return value.isoformat() if isinstance(value, date) else value


def shown(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with its embedded locations as ids, without what needs other tables."""
    plain = {}
    for name, value in answer.items():
        if name.endswith("_location") and name != "store_join":
            plain[f"{name}_id"] = value["id"] if value else None
        elif isinstance(value, int | float) and not isinstance(value, bool):
            plain[name] = float(value) if isinstance(value, float) else value
        else:
            plain[name] = value
    for name in ("profile_id", "store_join", "latest_shop_currency", "top_historic_status"):
        plain.pop(name)
    return plain


async def add_profile(session: Any, joined: datetime) -> uuid.UUID:
    row = await session.insert(Profile, {"first_name": "Ada", "joined_at": joined})
    identifier: uuid.UUID = row.id
    return identifier


async def add_purchase(session: Any, profile: uuid.UUID | None, purchase: Purchase) -> int:
    values = {
        "total": purchase.total,
        "total_original": purchase.original,
        "currency_rate": purchase.rate,
        "transacted_at": purchase.at,
        "timezone": purchase.timezone,
        "location_id": purchase.location,
        "systems": purchase.systems,
    }
    purchase.id = (await session.insert(Transaction, values)).id
    state = {
        "transaction_id": purchase.id,
        "profile_id": profile,
        "transacted_at": purchase.at,
        "void_kind": purchase.void,
    }
    await session.insert(TransactionState, state, returning=())
    if purchase.discounts:
        line = {"transaction_id": purchase.id, "name": "Line", "quantity": 1, "discounts": purchase.discounts}
        await session.insert(TransactionItem, line)
    return purchase.id
