"""One row of `POST /rewards/batch.json` (incentives-value 3.3): a create, with the profile named in two ways."""

from typing import Any

from omneo_api.foundation.fields import validate
from omneo_api.incentives.inputs import profile_named
from omneo_api.incentives.rewards.schemas import BatchReward, RewardBody
from omneo_api.incentives.rewards.service import create
from omneo_api.platform.batches.service import BatchRun, processor


@processor("reward")
async def apply(session: Any, row: dict[str, Any], batch: BatchRun) -> tuple[int, str | None]:
    """Issues one reward; a repeated `external_id` fails the row, so a batch may be sent again. Raises: Invalid."""
    del batch
    named = validate(BatchReward, row)
    body = {**row, "profile_id": named.profile_id}
    if named.profile_id is not None and named.profile_id_handle is not None:
        body["profile_id"] = await profile_named(session, named.profile_id_handle, named.profile_id)
    checked = validate(RewardBody, body)
    return await create(session, checked.profile_id, checked), checked.external_id
