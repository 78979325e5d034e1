"""What goes in and out of batches."""

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from omneo_api.foundation import fields
from omneo_api.foundation.render import Included, Read

Status = Literal["pending", "success", "failed"]


class BatchItemRead(Read):
    id: int
    entity_id: str | None
    external_id: str | None
    status: Status
    error: str | None
    created_at: datetime
    updated_at: datetime


class BatchRead(Read):
    id: uuid.UUID
    import_job_id: int | None
    entity_type: str | None
    total_count: int | None
    status: Status
    success_count: int
    failed_count: int
    processed_count: int
    created_at: datetime
    updated_at: datetime
    items: Annotated[list[BatchItemRead], Included()]


class NewBatchRead(Read):
    batch_id: uuid.UUID
    entity_type: str
    import_job_id: int | None


class BatchBody(fields.Body):
    entity_type: fields.Text
    import_job_id: fields.Int | None = None


class ReportedItem(fields.Body):
    status: Status
    external_id: fields.Text | None = None
    entity_id: fields.Text | None = None
    error: fields.LongText | None = None


class ReportBody(fields.Body):
    items: Annotated[list[ReportedItem], Field(min_length=1, max_length=1000)]
