"""The four seeded roles and permissions (orgs-platform A4): who may create, read, update and delete."""

from dataclasses import dataclass

PERMISSIONS = {1: "create", 2: "read", 3: "update", 4: "delete"}
ADMIN = 1


@dataclass(frozen=True)
class Role:
    id: int
    name: str
    handle: str
    permissions: frozenset[str]
    weight: int = 0


ROLES = {
    role.id: role
    for role in (
        Role(1, "Admin", "admin", frozenset({"create", "read", "update", "delete"})),
        Role(2, "Manager", "manager", frozenset({"read", "update", "delete"})),
        Role(3, "Reporting", "reporting", frozenset({"read"})),
        Role(4, "Machine", "machine", frozenset({"create", "read", "update", "delete"})),
    )
}


def permissions_of(roles: list[int]) -> frozenset[str]:
    return frozenset().union(*(ROLES[role].permissions for role in roles if role in ROLES))
