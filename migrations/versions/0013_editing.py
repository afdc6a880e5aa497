"""Plant that is edited: what has left it and when, the days of a lease's route, and each edit with what it changed.

Sites and spans that have left the plant stay for the sake of history; `retired_on` is the first day without them. A
lease's use of a span may begin and end on a day (neither: always). `plant_edits` keeps the rows that an edit touched as
they were before and after it, so that it can be undone and made again.
"""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute("""
    ALTER TABLE sites ADD COLUMN retired_on date;
    ALTER TABLE spans ADD COLUMN retired_on date;

    ALTER TABLE lease_spans
        ADD COLUMN from_on date,
        ADD COLUMN until_on date,
        ADD CONSTRAINT ck_lease_spans_days CHECK (until_on > from_on);

    CREATE TABLE plant_edits (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_plant_edits PRIMARY KEY,
        reference text NOT NULL CONSTRAINT uq_plant_edits_reference UNIQUE,
        kind text NOT NULL CONSTRAINT ck_plant_edits_kind
            CHECK (kind IN ('split', 'merge', 'span', 'site', 'new_site')),
        member_id bigint CONSTRAINT fk_plant_edits_member_id_members REFERENCES members,
        person_id bigint CONSTRAINT fk_plant_edits_person_id_people REFERENCES people,
        made_at timestamptz NOT NULL,
        summary text NOT NULL,
        codes jsonb NOT NULL,
        before jsonb NOT NULL,
        after jsonb NOT NULL,
        undone_at timestamptz
    );
    CREATE INDEX ix_plant_edits_member_id ON plant_edits (member_id);
    """)


def downgrade() -> None:
    op.execute("""
    DROP TABLE plant_edits;
    ALTER TABLE lease_spans DROP COLUMN from_on, DROP COLUMN until_on;
    ALTER TABLE spans DROP COLUMN retired_on;
    ALTER TABLE sites DROP COLUMN retired_on;
    """)
