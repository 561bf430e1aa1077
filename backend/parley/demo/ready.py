"""Who may be signed in as whom in the demo, and the file that tells scripts when it serves."""

import json
from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from parley.core.machine import Machine
from parley.demo.fernhill import Company, Person
from parley.identity.schemas import CastMember
from parley.identity.service import sign_in_links, tokens
from parley.models.identity import ApiToken
from parley.models.identity import Person as PersonRow
from parley.policy.actor import SCOPES

_TOKEN = "demo"  # noqa: S105  (a name)


def cast(company: Company) -> list[CastMember]:
    """Return those whom the page *sign in as* offers, with the reason to choose each; who leads customers first."""
    offered = [
        CastMember(person.email, role_of(person), person.sign_in_as) for person in company.persons if person.sign_in_as
    ]
    return sorted(offered, key=lambda member: member.role != "customer_lead")


def role_of(person: Person) -> str:
    """Return what a colleague is beside being a member, or member."""
    return next((role for role in person.roles if role != "member"), "member")


async def write(machine: Machine, company: Company, file: Path, smtp: tuple[str, int] | None, outbox: Path) -> None:
    """Write addresses, sign-in links and tokens of everybody as one JSON object, whole or not at all."""
    base = machine.settings.public_url
    people = []
    async with machine.units.begin() as unit:
        rows = dict(
            (
                await unit.session.execute(
                    select(col(PersonRow.email_norm), col(PersonRow.id)).where(col(PersonRow.active))
                )
            ).all()
        )
        for old in (await unit.session.execute(select(ApiToken).where(col(ApiToken.name) == _TOKEN))).scalars():
            await unit.session.delete(old)
        await sign_in_links.forget_reusable(unit)
        provisioning = ""
        for person in company.persons:
            person_id = rows.get(person.email)
            if person_id is None:
                continue
            link = await sign_in_links.create(unit, person_id, by=None, via="machine", reusable=True)
            _, secret = await tokens.create(unit, person_id, name=_TOKEN, scopes=SCOPES, by=None, via="machine")
            people.append(
                {
                    "email": person.email,
                    "role": role_of(person),
                    "sign_in_link": f"{base}/auth/link/{link}",
                    "api_token": secret,
                }
            )
            if "it_admin" in person.roles:
                provisioning = provisioning or secret
    ready = {
        "base_url": base,
        "people": people,
        "scim_token": provisioning,
        "smtp": f"{smtp[0]}:{smtp[1]}" if smtp else "",
        "outbox_dir": str(outbox),
    }
    coming = file.with_suffix(file.suffix + ".coming")
    coming.write_text(json.dumps(ready, indent=1))
    coming.replace(file)
