"""Every table of the program: importing this module makes the metadata whole (migrations, constraints, policies)."""

import importlib

MODULES = (
    "foundation.records",
    "platform.users.models",
    "platform.tokens.models",
    "configuration.settings.models",
    "configuration.countries",
    "configuration.regions",
    "configuration.systems",
    "configuration.tags",
    "platform.custom_fields.models",
    "commerce.brands",
    "commerce.departments",
    "commerce.locations.models",
    "commerce.transactions.models",
    "profiles.profile.models",
    "profiles.identities.models",
    "profiles.aggregations.view",
)


def load() -> None:
    for name in MODULES:
        importlib.import_module(f"omneo_api.{name}")


load()
