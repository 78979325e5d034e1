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
    "commerce.brands",
    "commerce.locations.models",
    "commerce.transactions.models",
    "profiles.profile.models",
    "profiles.identities.models",
)


def load() -> None:
    for name in MODULES:
        importlib.import_module(f"omneo_api.{name}")


load()
