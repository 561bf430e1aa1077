"""Drafts kept here, posts for later, pins, moves, cross-posts, previews of links."""

import sqlalchemy as sa
from alembic import op

revision = "drafts_and_moves"
down_revision = "threads_and_catching_up"
branch_labels = None
depends_on = None
TABLES = ("emoji_habit", "post_link", "link_preview", "moved_post", "scheduled_post", "draft")


def upgrade() -> None:
    add_columns()
    add_waiting()
    add_places()
    add_links()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_index("ix_post_origin", "post")
    op.drop_index("ix_post_pinned", "post")
    with op.batch_alter_table("file") as file:
        file.drop_column("position")
    with op.batch_alter_table("post") as post:
        for column in ("origin_id", "pinned_by", "pinned_at"):
            post.drop_column(column)


def add_columns() -> None:
    # In plain SQL: a column with its reference is added in place on both engines, without copying every post.
    for column, other in (("pinned_by", "person"), ("origin_id", "post")):
        op.execute(f"ALTER TABLE post ADD COLUMN {column} INTEGER CONSTRAINT fk_post_{column} REFERENCES {other} (id)")
    op.add_column("post", sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("file", sa.Column("position", sa.Integer(), server_default="0", nullable=False))
    for name, columns in (("pinned", ["channel_id", "pinned_at"]), ("origin", ["origin_id"])):
        rule = sa.text(f"{columns[-1]} IS NOT NULL")
        op.create_index(f"ix_post_{name}", "post", columns, unique=False, sqlite_where=rule, postgresql_where=rule)


def person(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f(f"fk_{table}_person_id"))


def channel(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f(f"fk_{table}_channel_id"))


def words(body: int) -> tuple[sa.Column, ...]:
    """What is written and not published yet."""
    return (
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.String(length=body), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("file_ids", sa.JSON(), nullable=False),
    )


def add_waiting() -> None:
    op.create_table(
        "draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=True),
        *words(20_000),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        person("draft"),
        channel("draft"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("person_id", "place", name=op.f("uq_draft_person_id_place")),
    )
    op.create_table(
        "scheduled_post",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.String(length=36), nullable=False),
        *words(16_000),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        person("scheduled_post"),
        channel("scheduled_post"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduled_post")),
        sa.UniqueConstraint("person_id", "client_id", name=op.f("uq_scheduled_post_person_id_client_id")),
    )
    op.create_index("ix_scheduled_post_due", "scheduled_post", ["due_at", "id"], unique=False)


def add_places() -> None:
    op.create_table(
        "moved_post",
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("moved_by", sa.Integer(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        channel("moved_post"),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_moved_post_post_id")),
        sa.ForeignKeyConstraint(["moved_by"], ["person.id"], name=op.f("fk_moved_post_moved_by")),
        sa.PrimaryKeyConstraint("channel_id", "number", name=op.f("pk_moved_post")),
    )
    op.create_index("ix_moved_post_post", "moved_post", ["post_id"], unique=False)


def add_links() -> None:
    op.create_table(
        "link_preview",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("url_hash", sa.String(length=64), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(length=400), nullable=False),
        sa.Column("site", sa.String(length=100), nullable=False),
        sa.Column("picture_key", sa.String(length=80), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_preview")),
        sa.UniqueConstraint("url_hash", name=op.f("uq_link_preview_url_hash")),
    )
    op.create_table(
        "post_link",
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("preview_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_post_link_post_id")),
        sa.ForeignKeyConstraint(["preview_id"], ["link_preview.id"], name=op.f("fk_post_link_preview_id")),
        sa.PrimaryKeyConstraint("post_id", "preview_id", name=op.f("pk_post_link")),
    )
    op.create_index("ix_post_link_preview", "post_link", ["preview_id"], unique=False)
    op.create_table(
        "emoji_habit",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("tone", sa.String(length=4), nullable=False),
        sa.Column("recent", sa.JSON(), nullable=False),
        person("emoji_habit"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_emoji_habit")),
    )
