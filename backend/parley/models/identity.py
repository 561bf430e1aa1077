"""Written by `identity`: persons as accounts, how they sign in, and what they may."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from parley.models.columns import document, moment, reference


class Person(SQLModel, table=True):
    """An employee's account. The handle is kept for good; mentions store the id."""

    id: int | None = Field(default=None, primary_key=True)
    handle: str = Field(max_length=64, unique=True)
    email: str = Field(max_length=320)
    email_norm: str = Field(max_length=320, unique=True)
    name: str = Field(max_length=120)
    active: bool = Field(default=True)
    break_glass: bool = Field(default=False)
    created_at: datetime = moment()
    deactivated_at: datetime | None = moment(default=None, nullable=True)
    seen_at: datetime | None = moment(default=None, nullable=True)
    language: str = Field(default="", max_length=16)
    """Empty follows the browser."""
    theme: str = Field(default="auto", max_length=8)
    time_zone: str = Field(default="", max_length=64)
    single_keys: bool = Field(default=True)


class RoleGrant(SQLModel, table=True):
    """A role that a person holds; who gave it and when stands beside it."""

    __tablename__ = "role_grant"
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    role: str = Field(primary_key=True, max_length=32)
    granted_by: int | None = reference("person", null=True)
    granted_at: datetime = moment()


class Provider(SQLModel, table=True):
    """An OpenID Connect provider; its client secret is sealed to this row."""

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=80)
    issuer: str = Field(max_length=500)
    client_id: str = Field(max_length=500)
    client_secret_sealed: str = Field(default="", max_length=4000)
    groups_claim: str = Field(default="", max_length=200)
    domains: list[str] = document(list)
    trust_email: bool = Field(default=False)
    jit: bool = Field(default=False)
    enabled: bool = Field(default=True)
    created_at: datetime = moment()


class ExternalIdentity(SQLModel, table=True):
    """Who a person is at a provider: issuer and subject, never the e-mail."""

    __tablename__ = "external_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = reference("person", index=True)
    issuer: str = Field(max_length=500)
    subject: str = Field(max_length=255)
    linked_at: datetime = moment()


class SignInTransaction(SQLModel, table=True):
    """One sign-in on its way through a provider: single use, ten minutes."""

    __tablename__ = "sign_in_transaction"
    state_hash: str = Field(primary_key=True, max_length=64)
    provider_id: int = reference("provider", ondelete="CASCADE")
    binding_hash: str = Field(max_length=64)
    nonce: str = Field(max_length=100)
    code_verifier: str = Field(max_length=128)
    next: str = Field(default="/", max_length=2000)
    created_at: datetime = moment(index=True)


class Session(SQLModel, table=True):
    """A browser that is signed in; ending it deletes the row."""

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(max_length=64, unique=True)
    person_id: int = reference("person", index=True)
    method: str = Field(max_length=40)
    """`link`, or the provider's slug."""
    issuer: str = Field(default="", max_length=500)
    sid: str = Field(default="", max_length=255)
    agent: str = Field(default="", max_length=400)
    address: str = Field(default="", max_length=64)
    created_at: datetime = moment()
    seen_at: datetime = moment()
    expires_at: datetime = moment()


class SignInLink(SQLModel, table=True):
    """A link that signs one person in: once, or for the demo as long as its process lives."""

    __tablename__ = "sign_in_link"
    token_hash: str = Field(primary_key=True, max_length=64)
    person_id: int = reference("person", index=True)
    created_at: datetime = moment()
    expires_at: datetime = moment()
    reusable: bool = Field(default=False)


class ApiToken(SQLModel, table=True):
    """A secret of a program that acts as a person, within scopes; revoking deletes the row."""

    __tablename__ = "api_token"
    __table_args__ = (Index("ix_api_token_person_id", "person_id"),)
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = reference("person")
    name: str = Field(max_length=80)
    token_hash: str = Field(max_length=64, unique=True)
    scopes: list[str] = document(list)
    created_at: datetime = moment()
    expires_at: datetime | None = moment(default=None, nullable=True)
    used_at: datetime | None = moment(default=None, nullable=True)
