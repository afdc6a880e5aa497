"""Who looked at exact plant, and why an asset is not for everyone."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    for table in ("sites", "spans"):
        op.execute(f"""
        ALTER TABLE {table}
            ADD COLUMN foi_label text NOT NULL DEFAULT 'internal'
                CONSTRAINT ck_{table}_foi_label CHECK (foi_label IN ('public', 'internal', 'confidential')),
            ADD COLUMN foi_reason text,
            ADD CONSTRAINT ck_{table}_foi_reason CHECK (foi_label <> 'confidential' OR foi_reason IS NOT NULL)
        """)
    op.execute("""
    CREATE TABLE exact_views (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_exact_views PRIMARY KEY,
        at timestamptz NOT NULL,
        seen_on date NOT NULL,
        person_id bigint NOT NULL CONSTRAINT fk_exact_views_person_id_people REFERENCES people,
        member_id bigint CONSTRAINT fk_exact_views_member_id_members REFERENCES members,
        owner_id bigint NOT NULL CONSTRAINT fk_exact_views_owner_id_members REFERENCES members,
        reason text NOT NULL CONSTRAINT ck_exact_views_reason CHECK (reason IN ('lease', 'quote', 'staff')),
        place text NOT NULL,
        digest text NOT NULL,
        spans text[] NOT NULL,
        sites text[] NOT NULL,
        span_count bigint NOT NULL,
        site_count bigint NOT NULL,
        CONSTRAINT uq_exact_views_once_a_day UNIQUE (seen_on, person_id, place, digest, owner_id, reason)
    );
    CREATE INDEX ix_exact_views_owner_id ON exact_views (owner_id);
    CREATE TRIGGER history BEFORE UPDATE OR DELETE OR TRUNCATE ON exact_views EXECUTE FUNCTION refuse_change();
    """)


def downgrade() -> None:
    op.execute("DROP TABLE exact_views")
    for table in ("sites", "spans"):
        op.execute(f"ALTER TABLE {table} DROP COLUMN foi_label, DROP COLUMN foi_reason")
