"""The kinds of posts: questions, announcements, polls, praise, events, decisions."""

revision = "kinds_of_posts"
down_revision = "channels_in_full"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
