"""Threads that are followed and read, what is done or put off in Catch-up, the inner circle."""

revision = "threads_and_catching_up"
down_revision = "kinds_of_posts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
