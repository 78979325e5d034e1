"""`/users` and `/users/me` (orgs-platform A3)."""

from typing import Any

from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, created, one
from omneo_api.foundation.operations import Routes
from omneo_api.platform.users import service
from omneo_api.platform.users.schemas import UserBody, UserRead, UserUpdate

routes = Routes("Users")


@routes.get("/users/me", None, answers=UserRead, envelope="bare")
async def me(session: Any, call: Call) -> Answer:
    """Read the token's own user"""
    return Answer(200, (await service.reader.text(session, call.who.user_id)).encode())


@routes.get("/users", "read-users", listing=service.reader.listing, answers=UserRead, envelope="page")
async def browse(session: Any, call: Call) -> Answer:
    """List users"""
    return await service.reader.browse(session, call)


@routes.post(
    "/users",
    "create-users",
    answers=UserRead,
    example={
        "name": "Shop connector",
        "email": "machine@example.test",
        "password": "a-long-password-of-32-characters",
        "password_confirmation": "a-long-password-of-32-characters",
        "roles": [{"id": 4}],
    },
)
async def create(session: Any, body: UserBody) -> Answer:
    """Create a user"""
    return created(await service.reader.text(session, await service.create(session, body)))


@routes.get("/users/{id}", "read-users", answers=UserRead)
async def show(session: Any, call: Call, id: int) -> Answer:
    """Read a user"""
    return await service.reader.show(session, call, id)


@routes.put("/users/{id}", "update-users", answers=UserRead)
async def update(session: Any, body: UserUpdate, id: int) -> Answer:
    """Update a user

    A new password needs the old one. The last administrator keeps that role.
    """
    await service.change(session, id, body)
    return one(await service.reader.text(session, id))


@routes.delete("/users/{id}", "delete-users", envelope="none")
async def remove(session: Any, call: Call, id: int) -> Answer:
    """Delete a user with all its tokens

    Neither oneself nor the last administrator.
    """
    await service.remove(session, id, call.who.user_id)
    return NO_CONTENT
