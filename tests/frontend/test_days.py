"""Days read the same as the server wrote them and as the script writes them again, in every language."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Route

from frontend.conftest import Desk
from parley.kit import clock
from parley.web import days
from parley.web.i18n import LANGUAGES, PSEUDO

MOMENTS = [datetime(year, month, 5, 12, tzinfo=UTC) for year in (2019, clock.now().year) for month in range(1, 13)]
RARE = [moment for moment in MOMENTS if abs((clock.now() - moment).days) > 2]
"""Neither today nor yesterday, which the script says in words."""
WAYS = {"day": days.day, "date": days.date}


def test_german_says_days_as_germans_do() -> None:
    moment = datetime(clock.now().year, 3, 5, tzinfo=UTC)
    assert days.day(moment, "de").endswith("., 5. März")
    assert days.day(datetime(2019, 3, 5, tzinfo=UTC), "de") == "5. März 2019"
    assert days.date(datetime(2026, 3, 5, tzinfo=UTC), "de") == "Donnerstag, 5. März"
    assert days.day(datetime(2019, 3, 5, tzinfo=UTC), "en") == "5 Mar 2019"


@pytest.mark.browser
@pytest.mark.parametrize("language", [*LANGUAGES, *PSEUDO, "fr"])
def test_the_script_says_days_as_the_server_does(desk: Desk, language: str) -> None:
    times = "".join(
        f'<time data-when="{how}" datetime="{moment.isoformat()}"></time>' for how in WAYS for moment in RARE
    )

    def spoken(route: Route) -> None:
        answer = route.fetch()
        page = (
            answer.text().replace('<html lang="en"', f'<html lang="{language}"').replace("</main>", f"{times}</main>")
        )
        route.fulfill(response=answer, body=page)

    desk.answers["/people"] = spoken
    desk.open("people")
    for how, say in WAYS.items():
        shown = desk.page.locator(f'main > time[data-when="{how}"]').all_inner_texts()
        assert shown == [say(moment, language) for moment in RARE]
