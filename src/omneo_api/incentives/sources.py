"""What earned points or tier points (incentives-value 5.1, incentives-status 2.1)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """A thing that earns: its kind and id, and the sale behind it when it is a sale or one of its lines.

    `key` names the action that gives for it. What has a key is given once and is corrected when the same action says
    something else later; a correction has the key with a suffix behind a colon.
    """

    kind: str
    id: int
    transaction_id: int | None = None
    key: str | None = None


def action_of(key: str) -> str:
    """The key of the action in the key of anything that it gave: owner, owner's id, action, kind and id."""
    return ":".join(key.split(":")[:5])
