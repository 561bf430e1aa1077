"""Channels in full: who may comment and invite, personal sections, following persons, membership fed by teams."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "channels_in_full"
down_revision = "the_house_stands"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, default in (("who_comments", "everybody"), ("who_invites", "members")):
        op.add_column("channel", sa.Column(name, sa.String(length=12), nullable=False, server_default=default))
    # What was the rule of the kind is from now on what the channel says itself.
    op.execute("UPDATE channel SET who_invites = 'owners' WHERE kind NOT IN ('open', 'announcement')")
    op.execute("UPDATE channel SET who_posts = 'moderators' WHERE kind = 'announcement' AND who_posts = 'members'")
    membership()
    op.create_table(
        "channel_team",
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["added_by"], ["person.id"], name=op.f("fk_channel_team_added_by")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_channel_team_channel_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_channel_team_team_id")),
        sa.PrimaryKeyConstraint("channel_id", "team_id", name=op.f("pk_channel_team")),
    )
    op.create_index("ix_channel_team_team_id", "channel_team", ["team_id"], unique=False)
    op.create_table(
        "rail_layout",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("sections", sa.JSON(), nullable=False),
        sa.Column("unread_only", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_rail_layout_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_rail_layout")),
    )
    op.create_table(
        "person_follow",
        sa.Column("follower_id", sa.Integer(), nullable=False),
        sa.Column("followed_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("inner", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["followed_id"], ["person.id"], name=op.f("fk_person_follow_followed_id")),
        sa.ForeignKeyConstraint(["follower_id"], ["person.id"], name=op.f("fk_person_follow_follower_id")),
        sa.PrimaryKeyConstraint("follower_id", "followed_id", name=op.f("pk_person_follow")),
    )
    op.create_index("ix_person_follow_followed_id", "person_follow", ["followed_id"], unique=False)
    op.add_column("team", sa.Column("handle", sa.String(length=64), nullable=False, server_default=""))
    name_teams()
    op.create_index("uq_team_handle", "team", ["handle"], unique=True)


def membership() -> None:
    # SQLite takes a reference only within the column, in its own words.
    op.execute(
        "ALTER TABLE membership ADD COLUMN team_id INTEGER CONSTRAINT fk_membership_team_id REFERENCES team (id)"
    )
    op.add_column("membership", sa.Column("section", sa.String(length=48), nullable=False, server_default=""))
    op.add_column("membership", sa.Column("place", sa.Integer(), nullable=False, server_default="0"))


def name_teams() -> None:
    """Give every team a handle of its own that no person has."""
    bind = op.get_bind()
    taken = set(bind.execute(sa.text("SELECT handle FROM person")).scalars())
    for team_id, name in bind.execute(sa.text("SELECT id, name FROM team ORDER BY id")).all():
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        handle = first = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:56] or "team"
        number = 2
        while handle in taken:
            handle, number = f"{first}-{number}", number + 1
        taken.add(handle)
        bind.execute(sa.text("UPDATE team SET handle = :handle WHERE id = :id"), {"handle": handle, "id": team_id})


def downgrade() -> None:
    op.drop_index("uq_team_handle", table_name="team")
    op.drop_column("team", "handle")
    for table in ("person_follow", "rail_layout", "channel_team"):
        op.drop_table(table)
    for column in ("place", "section"):
        op.drop_column("membership", column)
    op.drop_column("membership", "team_id")
    for column in ("who_invites", "who_comments"):
        op.drop_column("channel", column)
