"""The declarative base: how tables name their constraints and which column type stands for which Python type."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Date, Identity, LargeBinary, MetaData, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class Base(DeclarativeBase):
    """The base of every table. Integers are 64-bit, strings are unbounded text, instants carry their time zone."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        bytes: LargeBinary,
        date: Date,
        datetime: TIMESTAMP(timezone=True),
        Decimal: Numeric,
        dict[str, Any]: JSONB,
        int: BigInteger,
        str: Text,
    }


class Identified:
    """A table with a number of its own, which is never shown to people."""

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)


class Word(TypeDecorator[StrEnum]):
    """A column of one of the words of an enumeration, stored as text with a CHECK of the migration's own."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: str | None, dialect: object) -> str | None:
        """Refuse a word that is not in the enumeration before it reaches the database."""
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, dialect: object) -> StrEnum | None:
        """Return the member of the enumeration."""
        return None if value is None else self.words(value)
