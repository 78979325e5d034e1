"""Templates of points: `/points/definitions` (incentives-value 4)."""

from omneo_api.incentives.inputs import Definitions
from omneo_api.incentives.points.models import PointDefinition
from omneo_api.incentives.points.schemas import PointDefinitionBody, PointDefinitionRead


class PointDefinitions(Definitions):
    absolute = (("issue_period_type", "issue_absolute_expiry"),)


point_definitions = PointDefinitions(
    PointDefinition,
    PointDefinitionRead,
    PointDefinitionBody,
    name="PointDefinition",
    tag="Point definitions",
    scope="point-definitions",
    path="/points/definitions",
    aliases=("/point-definitions",),
    fixed=("handle",),
    listing={"search": ("name", "handle")},
    example={"name": "Purchase points", "handle": "purchase", "issue_period": 14, "issue_period_type": "days"},
)
