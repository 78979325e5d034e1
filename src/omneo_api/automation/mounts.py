"""Where automation stands below `/v3`."""

from omneo_api.automation.custom_events import routes as custom_events
from omneo_api.automation.reactions import routes as reactions
from omneo_api.automation.triggers.routes import routes as triggers
from omneo_api.foundation.operations import Operation


def operations() -> list[Operation]:
    rooms = [triggers, reactions.histories, reactions.catalogues, custom_events]
    return [operation for room in rooms for operation in room.mounted()]
