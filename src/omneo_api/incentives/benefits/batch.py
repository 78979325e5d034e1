"""One row of `POST /benefits/batch.json` (incentives-status 9.2): a create, with the profile named in two ways."""

from typing import Any

from omneo_api.foundation.fields import validate
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.benefits.schemas import BenefitBody
from omneo_api.incentives.benefits.service import create
from omneo_api.incentives.inputs import with_profile
from omneo_api.platform.batches.service import Applied, BatchRun, processor
from omneo_api.profiles.scope import lock_profile

_IMPORTED = Statement(
    """
    SELECT b.id FROM benefits b
    JOIN benefit_definitions d ON d.tenant_id = b.tenant_id AND d.id = b.benefit_definition_id
    WHERE b.external_id_key = lower(:external_id::text) AND b.profile_id = :profile::uuid AND b.deleted_at IS NULL
      AND (d.id = :definition::bigint OR d.handle_key = lower(:handle::text))
    ORDER BY b.id LIMIT 1
    """
)


@processor("benefit")
async def apply(session: Any, row: dict[str, Any], batch: BatchRun) -> Applied:
    """Issues one benefit; an imported row that was issued before is passed over. Raises: Invalid."""
    checked = validate(BenefitBody, await with_profile(session, row))
    made: int | None = None
    if batch.import_job_id is not None and checked.profile_id is not None and checked.external_id is not None:
        made = await _imported(session, checked)
    return made or await create(session, checked.profile_id, checked), checked.external_id


async def _imported(session: Any, body: BenefitBody) -> int | None:
    """The benefit that an earlier upload of the same row made."""
    await lock_profile(session, body.profile_id)
    found: int | None = await session.value(
        _IMPORTED,
        external_id=body.external_id,
        profile=body.profile_id,
        definition=body.benefit_definition_id,
        handle=body.benefit_definition_handle,
    )
    return found
