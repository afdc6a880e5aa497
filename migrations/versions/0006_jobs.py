"""The tables of Procrastinate, which runs the jobs, as its own release brings them."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    # Straight to the driver: the file's % and : are SQL, not placeholders.
    op.get_bind().connection.driver_connection.execute(SchemaManager.get_schema())


def downgrade() -> None:
    op.execute("""
    DO $$
    DECLARE
        thing record;
    BEGIN
        FOR thing IN SELECT tablename FROM pg_tables
            WHERE schemaname = current_schema() AND tablename LIKE 'procrastinate\\_%'
        LOOP
            EXECUTE format('DROP TABLE %I CASCADE', thing.tablename);
        END LOOP;
        FOR thing IN SELECT p.oid::regprocedure AS name FROM pg_proc p
            WHERE p.pronamespace = current_schema()::regnamespace AND p.proname LIKE 'procrastinate\\_%'
        LOOP
            EXECUTE format('DROP FUNCTION %s CASCADE', thing.name);
        END LOOP;
        FOR thing IN SELECT t.typname FROM pg_type t
            WHERE t.typnamespace = current_schema()::regnamespace AND t.typname LIKE 'procrastinate\\_%'
                AND t.typtype IN ('e', 'c')
        LOOP
            EXECUTE format('DROP TYPE IF EXISTS %I CASCADE', thing.typname);
        END LOOP;
    END $$;
    """)
