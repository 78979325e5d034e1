"""What subscribers of `aggregation.updated` see (automation 3.3)."""

from omneo_api.profiles.aggregations.schemas import AggregationRead
from omneo_api.profiles.profile.schemas import ProfileContext


class AggregationContext(AggregationRead):
    profile: ProfileContext
