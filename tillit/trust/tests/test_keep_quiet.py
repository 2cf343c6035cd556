"""Pages do not ask again and again whether there is something to tell, and yet tell it at once."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tillit.foundation.testing import run_jobs
from tillit.trust.tests.conftest import NEW


def test_a_page_with_nothing_to_tell_asks_once_a_minute(seed, anna):
    with CaptureQueriesContext(connection) as first:
        anna.get("/companies/")
    with CaptureQueriesContext(connection) as second:
        anna.get("/companies/")
    assert [query for query in first.captured_queries if "trust_told" in query["sql"]]
    assert not [query for query in second.captured_queries if "trust_told" in query["sql"]]


def test_an_announcement_is_shown_though_there_was_nothing_before(seed, anna, in_force, seed_text):
    assert "Nordpost" not in anna.get("/companies/").content.decode()
    in_force(seed_text + NEW)
    run_jobs()
    assert "Nordpost AS" in anna.get("/companies/").content.decode()
