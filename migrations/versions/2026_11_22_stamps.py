"""Stamps of threads: what was rendered of a post is kept until its stamp is another."""

import sqlalchemy as sa
from alembic import op

revision = "stamps"
down_revision = "drafts_and_moves"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("thread", sa.Column("stamp", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("thread", "stamp")
