"""A profile's aggregations as they are read: stored facts, and what is computed at that moment (profiles 10).

Stored, because only transactions change them: everything in `models.SHOWN`. The likely places are among these: they
follow a changed address of a location with the next calculation.

Computed on read, so that the passing of time and changes of the profile need no write:

- `spend_12m_now`: the stored sum while it is known to hold, else summed up anew from the last year's transactions;
- `dimension_recency` from `spend_last_date`, `dimension_join` from the profile's `joined_at`;
- `first_shop_days` from `first_shop_date` and `joined_at` (UTC calendar days), never below 0;
- `days_since_last_purchase` from `latest_shop_date` and the UTC calendar day, never below 0;
- `total_referred`: accepted connections of type `referral` that start here, ended by time or not;
- `top_historic_status`: of all statuses ever held, even if taken away since, the one that ranks highest;
- the default address stands in for a likely place that no transaction tells of, without a score;
- `lifecycle_stage`, `store_join`, and the copies `atv`, `purchase_frequency`, `preferred_channel` and
  `preferred_location_id`.

A value put by a migration stands in the place of a computed one until the next calculation. Before the first
calculation everything is null but the profile's id, its `store_join`, `dimension_join` and the counts, which are 0.
"""

from typing import Any

from sqlalchemy import Integer, Text, and_, literal_column, select

from omneo_api.foundation.models import Base, Money
from omneo_api.foundation.relationships import single
from omneo_api.profiles.aggregations.dimensions import dimension_join, dimension_recency
from omneo_api.profiles.aggregations.models import SHOWN, Aggregation
from omneo_api.profiles.profile.models import Profile

LOCATIONS = ("most_transacted", "latest_transacted", "most_spend", "most_spend_12m")
PUT = {
    "spend_12m_now": "numeric",
    "first_shop_days": "integer",
    "dimension_recency": "text",
    "dimension_join": "text",
    "total_referred": "integer",
    "store_join_location_id": "bigint",
    "top_historic_status_id": "bigint",
}
"""What a migration may put although it is computed on read, with its SQL type: kept in `overrides`."""

_JOINED = "coalesce(profiles.joined_at, profiles.created_at)"
_LIVE_SPEND = """
    coalesce((SELECT round(sum(CASE WHEN t.currency_rate IS NULL THEN t.total
                                    ELSE round(t.total * t.currency_rate, 2) END), 2)
              FROM transaction_states s
              JOIN transactions t ON t.tenant_id = s.tenant_id AND t.id = s.transaction_id
              WHERE s.tenant_id = profiles.tenant_id AND s.profile_id = profiles.id AND s.void_kind IS NULL
                AND s.transacted_at > omneo_now() - interval '1 year 2 days' AND s.transacted_at <= omneo_now()
                AND t.transacted_at + interval '1 year' > omneo_now()), 0)
"""
_SPEND_NOW = f"""
    CASE WHEN f.profile_id IS NULL THEN NULL
         WHEN f.updated_at <= omneo_now() AND (f.refresh_at IS NULL OR f.refresh_at > omneo_now()) THEN f.spend_12m_now
         ELSE {_LIVE_SPEND} END
"""


def _or_put(name: str, expression: str) -> str:
    return f"CASE WHEN f.overrides ? '{name}' THEN (f.overrides ->> '{name}')::{PUT[name]} ELSE {expression} END"


_RECENCY = _or_put(
    "dimension_recency", f"CASE WHEN f.profile_id IS NOT NULL THEN {dimension_recency('f.spend_last_date')} END"
)
_JOIN = _or_put("dimension_join", dimension_join(_JOINED))
_STAGE = f"""
    CASE WHEN f.profile_id IS NULL THEN NULL
         WHEN f.dimension_frequency = 'F0' THEN 'never_shopped'
         WHEN ({_JOIN}) = 'JN' THEN 'new'
         WHEN ({_RECENCY}) IN ('RC', 'RS') THEN 'active'
         WHEN ({_RECENCY}) = 'RA' THEN 'lapsing'
         ELSE 'lapsed' END
"""
_TOP_STATUS = """
    (SELECT s.id FROM profile_statuses h JOIN statuses s ON s.tenant_id = h.tenant_id AND s.id = h.status_id
     WHERE h.tenant_id = profiles.tenant_id AND h.profile_id = profiles.id AND s.deleted_at IS NULL
     ORDER BY s.sort_order NULLS LAST, s.id LIMIT 1)
"""
_REFERRED = """
    (SELECT count(*)::integer FROM connections c
     JOIN connection_definitions d ON d.tenant_id = c.tenant_id AND d.id = c.definition_id
     WHERE c.tenant_id = profiles.tenant_id AND c.connector_id = profiles.id AND c.status = 'accepted'
       AND c.deleted_at IS NULL AND d.type = 'referral')
"""


def _likely(name: str, wanted: str, further: str = "") -> tuple[str, Any]:
    home = f"""
        (SELECT {wanted} FROM profile_addresses a {further}
         WHERE a.tenant_id = profiles.tenant_id AND a.profile_id = profiles.id AND a.is_default)
    """
    return f"CASE WHEN f.{name} IS NULL AND f.profile_id IS NOT NULL THEN {home} ELSE f.{name} END", Text()


_COMPUTED: dict[str, tuple[str, Any]] = {
    "spend_12m_now": (_or_put("spend_12m_now", _SPEND_NOW), Money),
    "total_shop_days": ("coalesce(f.total_shop_days, 0)", Integer()),
    "shop_count": ("coalesce(f.shop_count, 0)", Integer()),
    "first_shop_days": (
        _or_put(
            "first_shop_days",
            f"CASE WHEN f.first_shop_date IS NOT NULL THEN greatest(f.first_shop_date - {_JOINED}::date, 0) END",
        ),
        Integer(),
    ),
    "dimension_recency": (_RECENCY, Text()),
    "dimension_join": (_JOIN, Text()),
    "days_since_last_purchase": (
        "CASE WHEN f.latest_shop_date IS NOT NULL THEN greatest(omneo_now()::date - f.latest_shop_date, 0) END",
        Integer(),
    ),
    "lifecycle_stage": (_STAGE, Text()),
    "store_join_location_id": (_or_put("store_join_location_id", "profiles.joined_location_id"), Integer()),
    "total_referred": (
        f"CASE WHEN f.profile_id IS NULL THEN 0 ELSE {_or_put('total_referred', _REFERRED)} END",
        Integer(),
    ),
    "top_historic_status_id": (
        f"CASE WHEN f.profile_id IS NOT NULL THEN {_or_put('top_historic_status_id', _TOP_STATUS)} END",
        Integer(),
    ),
    "likely_country": _likely("likely_country", "a.country"),
    "likely_country_iso": _likely("likely_country_iso", "a.iso"),
    "likely_state_iso": _likely("likely_state_iso", "a.iso_state"),
    "likely_region": _likely(
        "likely_region",
        "r.handle",
        "JOIN countries c ON c.tenant_id = a.tenant_id AND upper(a.iso) IN (c.iso_2, c.iso_3)"
        " JOIN regions r ON r.tenant_id = c.tenant_id AND r.id = c.region_id",
    ),
    "atv": ("f.spend_atv_all", Money),
    "purchase_frequency": ("f.average_shop_days", Integer()),
    "preferred_channel": ("f.channel", Text()),
    "preferred_location_id": ("f.most_transacted_location_id", Integer()),
}

_profile, _facts = Profile.__table__, Aggregation.__table__.alias("f")


class AggregationView(Base):
    """The profile with its aggregation row, if it has one; column by column what the API shows."""

    __table__ = (
        select(
            _profile.c.tenant_id,
            _profile.c.id.label("profile_id"),
            _profile.c.deleted_at,
            *(_facts.c[name] for name in SHOWN if name not in _COMPUTED),
            *(literal_column(f"({sql})", kind).label(name) for name, (sql, kind) in _COMPUTED.items()),
        )
        .select_from(
            _profile.outerjoin(
                _facts, and_(_facts.c.tenant_id == _profile.c.tenant_id, _facts.c.profile_id == _profile.c.id)
            )
        )
        .subquery("aggregation_view")
    )
    __mapper_args__ = {"primary_key": [__table__.c.tenant_id, __table__.c.profile_id]}


def _one(model: str, column: str) -> Any:
    return single(model, on=f"AggregationView.{column} == {model}.id")


AggregationView.profile = _one("Profile", "profile_id")
AggregationView.store_join = _one("Location", "store_join_location_id")
AggregationView.latest_shop_currency = _one("Currency", "latest_shop_currency_id")
AggregationView.top_historic_status = _one("Status", "top_historic_status_id")
for _name in LOCATIONS:
    setattr(AggregationView, f"{_name}_location", _one("Location", f"{_name}_location_id"))
