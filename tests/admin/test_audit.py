"""The record: read by auditors, narrowed, continued, and taken away as a file that no spreadsheet runs."""

import csv
import io
from datetime import timedelta

import pytest

from identity.helpers import Browsing
from parley.admin.queries.audit import neutral
from parley.identity.service import roles, tokens
from parley.policy import audit


@pytest.fixture
async def auditor(sign_in, machine, company):
    async with machine.units.begin() as unit:
        await roles.set_roles(unit, company.charlie, ["auditor"], by=company.alice, via="page")
    return await sign_in(company.charlie)


async def record(machine, event="thing.done", **more):
    async with machine.units.begin() as unit:
        unit.now = more.pop("at", unit.now)
        await audit.record(unit, event, actor_id=more.pop("actor_id", None), via="page", **more)


@pytest.mark.parametrize("path", ["/admin/audit", "/admin/audit.csv", "/api/v1/audit"])
async def test_only_auditors_and_it_read_it(sign_in, machine, company, auditor, path):
    async with machine.units.begin() as unit:
        await roles.set_roles(unit, company.bob, ["customer_lead"], by=company.alice, via="page")
    assert (await (await sign_in(company.bob)).get(path)).status_code == 403
    assert (await auditor.get(path)).status_code == 200
    assert (await (await sign_in(company.alice)).get(path)).status_code == 200


async def test_filters_and_words(machine, company, auditor):
    await record(machine, "canary.one", actor_id=company.bob, target=f"person:{company.alice}", colour="red <b>")
    await record(machine, "canary.two", actor_id=company.alice)
    page = (await auditor.get("/admin/audit?event=canary.one")).text
    assert "red &lt;b&gt;" in page
    assert f'href="/people/{company.alice}"' in page
    assert "<code>canary.two</code>" not in page
    for who in ("bob", "@bob", "Brook", "BOB@example.org"):
        page = (await auditor.get("/admin/audit", params={"actor": who})).text
        assert "<code>canary.one</code>" in page
        assert "<code>canary.two</code>" not in page


async def test_days_are_whole_and_a_date_that_is_none_is_said(machine, company, auditor):
    async with machine.units.begin() as unit:
        today = unit.now.replace(hour=12)
    await record(machine, "canary.now", at=today)
    await record(machine, "canary.before", at=today - timedelta(days=2))
    day = today.date().isoformat()
    page = (await auditor.get(f"/admin/audit?since={day}&until={day}")).text
    assert "<code>canary.now</code>" in page
    assert "<code>canary.before</code>" not in page
    wrong = await auditor.get("/admin/audit?since=yesterday")
    assert wrong.status_code == 422
    assert "This is not a date." in wrong.text
    assert (await auditor.get("/api/v1/audit?since=yesterday")).json()["fields"] == {"since": "This is not a date."}


async def test_the_api_goes_on_where_it_stopped(machine, app, company, auditor):
    for number in range(5):
        await record(machine, "canary.many", target=f"thing:{number}")
    async with machine.units.begin() as unit:
        _, secret = await tokens.create(unit, company.alice, name="x", scopes=["admin:read"], by=None, via="command")
        _, weak = await tokens.create(unit, company.alice, name="y", scopes=["read"], by=None, via="command")
    found, cursor = [], None
    async with Browsing(app, headers={"authorization": f"Bearer {secret}"}) as program:
        while True:
            part = (
                await program.get(
                    "/api/v1/audit",
                    params={"event": "canary.many", "limit": 2, **({"cursor": cursor} if cursor else {})},
                )
            ).json()
            found += [row["target"] for row in part["items"]]
            cursor = part["next"]
            if cursor is None:
                break
        assert (await program.get("/api/v1/audit?cursor=nonsense")).status_code == 422
    assert found == [f"thing:{number}" for number in (4, 3, 2, 1, 0)]
    async with Browsing(app, headers={"authorization": f"Bearer {weak}"}) as program:
        assert (await program.get("/api/v1/audit")).json()["code"] == "missing_scope"


async def test_the_file_has_every_row_and_no_formula(machine, company, auditor):
    evil = ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\tx", "\rx"]
    for cell in evil:
        await record(machine, "canary.file", target=cell)
    await record(machine, "canary.file", target="plain")
    answer = await auditor.get("/admin/audit.csv?event=canary.file")
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    head, *rows = csv.reader(io.StringIO(answer.text, newline=""))
    targets = [row[head.index("target")] for row in rows]
    assert targets == ["plain", *("'" + cell for cell in reversed(evil))]


@pytest.mark.parametrize(("cell", "safe"), [("", ""), ("a=b", "a=b"), ("=a", "'=a"), ("-", "'-"), ("'x", "'x")])
def test_neutral(cell, safe):
    assert neutral(cell) == safe
