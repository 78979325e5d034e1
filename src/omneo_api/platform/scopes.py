"""The scopes a token may carry (conventions §13.3), kept in one place."""

from functools import lru_cache

FULL = ("create", "read", "update", "delete")
RESOURCES: dict[tuple[str, ...], tuple[str, ...]] = {
    FULL: (
        "achievement-definitions",
        "benefit-definitions",
        "connection-definitions",
        "connections",
        "currencies",
        "custom-products",
        "interactions",
        "list-definitions",
        "locations",
        "orders",
        "point-definitions",
        "points",
        "product-lists",
        "product-options",
        "products",
        "profiles",
        "rate",
        "ratings",
        "reactions",
        "region",
        "reward-definitions",
        "rewards",
        "statuses",
        "targets",
        "tenants",
        "tier-definitions",
        "tier-points",
        "transactions",
        "users",
        "webhooks",
    ),
    ("create", "read", "delete"): ("benefits", "imports", "systems", "tags"),
    ("create", "read"): ("allocations", "transaction-claims"),
    ("read", "update"): ("product-list-reservations", "settings"),
    ("read",): ("action-history", "audits", "identities", "ledgers", "permissions", "redemptions", "roles"),
}
SINGLE = ("redeem-strategy", "redeem-benefits", "return", "view-statuses")
IDLE = tuple(f"{verb}-group-definitions" for verb in FULL)


@lru_cache
def concrete() -> frozenset[str]:
    """Every scope that opens something."""
    return frozenset(
        {f"{verb}-{name}" for verbs, names in RESOURCES.items() for name in names for verb in verbs} | set(SINGLE)
    )


@lru_cache
def wildcards() -> frozenset[str]:
    return frozenset({"*"} | {f"{name}.*" for names in RESOURCES.values() for name in names})


@lru_cache
def known() -> frozenset[str]:
    """Every name a token may be given."""
    return concrete() | wildcards() | frozenset(IDLE)


@lru_cache(maxsize=512)
def expanded(scopes: tuple[str, ...]) -> frozenset[str]:
    """What a token's names open, wildcards written out."""
    if "*" in scopes:
        return concrete() | frozenset(IDLE)
    opened = set(scopes)
    for name in scopes:
        if name.endswith(".*"):
            resource = name.removesuffix(".*")
            opened |= {scope for scope in concrete() if scope.partition("-")[2] == resource}
    return frozenset(opened)


def description(scope: str) -> str:
    if scope == "*":
        return "Everything"
    if scope.endswith(".*"):
        return f"Everything on {scope.removesuffix('.*').replace('-', ' ')}"
    return scope.replace("-", " ").capitalize()
