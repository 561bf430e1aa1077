"""Drafts kept here, posts for later, pins, moves, cross-posts, previews of links."""

revision = "drafts_and_moves"
down_revision = "threads_and_catching_up"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
