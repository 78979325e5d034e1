"""Where configuration stands below `/v3`."""

from omneo_api.configuration.countries import countries
from omneo_api.configuration.currencies import currencies
from omneo_api.configuration.regions import regions
from omneo_api.configuration.settings.routes import settings_routes
from omneo_api.configuration.systems import systems
from omneo_api.configuration.tags import tags
from omneo_api.foundation.operations import Operation
from omneo_api.settings import Settings


def operations(settings: Settings) -> list[Operation]:
    rooms = [regions, countries, currencies, systems, tags]
    mounted = [operation for room in rooms for operation in room.routes().mounted()]
    return mounted + settings_routes(settings).mounted()
