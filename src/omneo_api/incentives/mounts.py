"""Every operation of this domain, for the composition."""

from omneo_api.foundation.operations import Operation
from omneo_api.incentives import batches, jobs
from omneo_api.incentives.balances import routes as balances
from omneo_api.incentives.credits import routes as credit_routes
from omneo_api.incentives.credits.definitions import credit_definitions
from omneo_api.incentives.ledger import routes as ledger
from omneo_api.incentives.points import routes as points
from omneo_api.incentives.points.definitions import point_definitions
from omneo_api.incentives.redemptions import routes as redemptions
from omneo_api.incentives.reminders.resource import reminders
from omneo_api.incentives.rewards import routes as rewards
from omneo_api.incentives.rewards.definitions import reward_definitions
from omneo_api.incentives.tiers.definitions.resource import tier_definitions
from omneo_api.incentives.tiers.points import routes as tier_points
from omneo_api.incentives.tiers.standing import jobs as tier_jobs
from omneo_api.incentives.tiers.standing import routes as tiers

ROOMS = (rewards, points, credit_routes, balances, redemptions, ledger, batches, tier_points, tiers)
# Named so that importing the composition registers their jobs.
REGISTERED = (jobs, tier_jobs)
DEFINITIONS = (reward_definitions, point_definitions, credit_definitions, tier_definitions, reminders)


def operations() -> list[Operation]:
    """The operations of every room, definitions first."""
    plain = [operation for resource in DEFINITIONS for operation in resource.routes().mounted()]
    return plain + [operation for room in ROOMS for operation in room.operations()]
