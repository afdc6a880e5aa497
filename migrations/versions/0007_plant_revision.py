"""The revision of the plant: what tells every process that the network it holds in memory is no longer the plant.

The revision is the set of values in `plant_revision`, nearly always one. Each statement that writes plant takes out
those that nobody else is taking out, and puts in a new one: so a revision differs after every change, never comes back
after a rollback or in another database, and a transaction sees its own. Two writers never wait for each other here (one
row that both must update would be held to the end of a transaction, and could deadlock with locks on spans); where they
overlap, both values stay until the next writer. Leases and allocations are not plant.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

PLANT = ("contributions", "sites", "risk_groups", "spans", "span_risks", "fibre_pairs")


def upgrade() -> None:
    op.execute("""
    CREATE TABLE plant_revision (revision uuid CONSTRAINT pk_plant_revision PRIMARY KEY);
    INSERT INTO plant_revision VALUES (gen_random_uuid());

    CREATE FUNCTION renew_plant_revision() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM plant_revision
            WHERE revision IN (SELECT standing.revision FROM plant_revision AS standing FOR UPDATE SKIP LOCKED);
        INSERT INTO plant_revision VALUES (gen_random_uuid());
        PERFORM pg_notify('plant_revision', '');  -- without a payload: one for a transaction, sent when it commits
        RETURN NULL;
    END $$;
    """)
    for table in PLANT:
        op.execute(f"""
        CREATE TRIGGER plant_revision AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION renew_plant_revision()
        """)
    # The network knows the owners of spans by what they are called.
    op.execute("""
    CREATE TRIGGER plant_revision AFTER UPDATE OF slug, name ON members
        FOR EACH STATEMENT EXECUTE FUNCTION renew_plant_revision()
    """)


def downgrade() -> None:
    for table in (*PLANT, "members"):
        op.execute(f"DROP TRIGGER plant_revision ON {table}")
    op.execute("DROP FUNCTION renew_plant_revision()")
    op.execute("DROP TABLE plant_revision")
