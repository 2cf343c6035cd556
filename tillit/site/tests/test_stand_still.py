"""While announced maintenance lasts, people are refused what they cannot have, with a sentence and a time."""

import json
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils.timezone import now
from procrastinate.contrib.django.models import ProcrastinateJob

from tillit.availability import effects, jobs, lastcopy, queries
from tillit.availability.actions.incidents import Said, open_incident
from tillit.availability.actions.windows import Details, announce_maintenance, complete_maintenance
from tillit.availability.models import Incident, WindowWork
from tillit.crm.actions import create_company
from tillit.crm.tests.test_import_companies import start, upload
from tillit.foundation.access import Actor
from tillit.foundation.errors import Refused
from tillit.foundation.jobs import registered
from tillit.foundation.models import Tenant
from tillit.foundation.testing import PASSWORD, Person, public_of, run_jobs
from tillit.tenants.actions.sign_in import create_access_token

OSLO = ZoneInfo("Europe/Oslo")

NEW = "granite-anchor-meadow-71"


@pytest.fixture(autouse=True)
def clock(time_machine):
    """Wednesday, 2 December 2026, nine o'clock in Oslo."""
    time_machine.move_to(datetime(2026, 12, 2, 9, 0, tzinfo=OSLO), tick=False)
    return time_machine


@pytest.fixture
def window(operator):
    """Announces a window of everybody's (or of one wave), Friday from midnight to six."""

    def announce(effect, **details):
        return announce_maintenance(
            operator.actor,
            kind="planned",
            starts_at=datetime(2026, 12, 4, 0, 0, tzinfo=OSLO),
            ends_at=datetime(2026, 12, 4, 6, 0, tzinfo=OSLO),
            title={"en": "A larger disk", "de": "Eine grössere Platte"},
            details=Details(effect=effect, **details),
        )

    return announce


@pytest.fixture
def during(window, clock):
    """The same, and it is five in the morning."""

    def at_five(effect, **details):
        made = window(effect, **details)
        clock.move_to(datetime(2026, 12, 4, 5, 0, tzinfo=OSLO), tick=False)
        return made

    return at_five


@pytest.fixture
def program(anna):
    """Anna's program, which knows her access token."""
    _row, secret = create_access_token(anna.actor, name="Program")
    client = Person(anna.tenant)
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return client


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.content.decode()))


def create(program, name="Nordlys AS"):
    return program.post("/api/v1/companies", {"name": name}, content_type="application/json")


def test_a_read_only_window_refuses_changes_and_says_until_when(during, anna, chiara):
    during("read_only", wave="a")
    assert anna.get("/companies/").status_code == 200, "reading goes on"
    answer = anna.post("/companies/new/", {"name": "Nordlys AS"})
    assert "Maintenance is under way until Fri, 4 Dec 2026, 06:00 CET" in text(answer)
    with pytest.raises(Refused, match="05:00 UTC"):
        create_company(anna.actor, values={"name": "Nordlys AS"})
    assert create_company(chiara.actor, values={"name": "Nordlys AS"}), "the other wave is not concerned"
    assert create_company(Actor.system(anna.tenant), values={"name": "By the product itself"})
    assert anna.post("/profile/appearance/", {"theme": "dark"}).status_code == 503
    assert anna.post("/notices/mail", {}).status_code == 503
    assert 'id="wanted" checked' in anna.get("/notices/mail").content.decode()
    anna.user.set_password(PASSWORD)
    anna.user.save()
    anna = Person(anna.tenant, anna.user)  # whose session knows the password
    typed = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    answer = anna.post("/account/password/change/", typed)
    assert answer.status_code == 503 and answer.headers["Retry-After"]
    assert "until Fri, 4 Dec 2026, 06:00 CET" in text(answer)
    anna.user.refresh_from_db()
    assert not anna.user.check_password(NEW)
    for step in ("authenticate", "webauthn/login"):
        assert public_of(anna.tenant).post(f"/account/security/{step}/").status_code == 302, "signing in goes on"


def test_an_import_that_meets_with_a_window_goes_on_when_it_is_over(window, anna, clock):
    start(anna, upload(anna, "Name\nNordlys AS\nSolberg AS\n").url)
    window("read_only")
    clock.move_to(datetime(2026, 12, 4, 5, 0, tzinfo=OSLO), tick=False)
    running = ProcrastinateJob.objects.get(task_name="imports.run")
    registered["imports.run"](**running.args)
    again = ProcrastinateJob.objects.filter(task_name="imports.run").latest("id")
    assert again.scheduled_at == datetime(2026, 12, 4, 5, 5, tzinfo=OSLO)  # looks again: it may end early
    assert "Nordlys AS" not in text(anna.get("/companies/"))
    clock.move_to(datetime(2026, 12, 4, 6, 0, tzinfo=OSLO), tick=False)
    effects.forget()
    registered["imports.run"](**again.args)
    assert "Solberg AS" in text(anna.get("/companies/"))


def test_changes_work_again_when_it_is_over_or_completed_early(during, anna, operator, clock):
    made = during("read_only")
    with pytest.raises(Refused):
        create_company(anna.actor, values={"name": "Nordlys AS"})
    complete_maintenance(operator.actor, window=made)
    clock.shift(timedelta(seconds=6))
    assert create_company(anna.actor, values={"name": "Nordlys AS"})


def test_a_program_reads_on_and_is_told_when_to_write_again(during, program):
    made = during("read_only")
    read = program.get("/api/v1/companies")
    assert (read.status_code, read["Tillit-Maintenance"]) == (
        200,
        f'"2026-12-03T23:00:00Z/PT6H";effect=read_only;id=m{made.pk}',
    )
    written = create(program)
    assert (written.status_code, written["Retry-After"]) == (503, "3600")
    assert written["Content-Type"] == "application/problem+json"
    assert written.json()["type"].endswith("#paused") and "06:00" in written.json()["detail"]
    assert "Tillit-Maintenance" in written


def test_every_answer_of_the_api_tells_the_next_window_of_its_tenant_only(window, program, operator, anna):
    window("seconds", wave="b")
    assert "Tillit-Maintenance" not in program.get("/api/v1/companies")
    effects.forget()
    window("offline", wave="a")
    effects.forget()
    assert ";effect=offline;" in program.get("/api/v1/companies")["Tillit-Maintenance"]
    assert ";effect=offline;" in public_of(anna.tenant).get("/api/v1/companies")["Tillit-Maintenance"]
    assert create(program).status_code == 201, "it is only announced"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "the service is not available until Fri, 4 Dec 2026, 06:00 CET"),
        ("de", "Der Dienst ist bis Fr., 4. Dez. 2026, 06:00 MEZ nicht verfügbar"),
        ("nb", "Tjenesten er utilgjengelig til fre. 4. des. 2026, 06:00 CET"),
    ],
)
def test_an_offline_window_shows_a_page_in_the_readers_language(
    during, anna, chiara, operator, program, django_assert_num_queries, language, said
):
    during("offline", wave="a", reasons={"en": "The disks are full."})
    assert anna.get("/companies/").status_code == 503
    with django_assert_num_queries(0):
        answer = anna.get("/companies/", headers={"accept-language": language})
    assert (answer.status_code, answer["Retry-After"]) == (503, "3600")
    assert said in text(answer) and 'href="/status/"' in answer.content.decode()
    assert answer["Content-Language"] == language and not answer.cookies
    with django_assert_num_queries(0):
        assert program.get("/api/v1/companies").json()["type"].endswith("#paused")
    for path in ("/status/", "/trust/", "/healthz", "/api/state/fjordlys", "/api/v2/summary.json"):
        assert anna.get(path).status_code == 200
    assert anna.get("/api/state/fjordlys").json()["is_running"] is False
    assert chiara.get("/companies/").status_code == 200, "the other wave works"
    assert operator.get("/operator/maintenance/").status_code == 200, "whoever ends it can"


def test_a_window_about_other_parts_stops_neither_pages_nor_programs(during, anna, program):
    made = during("offline")
    type(made).objects.filter(pk=made.pk).update(components=["mail"])
    assert anna.get("/companies/").status_code == 200 and create(program).status_code == 201
    type(made).objects.filter(pk=made.pk).update(components=["api"])
    effects.forget()
    assert anna.get("/companies/").status_code == 200 and create(program).status_code == 503


def test_most_requests_ask_the_database_nothing_more(window, anna, django_assert_num_queries):
    window("offline")
    effects.forget()
    anna.get("/palette/")
    with django_assert_num_queries(0):
        assert effects.standstill(anna.tenant) is None and effects.header(anna.tenant)


# The last good copy


def test_the_copy_tells_each_tenant_what_concerns_it_and_names_none(window, operator, fjordlys, alpenrose):
    window("offline", wave="a")
    said = Said({"en": "We are looking into it."})
    opened = open_incident(operator.actor, title={"en": "Slow lists"}, impact="minor", said=said)
    lastcopy.write()
    assert lastcopy.place().stat().st_mode & 0o077 == 0
    assert not {"fjordlys", "alpenrose", "Fjordlys"} & set(re.findall(r"\w+", lastcopy.place().read_text()))
    copy = lastcopy.load()
    first, rest, stranger = (copy.concerning(copy.tenant(slug)) for slug in ("fjordlys", "alpenrose", "nobody"))
    assert [len(told.windows) for told in (first, rest, stranger)] == [1, 0, 0]
    assert [told.troubles[0].title["en"] for told in (first, rest, stranger)] == ["Slow lists"] * 3
    assert len(copy.concerning(copy.tenant("")).windows) == 1, "the operator is told of all"
    Incident.objects.filter(pk=opened.pk).update(region="norway")
    lastcopy.write()
    copy = lastcopy.load()
    assert copy.concerning(copy.tenant("fjordlys")).troubles == []
    Tenant.objects.filter(pk=alpenrose.pk).update(region="norway")
    lastcopy.write()
    copy, everybody = lastcopy.load(), [Tenant.objects.get(pk=one.pk) for one in (fjordlys, alpenrose, operator.tenant)]
    told = [copy.concerning(copy.tenant("" if one.is_operator else one.slug)).summary for one in everybody]
    assert told == [queries.current_status(one).summary for one in everybody] == ["unknown", "minor", "minor"]


def test_two_jobs_that_write_the_copy_at_once_leave_a_whole_one(window, monkeypatch, tmp_path, settings):
    settings.DATA = tmp_path
    window("offline")
    whole, others = json.dump, [lastcopy.write]

    def dump(*said, **options):
        for other in (others.pop() for _ in list(others)):
            other()  # as another thread of the worker, in the middle of this one
        whole(*said, **options)

    monkeypatch.setattr(lastcopy.json, "dump", dump)
    lastcopy.write()
    assert lastcopy.load().windows and [place.name for place in tmp_path.iterdir()] == ["notices.json"]


def test_a_copy_that_is_missing_or_spoilt_tells_nothing(db, tmp_path, settings):
    settings.DATA = tmp_path
    assert lastcopy.load().at is None
    for spoilt in ("", "[]", '{"format": 1}', '{"format": 99}'):
        lastcopy.place().write_text(spoilt)
        assert lastcopy.load() == lastcopy.Notices()


def test_the_copy_is_over_when_its_windows_are(window, clock, fjordlys):
    made = window("offline")
    lastcopy.write()
    clock.move_to(made.ends_at + timedelta(seconds=1), tick=False)
    copy = lastcopy.load()
    assert copy.windows and not copy.concerning(copy.tenant("fjordlys")).windows
    assert copy.at < now()


@pytest.mark.promise("notice-in-every-sign-in-view")
def test_a_change_stands_in_the_copy_at_once_and_the_clock_writes_it_too(window, operator_tenant):
    lastcopy.place().unlink(missing_ok=True)
    window("offline")
    run_jobs()
    assert len(lastcopy.load().windows) == 1
    lastcopy.place().unlink()
    jobs.keep_copy(Actor.system(operator_tenant))
    assert lastcopy.load().at == now()


# Work that takes longer


def test_nothing_can_be_changed_while_the_work_goes_on_after_the_end(during, anna, program, clock):
    made = during("read_only")
    before = {"proven_at": now() - timedelta(days=3), "started_at": now() - timedelta(hours=1)}
    work = WindowWork.objects.create(job="disks", window=made, starts_at=made.starts_at, ends_at=made.ends_at, **before)
    clock.move_to(made.ends_at + timedelta(minutes=5), tick=False)
    answer = create(program)
    assert (answer.status_code, answer["Retry-After"]) == (503, "300")
    assert "takes longer than announced" in answer.json()["detail"]
    lastcopy.write()
    assert len(lastcopy.load().concerning(anna.tenant).windows) == 1
    WindowWork.objects.filter(pk=work.pk).update(ended_at=now(), outcome="done")
    clock.shift(timedelta(seconds=6))
    assert create(program).status_code == 201
