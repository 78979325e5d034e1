"""The names of events, the other names that documents use for them, and the family of each (automation 2)."""

FAMILIES: dict[str, tuple[str, ...]] = {
    "profile": (
        "profile.created",
        "profile-temporary.created",
        "profile.before.update",
        "profile.updated",
        "profile.merged",
        "profile.deleted",
    ),
    "address": (
        "profile.address.created",
        "profile.address.updated",
        "profile.address.deleted",
        "address.created",
        "address.updated",
    ),
    "identity": ("identity.created",),
    "profile-attribute": ("profile-attribute.updated",),
    "aggregation": ("aggregation.updated",),
    "balance": ("balance.updated",),
    "product": ("product.created", "product.updated", "product.deleted"),
    "product-list": ("product-list.created", "product-list.updated"),
    "product-list-item": ("product-list-item.created", "product-list-item.updated", "product-list-item.linked"),
    "product-list-share": ("product-list-share.created", "product-list-share.deleted"),
    "interaction": ("interaction.created",),
    "reward": (
        "reward.created",
        "reward.updated",
        "reward.deleted",
        "reward.expired",
        "reward.redeemed",
        "reward.expiring",
    ),
    "benefit": (
        "benefit.created",
        "benefit.updated",
        "benefit.deleted",
        "benefit.claimed",
        "benefit.redeemed",
        "benefit.code.allocated",
    ),
    "credit": ("credit.created", "credit.updated", "credit.deleted", "credit.redeemed"),
    "redemption": ("redemption.created",),
    "definition": ("benefit-definition.created", "benefit-definition.updated", "benefit-definition.deleted"),
    "point": ("point.created", "point.updated", "point.deleted"),
    "tier": ("tier.achieved", "tier.lost", "tier.maintained", "tier.progressed"),
    "tier-point": ("tier-point.created", "tier-point.updated", "tier-point.deleted"),
    "achievement": ("achievement.progressed", "achievement.unlocked", "achievement.lost"),
    "transaction-raw": ("transaction.received",),
    "transaction": (
        "transaction.created",
        "transaction.updated",
        "transaction.deleted",
        "transaction.sync",
        "transaction.resent",
        "transaction.points.issued",
        "transaction.tier-points.issued",
    ),
    "transaction-item": ("transaction-item.created", "transaction-item.resent"),
    "rating": ("rating.created", "rating.updated"),
    "order": ("order.created", "order.updated"),
    "connection": ("connection.created", "connection.updated", "connection.deleted"),
    "location": ("location.created", "location.updated"),
    "region": ("region.created", "region.updated"),
    "rate": ("rate.created", "rate.updated"),
}
NATIVE = {name: family for family, names in FAMILIES.items() for name in names}
ALIASES = {
    "reward.issued": "reward.created",
    "benefit.issued": "benefit.created",
    "points.awarded": "point.created",
    "transaction.completed": "transaction.created",
    "transaction.create": "transaction.created",
    "profile.update": "profile.updated",
}
CUSTOM = "custom"


def canonical(name: str) -> str:
    """The native name that a subscriber's string stands for; the string itself when it is no alias."""
    return ALIASES.get(name, name)


def family(name: str) -> str:
    """The family of a native event; every other name is a custom event."""
    return NATIVE.get(name, CUSTOM)
