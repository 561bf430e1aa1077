"""Channels in full: who may comment and invite, personal sections, following persons, membership fed by teams."""

revision = "channels_in_full"
down_revision = "the_house_stands"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
