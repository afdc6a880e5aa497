"""The migrations and the models say the same, and the migrations can be taken back."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from cni.db.migrate import SchemaOutdated, downgrade, ensure_schema, is_current, models_metadata, upgrade
from tests.factories import make_actor, make_contribution, make_member, make_site, make_span, make_tariff


def is_ours(thing, name, kind, reflected, compare_to) -> bool:
    """Procrastinate's tables come with it and have no models of ours."""
    table = thing if kind == "table" else thing.table
    return not table.name.startswith("procrastinate_")


def test_the_migrations_make_what_the_models_describe(connection):
    options = {"compare_type": True, "include_object": is_ours}

    differences = compare_metadata(MigrationContext.configure(connection, opts=options), models_metadata())

    assert differences == []
    assert is_current(connection)


def test_every_migration_can_be_taken_back_and_made_again(own_database):
    downgrade(own_database, "base")
    assert inspect(own_database).get_table_names() == ["alembic_version"]

    upgrade(own_database)
    with own_database.connect() as connection:
        assert is_current(connection)


def test_an_empty_database_is_given_the_schema_and_an_older_one_is_left_to_its_operator(own_database):
    downgrade(own_database, "0001")
    with pytest.raises(SchemaOutdated):
        ensure_schema(own_database)

    downgrade(own_database, "base")
    with own_database.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    ensure_schema(own_database)

    with own_database.connect() as connection:
        assert is_current(connection)


def test_the_tables_of_a_factory_hold_together(session):
    council = make_member(session, "a-council")
    actor = make_actor(session, council)
    plant = make_contribution(session, council)
    span = make_span(session, "S1", make_site(session, "A", plant), make_site(session, "Z", plant), council)
    make_tariff(session)

    assert actor.member_id == council.id
    assert [pair.state for pair in span.pairs].count("offered") == 4
