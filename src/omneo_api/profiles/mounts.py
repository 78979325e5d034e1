"""Where profiles and what hangs on them stand below `/v3`."""

from omneo_api.foundation.operations import Operation
from omneo_api.profiles.addresses.routes import routes as addresses
from omneo_api.profiles.aggregations.routes import batches as aggregation_batches
from omneo_api.profiles.aggregations.routes import routes as aggregations
from omneo_api.profiles.comms.routes import routes as comms
from omneo_api.profiles.connections.routes import definitions as connection_definitions
from omneo_api.profiles.connections.routes import own as own_connections
from omneo_api.profiles.connections.routes import routes as connections
from omneo_api.profiles.custom_attributes.routes import everybody as find_by_attributes
from omneo_api.profiles.custom_attributes.routes import routes as custom_attributes
from omneo_api.profiles.dates.routes import routes as dates
from omneo_api.profiles.erasure.routes import routes as erasure
from omneo_api.profiles.hours.routes import normal_hours, special_hours
from omneo_api.profiles.identities.routes import all_identities
from omneo_api.profiles.identities.routes import routes as identities
from omneo_api.profiles.interactions.routes import own as own_interactions
from omneo_api.profiles.interactions.routes import routes as interactions
from omneo_api.profiles.profile.batches import routes as batches
from omneo_api.profiles.profile.routes import own as profile
from omneo_api.profiles.profile.routes import routes as profiles
from omneo_api.profiles.regions.routes import routes as regions
from omneo_api.profiles.scope import of_profile
from omneo_api.profiles.statuses.configuration import statuses
from omneo_api.profiles.statuses.routes import batches as status_batches
from omneo_api.profiles.statuses.routes import routes as profile_statuses
from omneo_api.profiles.validation_rules.routes import routes as rule_values
from omneo_api.profiles.validation_rules.routes import rules

PROFILE = "/profiles/{profile}"
OF_ONE = (
    profile,
    identities,
    addresses,
    comms,
    dates,
    custom_attributes,
    regions,
    normal_hours.routes(),
    special_hours.routes(),
    profile_statuses,
    erasure,
    own_interactions,
    own_connections,
    aggregations,
)
"""Everything below one profile, relative to its address."""
OF_ALL = (
    profiles,
    all_identities,
    find_by_attributes,
    rules.routes(),
    rule_values,
    statuses.routes(),
    status_batches,
    batches,
    interactions,
    connection_definitions.routes(),
    connections,
    aggregation_batches,
)


def operations() -> list[Operation]:
    return [
        *(operation for family in OF_ALL for operation in family.mounted()),
        *(operation for family in OF_ONE for operation in family.mounted(PROFILE, of_profile)),
    ]
