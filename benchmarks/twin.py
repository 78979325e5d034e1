"""How an ordinary service reads a profile: FastAPI, SQLAlchemy's async ORM with selectinload, pydantic on the way out.

The twin is kind to itself: it renders scalars, identities and addresses only, a fraction of the profile's shape.
"""

import os
import uuid
from datetime import datetime

import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, event, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload


class Base(DeclarativeBase):
    pass


class Profile(Base):
    __tablename__ = "profiles"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    first_name: Mapped[str]
    last_name: Mapped[str]
    email: Mapped[str | None]
    gender: Mapped[str | None]
    mobile_phone: Mapped[str | None]
    birth_year: Mapped[int | None]
    birth_month: Mapped[int | None]
    birth_day: Mapped[int | None]
    profile_type: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    identities: Mapped[list["Identity"]] = relationship()
    addresses: Mapped[list["Address"]] = relationship()


class Identity(Base):
    __tablename__ = "identities"
    id: Mapped[int] = mapped_column(primary_key=True)
    profile_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("profiles.id"))
    handle: Mapped[str]
    identifier: Mapped[str]
    is_primary: Mapped[bool]
    is_active: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Address(Base):
    __tablename__ = "profile_addresses"
    id: Mapped[int] = mapped_column(primary_key=True)
    profile_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("profiles.id"))
    city: Mapped[str]


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class IdentityOut(Out):
    id: int
    handle: str
    identifier: str
    is_primary: bool
    is_active: bool
    created_at: datetime
    updated_at: datetime


class AddressOut(Out):
    id: int
    city: str


class ProfileOut(Out):
    id: uuid.UUID
    first_name: str
    last_name: str
    email: str | None
    gender: str | None
    mobile_phone: str | None
    birth_year: int | None
    birth_month: int | None
    birth_day: int | None
    profile_type: str
    created_at: datetime
    updated_at: datetime
    identities: list[IdentityOut]
    addresses: list[AddressOut]


class Envelope(BaseModel):
    data: ProfileOut


engine = create_async_engine(os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"), pool_size=16)
sessions = async_sessionmaker(engine, expire_on_commit=False)


@event.listens_for(engine.sync_engine, "connect")
def serve_tenant(connection, _record):
    cursor = connection.cursor()
    cursor.execute("SET ROLE omneo_app")
    cursor.execute(f"SET omneo.tenant_id = {os.environ['BENCH_TENANT']}")
    cursor.close()
    connection.commit()


app = FastAPI()


@app.get("/profiles/{id}")
async def read(id: uuid.UUID) -> Envelope:
    async with sessions() as session:
        query = select(Profile).where(Profile.id == id)
        found = (
            await session.execute(query.options(selectinload(Profile.identities), selectinload(Profile.addresses)))
        ).scalar_one_or_none()
        if found is None:
            raise HTTPException(404)
        return Envelope(data=ProfileOut.model_validate(found))


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["PORT"]), loop="uvloop", http="httptools", log_level="error", access_log=False)
