"""Every router of `customers`."""

from fastapi import APIRouter

from parley.customers import files
from parley.customers.api import contacts as contacts_api
from parley.customers.api import conversations as conversations_api
from parley.customers.api import replies as replies_api
from parley.customers.api import sources as sources_api
from parley.customers.pages import contacts, conversation, discussion, lists, replies, surfacing


def routers() -> list[APIRouter]:
    """Return the routers; those with fixed paths before those with an id in the same place."""
    return [
        lists.router,
        replies.router,
        conversation.router,
        discussion.router,
        surfacing.router,
        contacts.router,
        files.router,
        conversations_api.router,
        replies_api.router,
        contacts_api.router,
        sources_api.router,
    ]
