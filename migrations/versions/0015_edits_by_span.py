"""What took a span's place is found without reading every edit: an index of the codes that edits are about."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute("CREATE INDEX ix_plant_edits_codes ON plant_edits USING gin (codes jsonb_path_ops)")


def downgrade() -> None:
    op.execute("DROP INDEX ix_plant_edits_codes")
