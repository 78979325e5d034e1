"""Every table of the program: importing this module makes the metadata whole (migrations, constraints, policies)."""

import importlib

MODULES = (
    "foundation.records",
    "platform.users.models",
    "platform.tokens.models",
    "platform.batches.models",
    "configuration.settings.models",
    "configuration.countries",
    "configuration.currencies",
    "configuration.regions",
    "configuration.systems",
    "configuration.tags",
    "platform.custom_fields.models",
    "commerce.brands",
    "commerce.departments",
    "commerce.locations.models",
    "commerce.products.models",
    "commerce.custom_products",
    "commerce.rates.models",
    "commerce.waiting",
    "commerce.transactions.models",
    "commerce.orders.models",
    "commerce.claims.models",
    "commerce.claims.jobs",
    "profiles.profile.models",
    "profiles.profile.search",
    "profiles.identities.models",
    "commerce.allocations.models",
    "incentives.rewards.models",
    "incentives.points.models",
    "incentives.credits.models",
    "incentives.benefits.models",
    "incentives.redemptions.models",
    "incentives.ledger.models",
    "incentives.reminders.resource",
    "incentives.tiers.definitions.models",
    "incentives.tiers.points.models",
    "incentives.tiers.standing.models",
    "incentives.achievements.models",
    "profiles.addresses.models",
    "profiles.comms.models",
    "profiles.appearance.models",
    "profiles.dates.models",
    "profiles.custom_attributes.models",
    "profiles.regions.models",
    "profiles.hours.models",
    "profiles.statuses.models",
    "automation.actions.models",
    "automation.triggers.models",
    "automation.reactions.models",
    "automation.reactions.jobs",
    "profiles.validation_rules.models",
    "profiles.interactions.models",
    "commerce.ratings",
    "profiles.connections.models",
    "profiles.aggregations.view",
    "profiles.profile.jobs",
    "profiles.statuses.jobs",
    "profiles.erasure.models",
    "profiles.erasure.jobs",
    "incentives.benefits.jobs",
    "lists.models",
)


def load() -> None:
    for name in MODULES:
        importlib.import_module(f"omneo_api.{name}")


load()
