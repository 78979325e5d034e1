"""Templates of rewards: `/rewards/definitions` (incentives-value 2)."""

from omneo_api.incentives.inputs import Definitions
from omneo_api.incentives.rewards.models import RewardDefinition
from omneo_api.incentives.rewards.schemas import RewardDefinitionBody, RewardDefinitionRead


class RewardDefinitions(Definitions):
    targets = ("issue_target_id", "expiry_target_id", "extend_target_id")


reward_definitions = RewardDefinitions(
    RewardDefinition,
    RewardDefinitionRead,
    RewardDefinitionBody,
    name="RewardDefinition",
    tag="Reward definitions",
    scope="reward-definitions",
    path="/rewards/definitions",
    aliases=("/reward-definitions",),
    fixed=("handle",),
    listing={"search": ("name", "handle")},
    example={"name": "Birthday $20", "handle": "birthday-20", "type": "birthday", "value": 20, "period": 30},
)
