"""The house stands: every table of the first version, the search index beside them, the audit log that only grows."""

import sqlalchemy as sa
from alembic import op

revision = "the_house_stands"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_tables()
    if op.get_bind().dialect.name == "sqlite":
        for statement in SQLITE_SEARCH + SQLITE_AUDIT:
            op.execute(statement)
    else:
        create_fold()
        for statement in POSTGRESQL_SEARCH + POSTGRESQL_AUDIT:
            op.execute(statement)


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    if sqlite:
        op.execute("DROP TABLE search_index")
    for table in TABLES:
        op.drop_table(table)
    if not sqlite:
        op.execute("DROP FUNCTION parley_fold(text)")
        op.execute("DROP FUNCTION parley_only_added()")


def create_fold() -> None:
    """Make `parley_fold`, which takes accents off where the extension for it may be had, as FTS5 does on SQLite."""
    op.execute("""
        DO $$ BEGIN CREATE EXTENSION IF NOT EXISTS unaccent;
        EXCEPTION WHEN OTHERS THEN RAISE NOTICE 'unaccent cannot be had, search keeps accents: %', SQLERRM; END $$
    """)
    schema = op.get_bind().scalar(
        sa.text(
            "SELECT quote_ident(nspname) FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace"
            " WHERE extname = 'unaccent'"
        )
    )
    # The index needs an immutable function, and a restore runs with an empty search path: hence the full names.
    body = f"{schema}.unaccent('{schema}.unaccent'::regdictionary, $1)" if schema else "$1"
    op.execute(
        f"CREATE FUNCTION parley_fold(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT"
        f" AS $$ SELECT {body} $$"
    )


SQLITE_SEARCH = (
    """
    CREATE VIRTUAL TABLE search_index USING fts5(
        title, body, content='search_document', content_rowid='post_id', prefix='2 3',
        tokenize="unicode61 remove_diacritics 2"
    )
    """,
    """
    CREATE TRIGGER search_document_added AFTER INSERT ON search_document BEGIN
        INSERT INTO search_index(rowid, title, body) VALUES (new.post_id, new.title, new.body);
    END
    """,
    """
    CREATE TRIGGER search_document_removed AFTER DELETE ON search_document BEGIN
        INSERT INTO search_index(search_index, rowid, title, body)
        VALUES ('delete', old.post_id, old.title, old.body);
    END
    """,
    """
    CREATE TRIGGER search_document_changed AFTER UPDATE ON search_document BEGIN
        INSERT INTO search_index(search_index, rowid, title, body)
        VALUES ('delete', old.post_id, old.title, old.body);
        INSERT INTO search_index(rowid, title, body) VALUES (new.post_id, new.title, new.body);
    END
    """,
)
SQLITE_AUDIT = (
    """
    CREATE TRIGGER audit_keeps_rows BEFORE DELETE ON audit BEGIN
        SELECT RAISE(ABORT, 'the audit log is only added to');
    END
    """,
    """
    CREATE TRIGGER audit_keeps_words BEFORE UPDATE ON audit BEGIN
        SELECT RAISE(ABORT, 'the audit log is only added to');
    END
    """,
)
POSTGRESQL_SEARCH = (
    """
    ALTER TABLE search_document ADD COLUMN words tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('simple', parley_fold(title)), 'A')
        || setweight(to_tsvector('simple', parley_fold(body)), 'B')
    ) STORED
    """,
    "CREATE INDEX ix_search_document_words ON search_document USING gin (words)",
)
POSTGRESQL_AUDIT = (
    """
    CREATE FUNCTION parley_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the audit log is only added to'; END $$
    """,
    """
    CREATE TRIGGER audit_keeps_rows BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION parley_only_added()
    """,
    """
    CREATE TRIGGER audit_keeps_all BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION parley_only_added()
    """,
)


def create_tables() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    op.create_table(
        "event",
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("topic", "seq", name=op.f("pk_event")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_event_at", "event", ["at"], unique=False)
    op.create_table(
        "job",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("again", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("error", sa.String(length=2000), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_job_due",
        "job",
        ["due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state <> 'dead'"),
        postgresql_where=sa.text("state <> 'dead'"),
    )
    op.create_index(
        "uq_job_live_key",
        "job",
        ["kind", "key"],
        unique=True,
        sqlite_where=sa.text("key IS NOT NULL AND state <> 'dead'"),
        postgresql_where=sa.text("key IS NOT NULL AND state <> 'dead'"),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("handle", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_norm", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("break_glass", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deactivated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("theme", sa.String(length=8), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("single_keys", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email_norm", name=op.f("uq_person_email_norm")),
        sa.UniqueConstraint("handle", name=op.f("uq_person_handle")),
    )
    op.create_table(
        "provider",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("client_id", sa.String(length=500), nullable=False),
        sa.Column("client_secret_sealed", sa.String(length=4000), nullable=False),
        sa.Column("groups_claim", sa.String(length=200), nullable=False),
        sa.Column("domains", sa.JSON(), nullable=False),
        sa.Column("trust_email", sa.Boolean(), nullable=False),
        sa.Column("jit", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider")),
        sa.UniqueConstraint("slug", name=op.f("uq_provider_slug")),
    )
    op.create_table(
        "schedule",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedule")),
    )
    op.create_table(
        "team",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("name", name=op.f("uq_team_name")),
    )
    op.create_table(
        "thread",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("comment_count", sa.Integer(), nullable=False),
        sa.Column("last_comment_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread")),
    )
    op.create_table(
        "topic",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("floor", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_topic")),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_api_token_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index("ix_api_token_person_id", "api_token", ["person_id"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("via", sa.String(length=40), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=80), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_audit_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_index("ix_audit_event", "audit", ["event", "at"], unique=False)
    op.create_table(
        "channel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("name_norm", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("purpose", sa.String(length=250), nullable=False),
        sa.Column("section", sa.String(length=40), nullable=False),
        sa.Column("direct_key", sa.String(length=200), nullable=True),
        sa.Column("who_posts", sa.String(length=12), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_channel_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel")),
        sa.UniqueConstraint("direct_key", name=op.f("uq_channel_direct_key")),
        sa.UniqueConstraint("name_norm", name=op.f("uq_channel_name_norm")),
    )
    op.create_table(
        "comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(length=16000), nullable=False),
        sa.Column("body_html", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(length=36), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_comment_author_id")),
        sa.ForeignKeyConstraint(["removed_by"], ["person.id"], name=op.f("fk_comment_removed_by")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_comment_thread_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
        sa.UniqueConstraint("author_id", "client_id", name=op.f("uq_comment_author_id_client_id")),
    )
    op.create_index("ix_comment_thread", "comment", ["thread_id", "id"], unique=False)
    op.create_table(
        "contact_identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("network", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("address_norm", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("evidence", sa.String(length=40), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_contact_identity_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_identity")),
        sa.UniqueConstraint("network", "address_norm", name=op.f("uq_contact_identity_network_address_norm")),
    )
    op.create_index("ix_contact_identity_contact", "contact_identity", ["contact_id"], unique=False)
    op.create_table(
        "external_identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_external_identity_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_external_identity_issuer_subject")),
    )
    op.create_index(op.f("ix_external_identity_person_id"), "external_identity", ["person_id"], unique=False)
    op.create_table(
        "role_grant",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("granted_by", sa.Integer(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["granted_by"], ["person.id"], name=op.f("fk_role_grant_granted_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_role_grant_person_id")),
        sa.PrimaryKeyConstraint("person_id", "role", name=op.f("pk_role_grant")),
    )
    op.create_table(
        "session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(length=40), nullable=False),
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("sid", sa.String(length=255), nullable=False),
        sa.Column("agent", sa.String(length=400), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_session_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_session_token_hash")),
    )
    op.create_index(op.f("ix_session_person_id"), "session", ["person_id"], unique=False)
    op.create_table(
        "sign_in_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reusable", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sign_in_link_person_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_link")),
    )
    op.create_index(op.f("ix_sign_in_link_person_id"), "sign_in_link", ["person_id"], unique=False)
    op.create_table(
        "sign_in_transaction",
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("binding_hash", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=100), nullable=False),
        sa.Column("code_verifier", sa.String(length=128), nullable=False),
        sa.Column("next", sa.String(length=2000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.id"], name=op.f("fk_sign_in_transaction_provider_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_sign_in_transaction")),
    )
    op.create_index(op.f("ix_sign_in_transaction_created_at"), "sign_in_transaction", ["created_at"], unique=False)
    op.create_table(
        "source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("address_norm", sa.String(length=320), nullable=False),
        sa.Column("display_name", sa.String(length=120), nullable=False),
        sa.Column("signature", sa.String(length=2000), nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("secrets_sealed", sa.String(length=8000), nullable=False),
        sa.Column("cursor", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_source_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("address_norm", name=op.f("uq_source_address_norm")),
        sa.UniqueConstraint("name", name=op.f("uq_source_name")),
    )
    op.create_table(
        "conversation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("state_before_spam", sa.String(length=10), nullable=False),
        sa.Column("waiting_on", sa.String(length=8), nullable=False),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assignee_id", sa.Integer(), nullable=True),
        sa.Column("channel_id", sa.Integer(), nullable=True),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("historic", sa.Boolean(), nullable=False),
        sa.Column("follows_id", sa.Integer(), nullable=True),
        sa.Column("client_id", sa.String(length=36), nullable=True),
        sa.Column("last_message_id", sa.Integer(), nullable=True),
        sa.Column("last_excerpt", sa.String(length=300), nullable=False),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["assignee_id"], ["person.id"], name=op.f("fk_conversation_assignee_id")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_conversation_channel_id")),
        sa.ForeignKeyConstraint(["follows_id"], ["conversation.id"], name=op.f("fk_conversation_follows_id")),
        sa.ForeignKeyConstraint(["identity_id"], ["contact_identity.id"], name=op.f("fk_conversation_identity_id")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_conversation_source_id")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_conversation_thread_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
        sa.UniqueConstraint("client_id", name=op.f("uq_conversation_client_id")),
        sa.UniqueConstraint("thread_id", name=op.f("uq_conversation_thread_id")),
    )
    op.create_index("ix_conversation_assignee", "conversation", ["assignee_id", "state"], unique=False)
    op.create_index("ix_conversation_identity", "conversation", ["identity_id"], unique=False)
    op.create_index("ix_conversation_queue", "conversation", ["state", "waiting_since"], unique=False)
    op.create_index("ix_conversation_source", "conversation", ["source_id"], unique=False)
    op.create_table(
        "membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("follow", sa.String(length=10), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("added_by", sa.Integer(), nullable=True),
        sa.Column("removed_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["added_by"], ["person.id"], name=op.f("fk_membership_added_by")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_membership_channel_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_membership_person_id")),
        sa.ForeignKeyConstraint(["removed_by"], ["person.id"], name=op.f("fk_membership_removed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
    )
    op.create_index("ix_membership_person", "membership", ["person_id", "until"], unique=False)
    op.create_index(
        "uq_membership_open",
        "membership",
        ["channel_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "post",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.String(length=16000), nullable=False),
        sa.Column("body_html", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(length=36), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_post_author_id")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_post_channel_id")),
        sa.ForeignKeyConstraint(["removed_by"], ["person.id"], name=op.f("fk_post_removed_by")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_post_thread_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post")),
        sa.UniqueConstraint("author_id", "client_id", name=op.f("uq_post_author_id_client_id")),
        sa.UniqueConstraint("channel_id", "number", name=op.f("uq_post_channel_id_number")),
    )
    op.create_index("ix_post_channel_newest", "post", ["channel_id", "id"], unique=False)
    op.create_index("ix_post_own", "post", ["channel_id", "author_id", "number"], unique=False)
    op.create_index(
        "ix_post_removed",
        "post",
        ["channel_id", "number"],
        unique=False,
        sqlite_where=sa.text("removed_at IS NOT NULL"),
        postgresql_where=sa.text("removed_at IS NOT NULL"),
    )
    op.create_index("ix_post_kind_newest", "post", ["channel_id", "kind", "id"], unique=False)
    op.create_index(
        "ix_post_surfaced",
        "post",
        ["channel_id", "number"],
        unique=False,
        sqlite_where=sa.text("kind = 'conversation'"),
        postgresql_where=sa.text("kind = 'conversation'"),
    )
    op.create_index("ix_post_thread", "post", ["thread_id"], unique=False)
    op.create_table(
        "raw_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(length=500), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("envelope", sa.JSON(), nullable=False),
        sa.Column("historic", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_raw_delivery_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_raw_delivery")),
        sa.UniqueConstraint("source_id", "external_id", name=op.f("uq_raw_delivery_source_id_external_id")),
    )
    op.create_index("ix_raw_delivery_state", "raw_delivery", ["state"], unique=False)
    op.create_table(
        "reading_position",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_reading_position_channel_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_reading_position_person_id")),
        sa.PrimaryKeyConstraint("person_id", "channel_id", name=op.f("pk_reading_position")),
    )
    op.create_table(
        "stream",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_stream_channel_id")),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_stream_created_by")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_stream_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stream")),
    )
    op.create_index("ix_stream_channel", "stream", ["channel_id"], unique=False)
    op.create_index("ix_stream_source", "stream", ["source_id"], unique=False)
    op.create_table(
        "claim",
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_claim_conversation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_claim_person_id")),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_claim")),
    )
    op.create_index(op.f("ix_claim_person_id"), "claim", ["person_id"], unique=False)
    op.create_table(
        "conversation_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_conversation_act_actor_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_conversation_act_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_act")),
    )
    op.create_index("ix_conversation_act_conversation", "conversation_act", ["conversation_id", "id"], unique=False)
    op.create_table(
        "file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=True),
        sa.Column("comment_id", sa.Integer(), nullable=True),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("thumb_key", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("alt", sa.String(length=1000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_file_comment_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_file_owner_id")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_file_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file")),
    )
    op.create_index("ix_file_comment", "file", ["comment_id"], unique=False)
    op.create_index("ix_file_post", "file", ["post_id"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("external_id", sa.String(length=500), nullable=False),
        sa.Column("in_reply_to", sa.String(length=500), nullable=False),
        sa.Column("references", sa.JSON(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("reply_id", sa.Integer(), nullable=True),
        sa.Column("sender_name", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("quoted_text", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("automatic", sa.String(length=40), nullable=False),
        sa.Column("authenticity", sa.JSON(), nullable=False),
        sa.Column("new_participant", sa.Boolean(), nullable=False),
        sa.Column("unreadable", sa.String(length=300), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("raw_key", sa.String(length=80), nullable=False),
        sa.Column("cc", sa.JSON(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_message_author_id")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_message_conversation_id")),
        sa.ForeignKeyConstraint(["identity_id"], ["contact_identity.id"], name=op.f("fk_message_identity_id")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_message_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("reply_id", name=op.f("uq_message_reply_id")),
        sa.UniqueConstraint("source_id", "external_id", name=op.f("uq_message_source_id_external_id")),
    )
    op.create_index("ix_message_conversation", "message", ["conversation_id", "id"], unique=False)
    op.create_index("ix_message_in_reply_to", "message", ["source_id", "in_reply_to"], unique=False)
    op.create_table(
        "notification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("about", sa.String(length=80), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("post_id", sa.Integer(), nullable=True),
        sa.Column("comment_id", sa.Integer(), nullable=True),
        sa.Column("conversation_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_notification_actor_id")),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_notification_comment_id")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_notification_conversation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notification_person_id")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_notification_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("person_id", "about", name=op.f("uq_notification_person_id_about")),
    )
    op.create_index("ix_notification_unread", "notification", ["person_id", "read_at"], unique=False)
    op.create_table(
        "participant",
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_participant_conversation_id")),
        sa.ForeignKeyConstraint(["identity_id"], ["contact_identity.id"], name=op.f("fk_participant_identity_id")),
        sa.PrimaryKeyConstraint("conversation_id", "identity_id", name=op.f("pk_participant")),
    )
    op.create_table(
        "reaction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=True),
        sa.Column("comment_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("emoji", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(post_id IS NULL) <> (comment_id IS NULL)", name=op.f("ck_reaction_one_target")),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_reaction_comment_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_reaction_person_id")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_reaction_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reaction")),
        sa.UniqueConstraint("comment_id", "person_id", "emoji", name=op.f("uq_reaction_comment_id_person_id_emoji")),
        sa.UniqueConstraint("post_id", "person_id", "emoji", name=op.f("uq_reaction_post_id_person_id_emoji")),
    )
    op.create_table(
        "search_document",
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_search_document_channel_id")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_search_document_post_id")),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_search_document")),
    )
    op.create_table(
        "surfacing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("stream_id", sa.Integer(), nullable=True),
        sa.Column("surfaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_surfacing_channel_id")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_surfacing_conversation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_surfacing_person_id")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_surfacing_post_id")),
        sa.ForeignKeyConstraint(["stream_id"], ["stream.id"], name=op.f("fk_surfacing_stream_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surfacing")),
        sa.UniqueConstraint("conversation_id", "channel_id", name=op.f("uq_surfacing_conversation_id_channel_id")),
        sa.UniqueConstraint("post_id", name=op.f("uq_surfacing_post_id")),
    )
    op.create_index("ix_surfacing_channel", "surfacing", ["channel_id"], unique=False)
    op.create_table(
        "watch",
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_watch_conversation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_watch_person_id")),
        sa.PrimaryKeyConstraint("conversation_id", "person_id", name=op.f("pk_watch")),
    )
    op.create_table(
        "wording",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=True),
        sa.Column("comment_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_by", sa.Integer(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(post_id IS NULL) <> (comment_id IS NULL)", name=op.f("ck_wording_one_target")),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_wording_comment_id")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_wording_post_id")),
        sa.ForeignKeyConstraint(["replaced_by"], ["person.id"], name=op.f("fk_wording_replaced_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wording")),
    )
    op.create_index("ix_wording_comment", "wording", ["comment_id"], unique=False)
    op.create_index("ix_wording_post", "wording", ["post_id"], unique=False)
    op.create_table(
        "message_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("thumb_key", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_message_file_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_file")),
    )
    op.create_index("ix_message_file_message", "message_file", ["message_id"], unique=False)
    op.create_table(
        "profile",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("pronouns", sa.String(length=40), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("hours", sa.String(length=120), nullable=False),
        sa.Column("status", sa.String(length=120), nullable=False),
        sa.Column("about", sa.String(length=2000), nullable=False),
        sa.Column("ask_me_about", sa.JSON(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("manager_id", sa.Integer(), nullable=True),
        sa.Column("hue", sa.Integer(), nullable=False),
        sa.Column("face", sa.String(length=16), nullable=False),
        sa.Column("photo_file_id", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["manager_id"], ["person.id"], name=op.f("fk_profile_manager_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_profile_person_id")),
        sa.ForeignKeyConstraint(["photo_file_id"], ["file.id"], name=op.f("fk_profile_photo_file_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_profile_team_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_profile")),
    )
    op.create_index(op.f("ix_profile_team_id"), "profile", ["team_id"], unique=False)
    op.create_table(
        "reply",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.String(length=36), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("body", sa.String(length=16000), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("answers_id", sa.Integer(), nullable=True),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(length=500), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trying_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["answers_id"], ["message.id"], name=op.f("fk_reply_answers_id")),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_reply_author_id")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_reply_conversation_id")),
        sa.ForeignKeyConstraint(["identity_id"], ["contact_identity.id"], name=op.f("fk_reply_identity_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply")),
        sa.UniqueConstraint("author_id", "client_id", name=op.f("uq_reply_author_id_client_id")),
    )
    op.create_index("ix_reply_conversation", "reply", ["conversation_id"], unique=False)
    op.create_index("ix_reply_external_id", "reply", ["external_id"], unique=False)
    op.create_index("ix_reply_state", "reply", ["state"], unique=False)
    op.create_table(
        "reply_file",
        sa.Column("reply_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_reply_file_file_id")),
        sa.ForeignKeyConstraint(["reply_id"], ["reply.id"], name=op.f("fk_reply_file_reply_id")),
        sa.PrimaryKeyConstraint("reply_id", "file_id", name=op.f("pk_reply_file")),
    )
    op.create_table(
        "reply_recipient",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reply_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=3), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("address_norm", sa.String(length=320), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("detail", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["reply_id"], ["reply.id"], name=op.f("fk_reply_recipient_reply_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply_recipient")),
        sa.UniqueConstraint("reply_id", "address_norm", name=op.f("uq_reply_recipient_reply_id_address_norm")),
    )


TABLES = (
    "reply_recipient",
    "reply_file",
    "reply",
    "profile",
    "message_file",
    "wording",
    "watch",
    "surfacing",
    "search_document",
    "reaction",
    "participant",
    "notification",
    "message",
    "file",
    "conversation_act",
    "claim",
    "stream",
    "reading_position",
    "raw_delivery",
    "post",
    "membership",
    "conversation",
    "source",
    "sign_in_transaction",
    "sign_in_link",
    "session",
    "role_grant",
    "external_identity",
    "contact_identity",
    "comment",
    "channel",
    "audit",
    "api_token",
    "topic",
    "thread",
    "team",
    "schedule",
    "provider",
    "person",
    "lease",
    "job",
    "event",
    "contact",
)
"""In the order in which they can go."""
