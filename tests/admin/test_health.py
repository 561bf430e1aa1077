"""Health: every part by name, and work that was given up gets a new life once."""

import pytest
from sqlalchemy import select

from parley.core import jobs
from parley.core.jobs import job_table


@pytest.fixture
async def dead(machine):
    """A job that failed as often as it may."""
    async with machine.units.begin() as unit:
        await jobs.enqueue(unit.session, "canary.kind", {"reply_id": 7, "words": "private words"}, max_attempts=1)
    async with machine.units.begin() as unit:
        [job] = await jobs.claim(unit.session, ["canary.kind"], 1)
        await job.fail(unit.session, "It <b>broke</b>.")
    return job.id


async def test_every_part_is_named(sign_in, company):
    page = await (await sign_in(company.bob)).get("/admin/health")
    assert page.status_code == 200
    for part in ("Database", "Migrations", "Bus", "Worker", "Jobs", "Disk"):
        assert f"<b>{part}</b>" in page.text
    assert "the schema is the one this version needs" in page.text
    assert "none is running" in page.text


async def test_given_up_work_is_shown_without_its_words_and_run_again_once(sign_in, machine, company, dead):
    bob = await sign_in(company.bob)
    page = (await bob.get("/admin/health")).text
    assert "canary.kind" in page
    assert "reply_id 7" in page
    assert "private words" not in page
    assert "It &lt;b&gt;broke&lt;/b&gt;." in page
    assert (await bob.post(f"/admin/jobs/{dead}/retry")).status_code == 303
    async with machine.database.reading() as session:
        assert (await session.execute(select(job_table.c.state))).scalars().all() == ["queued"]
    assert (await bob.post(f"/admin/jobs/{dead}/retry")).status_code == 404


async def test_who_is_no_admin_runs_nothing_again(sign_in, company, dead):
    assert (await (await sign_in(company.charlie)).post(f"/admin/jobs/{dead}/retry")).status_code == 403
    assert (await (await sign_in(company.bob)).post(f"/admin/jobs/{dead}/retry")).status_code == 303
