"""What others remember of an erased person: snapshots, histories, audits and records still to be applied.

All of it is read by the words that may name the person, a portion at a time, and written back without them.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

import orjson

from omneo_api.foundation.database import ERASURE_ROLE
from omneo_api.foundation.statements import Statement, json_text
from omneo_api.profiles.erasure.masking import Traces, masked, unnamed

PORTION = 200
TELLING = 6
"""From so many letters on, an identifier anywhere in a kept answer is taken for this person's."""
AS_ERASER = Statement(f"SET LOCAL ROLE {ERASURE_ROLE}")


@dataclass(frozen=True, slots=True)
class Memory:
    """A table with JSON that may be about a person. `own` says whether a row is about that profile as a whole."""

    table: str
    columns: tuple[str, ...]
    own: str = "false"
    kind: str = "jsonb"
    key: str = "id"
    joined: str = ""
    where: str = "true"
    hide: Callable[..., Any] = masked

    @property
    def owning(self) -> str:
        """A row that is the profile's is read whatever it says."""
        return self.own if ":id" in self.own else "false"

    @property
    def read(self) -> Statement:
        columns = ", ".join(f"m.{name}" for name in self.columns)
        text = ", ".join(f"m.{name}::text" for name in self.columns)
        return Statement(
            f"SELECT m.{self.key} AS key, {columns}, coalesce({self.own}, false) AS own FROM {self.table} m"
            f" {self.joined} WHERE m.{self.key} > :after::bigint AND {self.where}"
            f" AND ({self.owning} OR lower(concat_ws(' ', {text})) LIKE ANY (:patterns::text[]))"
            f" ORDER BY m.{self.key} LIMIT {PORTION}"
        )

    @property
    def write(self) -> Statement:
        columns = ", ".join(f"{name} = :{name}::{self.kind}" for name in self.columns)
        return Statement(f"UPDATE {self.table} SET {columns} WHERE {self.key} = :key::bigint")


def _still_applicable(record: Any, traces: Traces, *, inside: bool) -> Any:
    """A purchase or an order goes on without its customer; what was to be done with the person is done no more."""
    hidden = unnamed(record, traces)
    return None if inside and hidden != record else hidden


_OF_EVENT = "JOIN events e ON e.tenant_id = m.tenant_id AND e.id = m.event_id"
_OF_RUN = "JOIN action_histories h ON h.tenant_id = m.tenant_id AND h.id = m.action_history_id"
MEMORIES = (
    Memory("event_contexts", ("context",), "e.profile_id = :id::uuid", "json", "event_id", _OF_EVENT),
    Memory("action_histories", ("context",), "m.profile_id = :id::uuid", "json"),
    Memory("action_history_items", ("arguments", "result", "instance"), "h.profile_id = :id::uuid", joined=_OF_RUN),
    Memory("audits", ("old_values", "new_values"), "m.profile_id = :id::uuid", "text", where="m.event <> 'erased'"),
)
WAITING = (
    Memory("record_queue", ("payload",), hide=_still_applicable),
    Memory(
        "batch_items",
        ("payload",),
        "b.processor NOT IN ('transaction', 'order')",
        "json",
        joined="JOIN batches b ON b.tenant_id = m.tenant_id AND b.id = m.batch_id",
        where="m.payload IS NOT NULL",
        hide=_still_applicable,
    ),
)
_TRACES = Statement("SELECT traces FROM pending_erasures WHERE profile_id = :id::uuid")
_DONE = Statement("DELETE FROM pending_erasures WHERE profile_id = :id::uuid")
_ANSWERS = Statement(
    "DELETE FROM idempotency_keys WHERE lower(encode(body, 'escape')) LIKE ANY (:patterns::text[])"
    " OR lower(key) LIKE ANY (:patterns::text[])"
)
# Of a customer's own calls the device too; of any call an address that names the person.
_CALLS = Statement(
    """
    UPDATE audits SET ip_address = CASE WHEN own THEN NULL ELSE ip_address END,
           user_agent = CASE WHEN own THEN NULL ELSE user_agent END,
           url = CASE WHEN lower(url) LIKE ANY (:patterns::text[]) THEN '***' ELSE url END
    FROM (SELECT id AS number, url LIKE '%/id/api/v1/%' AS own FROM audits
          WHERE profile_id = :id::uuid AND event <> 'erased') AS found
    WHERE audits.id = found.number AND (own OR lower(url) LIKE ANY (:patterns::text[]))
    """
)
_ROWS = Statement(
    "UPDATE batch_items SET payload = NULL, external_id = NULL WHERE entity_id = :id::text"
    " AND (payload IS NOT NULL OR external_id IS NOT NULL)"
)


async def erase(session: Any, profile_id: uuid.UUID) -> None:
    """Overwrites the person in what is remembered; harmless when repeated."""
    await session.execute(AS_ERASER)
    named = await session.value(_TRACES, id=profile_id) or {"contacts": [], "identifiers": []}
    traces = Traces.of(str(profile_id), named["contacts"], named["identifiers"])
    for memory in (*MEMORIES, *WAITING):
        await _rewrite(session, profile_id, traces, memory)
    telling = [text for text in traces.texts if text not in traces.identifiers or len(text) >= TELLING]
    await session.execute(_ANSWERS, patterns=_patterns(telling))
    named_by = [text for text in traces.texts if text != traces.profile_id]
    await session.execute(_CALLS, id=profile_id, patterns=_patterns([*named_by, *map(quote, named_by)]))
    await session.execute(_ROWS, id=str(profile_id))
    await session.execute(_DONE, id=profile_id)


async def forget_waiting(session: Any, profile_id: uuid.UUID, traces: Traces) -> None:
    """Takes the person out of records that wait to be applied, so that none brings the person back."""
    for memory in WAITING:
        await _rewrite(session, profile_id, traces, memory)


def _patterns(texts: list[str]) -> list[str]:
    """For LIKE: the texts as JSON writes them, without what LIKE takes for a wildcard."""
    written = (orjson.dumps(text).decode()[1:-1] for text in texts)
    return ["%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%" for text in written]


@cache
def _statements(memory: Memory) -> tuple[Statement, Statement]:
    return memory.read, memory.write


async def _rewrite(session: Any, profile_id: uuid.UUID, traces: Traces, memory: Memory) -> None:
    read, write = _statements(memory)
    patterns = _patterns(traces.texts)
    after = 0
    while rows := await session.rows(read, id=profile_id, after=after, patterns=patterns):
        for row in rows:
            stored = {name: _parsed(getattr(row, name), memory.kind) for name in memory.columns}
            hidden = {name: memory.hide(value, traces, inside=row.own) for name, value in stored.items()}
            if hidden != stored:
                texts = {name: None if value is None else json_text(value).decode() for name, value in hidden.items()}
                await session.execute(write, key=row.key, **texts)
            after = row.key


def _parsed(value: Any, kind: str) -> Any:
    return orjson.loads(value) if kind == "text" and value is not None else value
