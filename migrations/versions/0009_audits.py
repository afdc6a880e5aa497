"""Audits of the whole plant that the worker makes, one for each revision of it."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("""
    CREATE TABLE network_audits (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_network_audits PRIMARY KEY,
        revision text NOT NULL CONSTRAINT uq_network_audits_revision UNIQUE,
        status text NOT NULL CONSTRAINT ck_network_audits_status
            CHECK (status IN ('waiting', 'running', 'done', 'failed')),
        percent bigint NOT NULL CONSTRAINT ck_network_audits_percent CHECK (percent BETWEEN 0 AND 100),
        requested_by_id bigint CONSTRAINT fk_network_audits_requested_by_id_people REFERENCES people,
        requested_at timestamptz NOT NULL,
        finished_at timestamptz,
        result jsonb,
        CONSTRAINT ck_network_audits_done CHECK ((status = 'done') = (result IS NOT NULL))
    )
    """)


def downgrade() -> None:
    op.execute("DROP TABLE network_audits")
