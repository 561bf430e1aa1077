"""Fixed statements whose conditions depend on who asks: one for each set of rights, the person is a value like any other."""

from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from parley.core.fixed import Fixed, given
from parley.policy.actor import Actor

_ME = given("me")
Rows = Callable[..., Awaitable[list[Any]]]


def prepared(build: Callable[[Actor], Select[*tuple[Any, ...]]]) -> Rows:
    """Turn a function that builds a statement for an actor into one that returns its rows: `(session, actor, **values)`.

    `build` sees an actor with the same roles and scopes whose `person_id` stands for the real one's: it may compare
    with it, not look at it.
    """

    @lru_cache(maxsize=256)
    def fixed(roles: frozenset[str], scopes: frozenset[str] | None) -> Fixed:
        return Fixed(lambda: build(Actor(_ME, "", "", roles, scopes=scopes)))

    async def rows(session: AsyncSession, actor: Actor, **values: Any) -> list[Any]:  # noqa: ANN401  (what it names)
        return await fixed(actor.roles, actor.scopes).rows(session, me=actor.person_id, **values)

    return rows
