"""The demo company is whole: every key resolves, and everybody speaks only where they may."""

import re
from datetime import UTC, datetime, time

import pytest

from demo.fernhill_house import (
    CHANNELS,
    CONTACTS,
    CONVERSATIONS,
    FERNHILL,
    MEANINGFUL,
    PERSONS,
    SOURCES,
    may_read,
    reaches,
    texts,
)
from parley.demo.fernhill import Channel, Contact, Conversation, Person, Post, company, gathering

FACES = {"bo", "grace", "lotte", "maeve", "niamh", "priya", "ruth", "samir", "tom", "wout"}
ROLES = {"member", "guest", "moderator", "communications", "customer_lead", "it_admin", "auditor"}
KINDS = {"update", "question", "announcement", "poll", "praise", "event", "decision"}


def test_is_read_once_and_always_the_same() -> None:
    assert company() is FERNHILL
    assert gathering.company.__wrapped__() == FERNHILL


def test_is_as_large_as_promised() -> None:
    assert len(FERNHILL.persons) >= 60
    assert len([channel for channel in FERNHILL.channels if channel.kind != "direct"]) >= 25
    assert len([channel for channel in FERNHILL.channels if channel.kind == "direct"]) == 6
    assert len(FERNHILL.posts) >= 220
    assert sum(len(post.comments) for post in FERNHILL.posts) >= 450
    assert len(FERNHILL.contacts) >= 40
    assert len(FERNHILL.conversations) >= 80
    assert [len(beats) >= 60 for beats in FERNHILL.runs] == [True, True]
    assert {post.when.days_ago for post in FERNHILL.posts} == set(range(21))


@pytest.mark.parametrize("things", ["persons", "channels", "posts", "sources", "contacts", "conversations"])
def test_keys_are_unique(things: str) -> None:
    keys = [thing.key for thing in getattr(FERNHILL, things)]
    assert sorted(keys) == sorted(set(keys))


def test_addresses_and_names_are_unique() -> None:
    for names in (
        [person.handle for person in FERNHILL.persons],
        [person.name for person in FERNHILL.persons],
        [channel.name for channel in FERNHILL.channels if channel.name],
        [contact.email for contact in FERNHILL.contacts],
        [contact.name for contact in FERNHILL.contacts],
    ):
        assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("person", FERNHILL.persons, ids=lambda person: person.key)
def test_person(person: Person) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z]+", person.handle)
    assert person.email == f"{person.handle}@fernhill.example"
    assert 1 <= person.hue <= 8
    assert person.face is None or (person.face == person.key and person.face in FACES)
    assert set(person.roles) <= ROLES
    assert ("member" in person.roles) != ("guest" in person.roles)
    assert person.languages
    assert person.ask_me_about
    assert 1 <= len(re.findall(r"[.!?](?:\s|$)", person.about)) <= 4
    chain = [person.key]
    while (manager := PERSONS[chain[-1]].manager) is not None:
        assert manager in PERSONS
        assert manager not in chain
        chain.append(manager)
    assert chain[-1] == "ruth"


def test_every_face_is_worn_and_every_role_held() -> None:
    assert {person.face for person in FERNHILL.persons} - {None} == FACES
    assert {role for person in FERNHILL.persons for role in person.roles} == ROLES
    assert "customer_lead" in PERSONS["priya"].roles
    assert "communications" in PERSONS["grace"].roles
    for role in ("guest", "it_admin", "auditor", "moderator"):
        assert len([person for person in FERNHILL.persons if role in person.roles]) == 1
    assert len([person for person in FERNHILL.persons if person.sign_in_as]) >= 8


@pytest.mark.parametrize("channel", FERNHILL.channels, ids=lambda channel: channel.key)
def test_channel(channel: Channel) -> None:
    assert set(channel.owners) <= set(channel.members) <= set(PERSONS)
    assert len(set(channel.members)) == len(channel.members)
    if channel.kind == "direct":
        assert 2 <= len(channel.members) <= 9
        assert not channel.name
        return
    assert channel.kind in {"open", "private", "announcement"}
    assert re.fullmatch(r"[a-z0-9-]{1,64}", channel.name)
    assert 1 <= len(channel.purpose) <= 250
    assert channel.section in {"My team", "Know-how", "Company"}
    assert channel.owners
    if channel.default:
        assert set(channel.members) == {key for key, person in PERSONS.items() if "guest" not in person.roles}


def test_the_guest_is_in_one_channel() -> None:
    assert [channel.key for channel in FERNHILL.channels if "henk" in channel.members] == ["batches-and-recalls"]


def test_posts_name_their_channel_by_file() -> None:
    assert {post.channel for post in FERNHILL.posts} == set(CHANNELS)


@pytest.mark.parametrize("post", FERNHILL.posts, ids=lambda post: post.key)
def test_post(post: Post) -> None:
    channel = CHANNELS[post.channel]
    members = set(channel.members)
    assert post.kind in KINDS
    assert post.author in (channel.owners if channel.kind == "announcement" else PERSONS)
    assert {post.author, *(comment.author for comment in post.comments)} <= members
    assert post.body.strip()
    assert all(len(words) <= 16_000 and words.strip() for words in (post.body, *(c.body for c in post.comments)))
    assert post.title is None or 1 <= len(post.title) <= 200
    assert (post.title is not None) or post.kind in {"update", "praise"}
    assert (post.accepted is None) or (post.kind == "question" and 0 <= post.accepted < len(post.comments))
    assert bool(post.praised) == (post.kind == "praise")
    assert post.author not in post.praised
    assert set(post.praised) <= set(PERSONS)
    assert bool(post.options) == (post.kind == "poll") == (post.closes is not None)
    assert (post.starts is not None) == (post.kind == "event") == (post.minutes is not None) == bool(post.venue)
    assert (post.acknowledge_by is None) or post.kind == "announcement"
    assert set(post.acknowledged) | set(post.going) <= members - {post.author}
    for reactions, author in [(post.reactions, post.author), *((c.reactions, c.author) for c in post.comments)]:
        emojis = [reaction.emoji for reaction in reactions]
        assert len(set(emojis)) == len(emojis)
        for reaction in reactions:
            assert reaction.by
            assert len(set(reaction.by)) == len(reaction.by)
            assert author not in reaction.by
            assert set(reaction.by) <= members
            assert reaction.emoji in MEANINGFUL or not reaction.emoji.isascii()
    voters = [voter for option in post.options for voter in option.votes]
    assert len(set(voters)) == len(voters)
    assert set(voters) <= members


def test_posts_fall_into_waking_hours() -> None:
    for post in FERNHILL.posts:
        for when in (post.when, *(comment.when for comment in post.comments)):
            assert time(5, 30) <= time.fromisoformat(when.at) <= time(22, 30), post.key


def test_mentions_resolve_and_name_no_private_channel_in_the_open() -> None:
    handles = {person.handle for person in FERNHILL.persons}
    for post in FERNHILL.posts:
        for body in (post.body, *(comment.body for comment in post.comments)):
            assert set(re.findall(r"(?<![\w/])@([a-z]+\.[a-z]+)", body)) <= handles, post.key
            for name in re.findall(r"(?<![\w&/])#([a-z][a-z0-9-]+)", body):
                assert CHANNELS[name].kind != "private" or CHANNELS[post.channel].kind in {"private", "direct"}, (
                    post.key
                )


def test_mentions_in_letters_and_beats_resolve() -> None:
    handles = {person.handle for person in FERNHILL.persons}
    talk = [comment.body for conversation in FERNHILL.conversations for comment in conversation.discussion]
    talk += [beat.text for beats in FERNHILL.runs for beat in beats]
    for body in talk:
        assert set(re.findall(r"(?<![\w/])@([a-z]+\.[a-z]+)", body)) <= handles


@pytest.mark.parametrize("conversation", FERNHILL.conversations, ids=lambda conversation: conversation.key)
def test_conversation(conversation: Conversation) -> None:
    assert conversation.contact in CONTACTS
    assert conversation.source in SOURCES
    assert 1 <= len(conversation.subject) <= 200
    assert conversation.state in {"open", "waiting", "resolved", "spam"}
    assert conversation.messages[0].direction == "in"
    for message in conversation.messages:
        assert 1 <= len(message.text) <= 16_000
        assert (message.author is None) == (message.direction == "in")
        assert message.author is None or "guest" not in PERSONS[message.author].roles
        assert message.kind in {"letter", "auto-reply", "bounce"}
        assert (message.sender is not None) == (message.kind == "bounce")
    last = conversation.messages[-1]
    if conversation.state == "waiting":
        assert last.direction == "out" or last.kind == "auto-reply"
    if conversation.state == "open":
        assert last.direction == "in"
        assert last.kind != "auto-reply"
    assert conversation.claimed_by is None or conversation.state == "open"
    assert (conversation.outcome is not None) == (conversation.state == "resolved")
    assert conversation.outcome in {None, "solved", "partly", "not"}
    assert bool(conversation.outcome_note) == bool(conversation.outcome)
    assert {conversation.claimed_by, *conversation.watchers} - {None} <= set(PERSONS)
    rooms = [place.channel for place in conversation.surfacings]
    assert len(set(rooms)) == len(rooms)
    for place in conversation.surfacings:
        assert CHANNELS[place.channel].kind != "direct"
        assert bool(place.by) == bool(place.words)
        assert place.by is None or may_read(place.by, CHANNELS[place.channel])
    for comment in conversation.discussion:
        assert comment.body.strip()
        assert "guest" not in PERSONS[comment.author].roles
        assert reaches(comment.author, conversation), comment.author


def test_the_letters_asked_for_are_there() -> None:
    by_kind = {message.kind for conversation in FERNHILL.conversations for message in conversation.messages}
    assert by_kind == {"letter", "auto-reply", "bounce"}
    assert {conversation.source for conversation in FERNHILL.conversations} == {"care", "orders", "press"}
    assert {conversation.language for conversation in FERNHILL.conversations} == {"en", "nl", "de", "fr"}
    assert max(len(conversation.messages) for conversation in FERNHILL.conversations) >= 14
    assert [message.direction for message in CONVERSATIONS["kim-valve"].messages] == ["in", "out", "in"]
    assert any(conversation.state == "spam" for conversation in FERNHILL.conversations)


def test_every_contact_has_written_or_will() -> None:
    will = {beat.who for beats in FERNHILL.runs for beat in beats if beat.kind == "customer_mail"}
    assert {conversation.contact for conversation in FERNHILL.conversations} | will == set(CONTACTS)


@pytest.mark.parametrize("contact", FERNHILL.contacts, ids=lambda contact: contact.key)
def test_contact_lives_at_a_reserved_address(contact: Contact) -> None:
    assert re.fullmatch(r"[a-z0-9.]+@([a-z]+\.)?example\.(org|net|com)", contact.email)
    assert contact.language in {"en", "nl", "de", "fr"}
    assert contact.network in {"email", "webform", "chat", "mastodon", "reviews"}


def test_posts_come_in_the_order_of_publishing() -> None:
    instants = [post.when.on(datetime(2026, 11, 21, 9, tzinfo=UTC)) for post in FERNHILL.posts]
    assert instants == sorted(instants)


def test_nothing_is_said_twice() -> None:
    said = [text for post in FERNHILL.posts for text in (post.body, *(comment.body for comment in post.comments))]
    said += [message.text for conversation in FERNHILL.conversations for message in conversation.messages]
    said += [comment.body for conversation in FERNHILL.conversations for comment in conversation.discussion]
    said += [beat.text for beats in FERNHILL.runs for beat in beats if beat.kind != "reaction"]
    long = [text for text in said if len(text) > 60]
    assert sorted(long) == sorted(set(long))


def test_nothing_is_left_of_the_making() -> None:
    for text in texts(FERNHILL):
        assert not re.search(r"\b(TODO|FIXME|lorem|xxx)\b|^[=<>-]{3} ", text, re.IGNORECASE | re.MULTILINE), text
