"""Where profiles and what hangs on them stand below `/v3`."""

from omneo_api.foundation.operations import Operation
from omneo_api.profiles.aggregations.routes import batches as aggregation_batches
from omneo_api.profiles.aggregations.routes import routes as aggregations
from omneo_api.profiles.scope import of_profile

PROFILE = "/profiles/{profile}"


def operations() -> list[Operation]:
    return aggregations.mounted(PROFILE, of_profile) + aggregation_batches.mounted()
