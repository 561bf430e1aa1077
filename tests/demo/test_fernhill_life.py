"""The living company: each beat can happen when its second comes."""

import pytest

from demo.fernhill_house import (
    CHANNELS,
    CONTACTS,
    CONVERSATIONS,
    FERNHILL,
    MEANINGFUL,
    PERSONS,
    POSTS,
    SOURCES,
    may_read,
    reaches,
)
from parley.demo.fernhill import Beat, Company

UNDO = 10


@pytest.mark.parametrize("number", range(len(FERNHILL.runs)))
def test_beats(number: int) -> None:
    stage = Stage(FERNHILL)
    for beat in FERNHILL.run(number):
        stage.play(beat)


def test_runs_share_no_conversation_and_begin_again() -> None:
    touched = [
        {beat.where for beat in beats if beat.kind in {"claim", "reply", "customer_follow_up"}} & set(CONVERSATIONS)
        for beats in FERNHILL.runs
    ]
    assert all(touched)
    assert not touched[0] & touched[1]
    assert FERNHILL.run(0) == FERNHILL.run(2) != FERNHILL.run(1)


class Stage:
    """Plays beats against what is seeded, and fails for one that could not happen."""

    def __init__(self, house: Company) -> None:
        self.second = 1
        self.rooms = {post.key: post.channel for post in house.posts}
        self.holders = {key: conversation.claimed_by for key, conversation in CONVERSATIONS.items()}
        self.writers = {key: conversation.contact for key, conversation in CONVERSATIONS.items()}
        self.sources = {key: conversation.source for key, conversation in CONVERSATIONS.items()}
        self.left_at = dict.fromkeys(CONVERSATIONS, -100)
        self.reacted: set[tuple[str, str, str]] = set()

    def play(self, beat: Beat) -> None:
        """One beat, if it can happen."""
        assert self.second <= beat.second <= 120, beat
        self.second = beat.second
        getattr(self, beat.kind)(beat)

    def post(self, beat: Beat) -> None:
        assert beat.who in CHANNELS[beat.where].members, beat
        assert (beat.title is not None) == (beat.post_kind == "question"), beat
        assert beat.text
        if beat.key:
            assert beat.key not in self.rooms
            self.rooms[beat.key] = beat.where

    def comment(self, beat: Beat) -> None:
        assert may_read(beat.who, CHANNELS[self.rooms[beat.where]]), beat
        assert beat.text

    def reaction(self, beat: Beat) -> None:
        assert may_read(beat.who, CHANNELS[self.rooms[beat.where]]), beat
        assert beat.text in MEANINGFUL or not beat.text.isascii(), beat
        seeded = POSTS.get(beat.where)
        given = {(r.emoji, person) for r in seeded.reactions for person in r.by} if seeded else set()
        assert (beat.text, beat.who) not in given, beat
        assert (beat.where, beat.who, beat.text) not in self.reacted, beat
        self.reacted.add((beat.where, beat.who, beat.text))

    def customer_mail(self, beat: Beat) -> None:
        assert beat.who in CONTACTS, beat
        assert beat.where in SOURCES, beat
        assert beat.title, beat
        assert beat.text, beat
        assert beat.key, beat
        assert beat.key not in self.holders, beat
        self.holders[beat.key] = None
        self.writers[beat.key] = beat.who
        self.sources[beat.key] = beat.where
        self.left_at[beat.key] = -100

    def customer_follow_up(self, beat: Beat) -> None:
        assert self.writers[beat.where] == beat.who, beat
        assert self.left_at[beat.where] + UNDO < beat.second, beat
        assert beat.text

    def claim(self, beat: Beat) -> None:
        assert self.holders[beat.where] is None, beat
        if beat.where in CONVERSATIONS:
            assert CONVERSATIONS[beat.where].state == "open", beat
            assert reaches(beat.who, CONVERSATIONS[beat.where]), beat
        self.holders[beat.where] = beat.who

    def reply(self, beat: Beat) -> None:
        assert self.holders[beat.where] == beat.who, beat
        assert self.left_at[beat.where] + UNDO < beat.second, beat
        assert beat.text
        self.left_at[beat.where] = beat.second

    def comment_on_conversation(self, beat: Beat) -> None:
        assert beat.who in PERSONS, beat
        if beat.where in CONVERSATIONS:
            assert reaches(beat.who, CONVERSATIONS[beat.where]), beat
        else:
            assert may_read(beat.who, CHANNELS[SOURCES[self.sources[beat.where]].channel]), beat
        assert beat.text
