"""How an ordinary service reads the same profile: FastAPI, SQLAlchemy's async ORM, selectinload, JSON made in Python.

It loads the same mapped rows as the Read schema names (all relationships, to the same depth) and renders columns and
objects; what the schema computes in SQL (balances, counters, defaults) it leaves out, which is kind to it.
"""

import datetime as dt
import os
import uuid

import uvicorn
from fastapi import FastAPI, HTTPException
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import RelationshipProperty, selectinload

from omneo_api import registry
from omneo_api.foundation.render import Included, Sql, attribute, marker_of, shape_of
from omneo_api.profiles.profile.models import Profile
from omneo_api.profiles.profile.schemas import ProfileRead

registry.load()
engine = create_async_engine(os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"), pool_size=16)
sessions = async_sessionmaker(engine, expire_on_commit=False)


@event.listens_for(engine.sync_engine, "connect")
def serve_tenant(connection, _record):
    cursor = connection.cursor()
    cursor.execute("SET ROLE omneo_app")
    cursor.execute(f"SET omneo.tenant_id = {os.environ['BENCH_TENANT']}")
    cursor.close()
    connection.commit()


def is_relationship(found):
    return isinstance(getattr(found, "property", None), RelationshipProperty)


def mapped_fields(schema, model):
    """(name, attribute, nested schema) of the fields that are plain columns or relationships."""
    for name, info, nested in shape_of(schema).fields:
        if marker_of(info, Sql) or marker_of(info, Included) or not hasattr(model, name):
            continue
        found = attribute(model, name, info)
        if is_relationship(found) or getattr(found, "key", None) in model.__mapper__.column_attrs:
            yield name, found, nested


def loading(schema, model):
    """selectinload options to the depth of the schema."""
    options = []
    for _, found, nested in mapped_fields(schema, model):
        if is_relationship(found):
            target = found.property.mapper.class_
            option = selectinload(found)
            options.append(option.options(*loading(nested, target)) if nested else option)
    return options


def rendered(row, schema, model):
    result = {}
    for name, found, nested in mapped_fields(schema, model):
        value = getattr(row, found.key)
        if is_relationship(found):
            target = found.property.mapper.class_
            if nested is None:
                value = [one.handle if hasattr(one, "handle") else one.id for one in value]
            elif isinstance(value, list):
                value = [rendered(one, nested, target) for one in value]
            else:
                value = rendered(value, nested, target) if value is not None else None
        elif isinstance(value, dt.datetime):
            value = f"{value:%Y-%m-%d %H:%M:%S}"
        result[name] = value
    return result


OPTIONS = loading(ProfileRead, Profile)
app = FastAPI()


@app.get("/profiles/{id}")
async def read(id: uuid.UUID) -> dict:
    async with sessions() as session:
        found = (await session.execute(select(Profile).where(Profile.id == id).options(*OPTIONS))).scalar_one_or_none()
        if found is None:
            raise HTTPException(404)
        return {"data": rendered(found, ProfileRead, Profile)}


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["PORT"]), loop="uvloop", http="httptools", log_level="error", access_log=False)
