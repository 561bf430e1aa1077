"""The kinds of posts: questions, announcements, polls, praise, events, decisions."""

import sqlalchemy as sa
from alembic import op

revision = "kinds_of_posts"
down_revision = "channels_in_full"
branch_labels = None
depends_on = None

TABLES = (
    "supersession",
    "attendance",
    "occasion",
    "praised",
    "vote",
    "poll_option",
    "poll",
    "addressee",
    "announcement",
    "accepted_answer",
)


def upgrade() -> None:
    create_answers_and_announcements()
    create_polls()
    create_praise_events_decisions()
    some_index("ix_post_question", "post", ["id"], "kind = 'question'")


def downgrade() -> None:
    op.drop_index("ix_post_question", "post")
    for table in TABLES:
        op.drop_table(table)


def some_index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def moment(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def number(name: str) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=False)


def yes_or_no(name: str) -> sa.Column:
    return sa.Column(name, sa.Boolean(), nullable=False)


def words(name: str, length: int) -> sa.Column:
    return sa.Column(name, sa.String(length=length), nullable=False)


def key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def create_answers_and_announcements() -> None:
    op.create_table(
        "accepted_answer",
        number("post_id"),
        number("comment_id"),
        number("accepted_by"),
        moment("accepted_at"),
        of("accepted_answer", "accepted_by", "person"),
        of("accepted_answer", "comment_id", "comment"),
        of("accepted_answer", "post_id", "post"),
        key("accepted_answer", "post_id"),
    )
    op.create_index(op.f("ix_accepted_answer_comment_id"), "accepted_answer", ["comment_id"])
    op.create_table(
        "announcement",
        number("post_id"),
        moment("due_at", null=True),
        number("audience"),
        number("acknowledged"),
        number("changed_after"),
        moment("reminded_at", null=True),
        moment("called_at", null=True),
        of("announcement", "post_id", "post"),
        key("announcement", "post_id"),
    )
    some_index("ix_announcement_due", "announcement", ["due_at"], "due_at IS NOT NULL AND called_at IS NULL")
    op.create_table(
        "addressee",
        number("post_id"),
        number("person_id"),
        yes_or_no("later"),
        moment("acknowledged_at", null=True),
        of("addressee", "person_id", "person"),
        of("addressee", "post_id", "post"),
        key("addressee", "post_id", "person_id"),
    )
    some_index("ix_addressee_owed", "addressee", ["person_id"], "acknowledged_at IS NULL")


def create_polls() -> None:
    op.create_table(
        "poll",
        number("post_id"),
        yes_or_no("multiple"),
        yes_or_no("anonymous"),
        moment("closes_at", null=True),
        moment("closed_at", null=True),
        number("voters"),
        of("poll", "post_id", "post"),
        key("poll", "post_id"),
    )
    some_index("ix_poll_closing", "poll", ["closes_at"], "closes_at IS NOT NULL AND closed_at IS NULL")
    op.create_table(
        "poll_option",
        number("id"),
        number("post_id"),
        number("place"),
        words("words", 120),
        number("votes"),
        of("poll_option", "post_id", "post"),
        key("poll_option", "id"),
        sa.UniqueConstraint("post_id", "place", name=op.f("uq_poll_option_post_id_place")),
    )
    op.create_table(
        "vote",
        number("id"),
        number("post_id"),
        number("option_id"),
        words("voter", 64),
        of("vote", "option_id", "poll_option"),
        of("vote", "post_id", "post"),
        key("vote", "id"),
        sa.UniqueConstraint("post_id", "voter", "option_id", name=op.f("uq_vote_post_id_voter_option_id")),
    )
    op.create_index("ix_vote_option", "vote", ["option_id"])


def create_praise_events_decisions() -> None:
    op.create_table(
        "praised",
        number("post_id"),
        number("person_id"),
        of("praised", "person_id", "person"),
        of("praised", "post_id", "post"),
        key("praised", "post_id", "person_id"),
    )
    op.create_index("ix_praised_person", "praised", ["person_id", "post_id"])
    op.create_table(
        "occasion",
        number("post_id"),
        moment("starts_at"),
        moment("ends_at"),
        words("zone", 64),
        words("place", 300),
        number("sequence"),
        moment("reminded_at", null=True),
        of("occasion", "post_id", "post"),
        key("occasion", "post_id"),
    )
    some_index("ix_occasion_near", "occasion", ["starts_at"], "reminded_at IS NULL")
    op.create_table(
        "attendance",
        number("post_id"),
        number("person_id"),
        words("answer", 8),
        moment("answered_at"),
        of("attendance", "person_id", "person"),
        of("attendance", "post_id", "post"),
        key("attendance", "post_id", "person_id"),
    )
    op.create_table(
        "supersession",
        number("old_id"),
        number("new_id"),
        of("supersession", "new_id", "post"),
        of("supersession", "old_id", "post"),
        key("supersession", "old_id"),
    )
    op.create_index(op.f("ix_supersession_new_id"), "supersession", ["new_id"])
