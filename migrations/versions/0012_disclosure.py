"""Who looked at exact plant, and why an asset is not for everyone."""

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
