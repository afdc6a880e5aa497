"""What happened: the audit trail, and the trigger that keeps any row of history from being changed."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("""
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% of % is refused: it is history', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$;

    CREATE TABLE events (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_events PRIMARY KEY,
        at timestamptz NOT NULL,
        kind text NOT NULL,
        actor_id bigint CONSTRAINT fk_events_actor_id_people REFERENCES people,
        actor_name text NOT NULL,
        member_id bigint CONSTRAINT fk_events_member_id_members REFERENCES members,
        subject text NOT NULL,
        details jsonb NOT NULL
    );
    CREATE INDEX ix_events_at ON events (at);
    CREATE INDEX ix_events_member_id ON events (member_id);
    CREATE INDEX ix_events_subject ON events (subject);
    CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON events EXECUTE FUNCTION refuse_change();
    """)


def downgrade() -> None:
    op.execute("DROP TABLE events; DROP FUNCTION refuse_change()")
