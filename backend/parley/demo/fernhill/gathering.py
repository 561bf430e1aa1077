"""Puts the written material together: people, channels, posts, letters, the first two minutes."""

import tomllib
from dataclasses import replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from parley.demo.fernhill import reading_beats, reading_letters, reading_posts, script
from parley.demo.fernhill.model import Channel, Company, Contact, Person, Source

ZONES = {"Leeds": "Europe/London", "Cork": "Europe/Dublin", "Gent": "Europe/Brussels"}
_DOMAIN = "fernhill.example"


@cache
def company() -> Company:
    """Fernhill Hardware, read once."""
    room = files(__package__)
    persons = tuple(_person(entry) for file in _inside(room / "people", ".toml") for entry in _table(file, "person"))
    drafts = [
        draft
        for file in _inside(room / "posts", ".txt")
        for draft in reading_posts.drafts(file.name, file.read_text("utf-8"))
    ]
    channels = tuple(_joined(_channel(entry, persons), drafts) for entry in _table(room / "channels.toml", "channel"))
    contacts = tuple(_contact(entry) for entry in _table(room / "contacts.toml", "contact"))
    return Company(
        name="Fernhill Hardware",
        persons=persons,
        channels=channels,
        posts=reading_posts.published(drafts, persons, channels),
        sources=tuple(Source(**entry) for entry in _table(room / "contacts.toml", "source")),
        contacts=contacts,
        conversations=tuple(
            conversation
            for file in _inside(room / "conversations", ".txt")
            for conversation in reading_letters.conversations(file.name, file.read_text("utf-8"), persons, contacts)
        ),
        runs=tuple(reading_beats.run(file.name, file.read_text("utf-8")) for file in _inside(room / "life", ".txt")),
    )


def _inside(folder: Traversable, ending: str) -> list[Traversable]:
    return sorted((file for file in folder.iterdir() if file.name.endswith(ending)), key=lambda file: file.name)


def _table(file: Traversable, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = tomllib.loads(file.read_text("utf-8"))[name]
    return rows


def _person(entry: dict[str, Any]) -> Person:
    return Person(
        key=entry["key"],
        name=entry["name"],
        handle=entry["handle"],
        email=f"{entry['handle']}@{_DOMAIN}",
        title=entry["title"],
        team=entry["team"],
        place=entry["place"],
        zone=ZONES[entry["place"]],
        pronouns=entry.get("pronouns"),
        languages=tuple(entry["languages"]),
        about=entry["about"],
        ask_me_about=tuple(entry["ask_me_about"]),
        manager=entry.get("manager"),
        hue=entry["hue"],
        face=entry.get("face"),
        roles=tuple(entry.get("roles", ["member"])),
        status=entry.get("status"),
        sign_in_as=entry.get("sign_in_as"),
    )


def _contact(entry: dict[str, Any]) -> Contact:
    return Contact(
        key=entry["key"],
        name=entry["name"],
        email=entry["email"],
        network=entry.get("network", "email"),
        handle=entry.get("handle"),
        language=entry.get("language", "en"),
        place=entry["place"],
        zone=entry.get("zone", "Europe/London"),
        household=entry.get("household"),
        note=entry.get("note", ""),
    )


def _channel(entry: dict[str, Any], persons: tuple[Person, ...]) -> Channel:
    owners = tuple(entry.get("owners", []))
    rules = [rule.strip() for rule in entry["members"].split(",")]
    members = {key for rule in rules for key in _members(rule, persons)} | set(owners)
    return Channel(
        key=entry.get("key") or entry["name"],
        name=entry.get("name", ""),
        kind=entry["kind"],
        purpose=entry.get("purpose", ""),
        section=entry.get("section"),
        owners=owners,
        members=tuple(person.key for person in persons if person.key in members),
        default=entry.get("default", False),
        fed_by=tuple(entry.get("fed_by", [])),
    )


def _members(rule: str, persons: tuple[Person, ...]) -> set[str]:
    staff = [person for person in persons if "guest" not in person.roles]
    what, _, value = rule.partition(":")
    found = {
        "everyone": {person.key for person in staff},
        "team": {person.key for person in staff if person.team == value},
        "place": {person.key for person in staff if person.place == value},
    }.get(what, {person.key for person in persons if person.key == rule})
    if not found:
        raise script.ScriptError(f"channels.toml: nobody is meant by {rule}")
    return found


def _joined(channel: Channel, drafts: list[reading_posts.Draft]) -> Channel:
    """Whoever speaks or reacts in an open channel has joined it."""
    if channel.kind != "open":
        return channel
    present = {key for draft in drafts if draft.channel == channel.key for key in draft.present()}
    return replace(channel, members=channel.members + tuple(sorted(present - set(channel.members))))
