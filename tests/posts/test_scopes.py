"""A token without the customers' scopes hears and says nothing of customers, by whichever address."""

import pytest
from sqlalchemy import select
from sqlmodel import col

from parley.kit.errors import Forbidden
from parley.models.customers import Conversation
from parley.policy import customers
from parley.policy.actor import Actor
from parley.posts.service import comments
from parley.posts.service.threads import Place


def _lead(*scopes: str) -> Actor:
    return Actor(1, "lea", "Lea Lead", frozenset({"customer_lead"}), token_id=1, scopes=frozenset(scopes))


def test_reading_asks_for_the_scope() -> None:
    with_scope = str(select(col(Conversation.id)).where(customers.visible(_lead("read", "customers:read"))))
    without = str(select(col(Conversation.id)).where(customers.visible(_lead("read", "write"))))
    assert "false" not in with_scope
    assert "false" in without


def test_writing_in_a_discussion_asks_for_the_scope() -> None:
    discussion = Place((1,), 9, None)
    comments.may_use(_lead("write", "customers:write"), discussion)
    with pytest.raises(Forbidden):
        comments.may_use(_lead("write", "customers:read"), discussion)
