"""Files brought by members, what each import changed, and how its columns were read."""

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
