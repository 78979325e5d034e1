"""Where the platform stands below `/v3`."""

from omneo_api.foundation.operations import Operation
from omneo_api.platform import audits, namespaces, permissions
from omneo_api.platform.batches.routes import routes as batches
from omneo_api.platform.custom_fields import routes as custom_fields
from omneo_api.platform.tokens.routes import auth_routes
from omneo_api.platform.users.routes import routes as users
from omneo_api.settings import Settings


def operations(settings: Settings) -> list[Operation]:
    rooms = [auth_routes(settings), users, permissions.routes, audits.routes, batches, namespaces.routes]
    return [operation for room in rooms for operation in room.mounted()] + custom_fields.operations()
