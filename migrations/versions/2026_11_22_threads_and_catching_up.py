"""Threads that are followed and read, what is done or put off in Catch-up, the inner circle."""

import sqlalchemy as sa
from alembic import op

revision = "threads_and_catching_up"
down_revision = "kinds_of_posts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("thread", sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True))
    # In plain SQL: a column with its reference is added in place on both engines.
    op.execute(
        "ALTER TABLE thread ADD COLUMN resolved_by INTEGER CONSTRAINT fk_thread_resolved_by REFERENCES person (id)"
    )
    op.create_index("ix_post_author_newest", "post", ["author_id", "published_at"])
    op.create_table(
        "thread_follow",
        number("person_id"),
        number("thread_id"),
        yes_or_no("following"),
        yes_or_no("chosen"),
        number("read_id"),
        yes_or_no("news"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        of("thread_follow", "person_id", "person"),
        of("thread_follow", "thread_id", "thread"),
        sa.PrimaryKeyConstraint("person_id", "thread_id", name=op.f("pk_thread_follow")),
    )
    news = sa.text("news")
    op.create_index("ix_thread_follow_news", "thread_follow", ["person_id"], sqlite_where=news, postgresql_where=news)
    op.create_index("ix_thread_follow_thread", "thread_follow", ["thread_id"])
    op.create_table(
        "catch_up_mark",
        number("person_id"),
        sa.Column("kind", sa.String(length=12), nullable=False),
        number("thing_id"),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        number("seen"),
        of("catch_up_mark", "person_id", "person"),
        sa.PrimaryKeyConstraint("person_id", "kind", "thing_id", name=op.f("pk_catch_up_mark")),
    )
    op.create_table(
        "catch_up_act",
        sa.Column("id", sa.Integer(), nullable=False),
        number("person_id"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        of("catch_up_act", "person_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catch_up_act")),
    )
    op.create_index("ix_catch_up_act_person", "catch_up_act", ["person_id", "at"])
    follow_what_was_written()


def follow_what_was_written() -> None:
    """Let whoever wrote in a thread before follow it, with everything in it read."""
    op.execute(
        """
        INSERT INTO thread_follow (person_id, thread_id, following, chosen, read_id, news, since)
        SELECT wrote.person_id, wrote.thread_id, true, false,
               coalesce((SELECT max(comment.id) FROM comment WHERE comment.thread_id = wrote.thread_id), 0),
               false, wrote.since
        FROM (
            SELECT person_id, thread_id, min(since) AS since FROM (
                SELECT author_id AS person_id, thread_id, published_at AS since FROM post
                WHERE author_id IS NOT NULL AND kind <> 'conversation'
                UNION ALL SELECT author_id, thread_id, created_at FROM comment
            ) AS words GROUP BY person_id, thread_id
        ) AS wrote
        """
    )


def downgrade() -> None:
    for table in ("catch_up_act", "catch_up_mark", "thread_follow"):
        op.drop_table(table)
    op.drop_index("ix_post_author_newest", "post")
    op.drop_column("thread", "resolved_by")
    op.drop_column("thread", "resolved_at")


def number(name: str) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=False)


def yes_or_no(name: str) -> sa.Column:
    return sa.Column(name, sa.Boolean(), nullable=False)


def of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
