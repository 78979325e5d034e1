"""Where lists stand below `/v3`."""

from omneo_api.foundation.operations import Operation
from omneo_api.lists import purchase_routes, routes
from omneo_api.lists.definitions import list_definitions


def operations() -> list[Operation]:
    return [*list_definitions.routes().mounted(), *routes.operations(), *purchase_routes.operations()]
