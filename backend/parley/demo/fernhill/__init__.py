"""Fernhill Hardware, the demo company: written material, no database.

``company()`` gives persons, channels, posts, contacts, conversations and the beats of its first two minutes as frozen
values that name each other by key. The words live beside this file: ``people/*.toml``, ``channels.toml``,
``contacts.toml``, ``posts/*.txt``, ``conversations/*.txt`` and ``life/*.txt``.
"""

from parley.demo.fernhill.gathering import company
from parley.demo.fernhill.model import (
    Beat,
    Channel,
    Comment,
    Company,
    Contact,
    Conversation,
    Due,
    Message,
    Moment,
    Option,
    Person,
    Post,
    Reaction,
    Source,
    Surfacing,
)

__all__ = [
    "Beat",
    "Channel",
    "Comment",
    "Company",
    "Contact",
    "Conversation",
    "Due",
    "Message",
    "Moment",
    "Option",
    "Person",
    "Post",
    "Reaction",
    "Source",
    "Surfacing",
    "company",
]
