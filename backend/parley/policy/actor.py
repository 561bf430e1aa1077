"""Who is acting, and with what rights: made by the authenticator, read by every policy."""

from dataclasses import dataclass

ROLES = ("guest", "moderator", "communications", "customer_lead", "it_admin", "auditor")
"""Beside being a member, which everybody is who is not a guest."""

SCOPES = ("read", "write", "customers:read", "customers:write", "people:provision", "admin:read", "admin:write")


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person or a program acting for one. `scopes` is None for a browser: it may all its person may."""

    person_id: int
    handle: str
    name: str
    roles: frozenset[str]
    language: str = ""
    theme: str = "auto"
    time_zone: str = ""
    single_keys: bool = True
    session_id: int | None = None
    token_id: int | None = None
    scopes: frozenset[str] | None = None

    @property
    def guest(self) -> bool:
        """Whether only their own channels exist for this person."""
        return "guest" in self.roles

    @property
    def via(self) -> str:
        """How the person acts, for the audit log: on a page or through a program."""
        return "page" if self.token_id is None else "api"

    def has(self, *roles: str) -> bool:
        """Whether the person holds one of `roles`."""
        return not self.roles.isdisjoint(roles)

    def may_use(self, scope: str) -> bool:
        """Whether the token, if there is one, was given `scope`."""
        return self.scopes is None or scope in self.scopes
