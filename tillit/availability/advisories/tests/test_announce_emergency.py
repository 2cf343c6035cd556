"""An emergency needs a reason, an advisory and two people; then it is public at once, and its advisory follows."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from tillit.availability.actions.windows import Details, announce_maintenance
from tillit.availability.actions.work import begin_work
from tillit.availability.advisories import actions
from tillit.availability.advisories.models import Advisory, Emergency
from tillit.availability.models import MaintenanceWindow
from tillit.foundation.access import Actor
from tillit.foundation.checks import perform
from tillit.foundation.errors import Refused
from tillit.foundation.models import OutgoingMail, Role
from tillit.foundation.testing import happened, make_person

OSLO = ZoneInfo("Europe/Oslo")
PAGE = "/operator/emergencies/"
TYPED = {
    "title_en": "A hole in the TLS library", "summary_en": "A client could read other sessions' memory.",
    "severity": "critical", "cves": "cve-2026-12345", "affected": "1.0.0, 1.1.0", "fixed_in": "1.1.1",
}  # fmt: skip


@pytest.fixture(autouse=True)
def clock(time_machine):
    """Monday, 23 November 2026, nine o'clock in Oslo."""
    time_machine.move_to(datetime(2026, 11, 23, 9, 0, tzinfo=OSLO), tick=False)
    return time_machine


@pytest.fixture
def second(operator_tenant):
    return make_person(operator_tenant, "Berit Vakt", Role.OPERATOR)


@pytest.fixture
def advisory(operator):
    operator.post("/operator/advisories/new", TYPED)
    return Advisory.objects.get()


@pytest.fixture
def asked(operator, advisory):
    operator.post(PAGE, {"advisory": advisory.slug, "reasons_en": "A hole must be closed.", "effect": "seconds"})
    return Emergency.objects.get()


def test_a_form_sent_twice_writes_one_advisory_and_asks_for_one_emergency(operator):
    for address, said, made, others in (
        (
            "/operator/advisories/new",
            TYPED,
            Advisory,
            ({"summary_en": "Other."}, {"severity": "low"}, {"cves": "CVE-2026-99999"}, {"affected": "0.9"}),
        ),
        (
            PAGE,
            {"advisory": "tillit-2026-0001", "reasons_en": "A hole.", "effect": "seconds"},
            Emergency,
            ({"reasons_en": "Another one."}, {"wave": "b"}, {"starts_at": "2026-11-24T20:00"}),
        ),
    ):
        key = re.search(r'name="key" value="([^"]+)"', operator.get(address).content.decode())[1]
        for _time in range(2):
            assert operator.post(address, said | {"key": key}).status_code == 302
        for changed in others:
            other = operator.post(address, said | {"key": key} | changed)
            assert other.status_code == 422 and "This was sent before with other content" in other.content.decode()
        assert made.objects.count() == 1
    operator.post(f"{PAGE}{Emergency.objects.get().pk}/withdraw")
    assert "This emergency was withdrawn" in operator.post(address, said | {"key": key}).content.decode()


def test_two_who_write_an_advisory_at_once_take_two_numbers(operator):
    """The second one waits for the first, and sees its number."""
    colleague = connection.copy()
    wording = actions.Wording(title={"en": "A hole"}, summary={"en": "Bad."}, severity="high")
    try:
        with colleague.cursor() as cursor, connection.cursor() as mine:
            colleague.set_autocommit(False)
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [actions.ONE_WRITER])
            mine.execute("SET LOCAL lock_timeout = '50ms'")
            with pytest.raises(OperationalError, match="lock timeout"), transaction.atomic():
                actions.write_advisory(operator.actor, wording=wording)
            colleague.rollback()
        slugs = [actions.write_advisory(operator.actor, wording=wording).slug for _time in range(2)]
    finally:
        colleague.close()
    assert slugs == ["tillit-2026-0001", "tillit-2026-0002"]


@pytest.mark.promise("critical-fixes-are-shown-in-the-sign-in-view")
@pytest.mark.promise("emergency-patches-after-business-hours")
def test_an_emergency_is_public_as_soon_as_a_second_person_confirms_it(asked, operator, second, anna, public, clock):
    assert asked.starts_at == datetime(2026, 11, 23, 18, 0, tzinfo=OSLO)  # the next evening
    assert asked.ends_at - asked.starts_at == timedelta(hours=1)
    assert public.get("/trust/maintenance.json").json()["windows"] == []
    page = operator.post(f"{PAGE}{asked.pk}/confirm", follow=True).content.decode()
    assert "Somebody else must confirm it" in page and not MaintenanceWindow.objects.exists()
    second.post(f"{PAGE}{asked.pk}/confirm")
    window = MaintenanceWindow.objects.get()
    assert (window.announced_by, window.confirmed_by) == (operator.user, second.user)
    assert (window.kind, window.advisory) == ("emergency", "tillit-2026-0001")
    assert happened("availability.maintenance_announced") and happened("advisories.emergency_confirmed")
    assert "A hole must be closed." in public.get("/status/").content.decode()
    assert "A hole must be closed." in anna.get("/notices/").content.decode()
    system = Actor.system(operator.tenant)
    window.job = "emergency"
    window.save(update_fields=["job"])
    with pytest.raises(Refused, match="only inside its window"):
        begin_work(system, job="emergency")
    clock.move_to(window.starts_at, tick=False)
    assert begin_work(system, job="emergency").is_emergency  # nine hours of notice: two people answer for it


def test_the_database_too_wants_two_people(asked, operator, second):
    other = {"confirmed_at": asked.asked_at, "confirmed_by": operator.user}
    with pytest.raises(IntegrityError, match="emergency_confirmed_by_another"), transaction.atomic():
        Emergency.objects.filter(pk=asked.pk).update(**other)
    window = actions.confirm_emergency(second.actor, emergency=asked)
    with pytest.raises(IntegrityError, match="emergency_needs_two_people"), transaction.atomic():
        MaintenanceWindow.objects.filter(pk=window.pk).update(confirmed_by=operator.user)
    with pytest.raises(Refused, match="public already"):
        actions.withdraw_emergency(operator.actor, emergency=asked)


def test_no_emergency_comes_without_an_advisory_on_which_it_was_asked_for(asked, operator, second, advisory):
    start = asked.starts_at

    def announce(slug, by=operator.user):
        details = Details(reasons={"en": "A hole."}, advisory=slug, announced_by=by)
        announce_maintenance(
            second.actor, kind="emergency", starts_at=start, ends_at=start + timedelta(hours=1), title={"en": "Patch"},
            details=details,
        )  # fmt: skip

    third = make_person(operator.tenant, "Cato Vakt", Role.OPERATOR)
    for slug, by in (("", operator.user), ("tillit-2026-4711", operator.user), (advisory.slug, third.user)):
        with pytest.raises(Refused, match="needs the security advisory"):
            announce(slug, by)
    with pytest.raises(Refused, match="needs two people"):
        announce(advisory.slug, second.user)
    actions.withdraw_emergency(operator.actor, emergency=asked)
    with pytest.raises(Refused, match="needs the security advisory"):
        announce(advisory.slug)
    assert not MaintenanceWindow.objects.exists()


@pytest.mark.parametrize(
    ("at", "lands"),
    [
        ("2026-11-23T17:59", "2026-11-23T18:00+01:00"),
        ("2026-11-23T19:00", "2026-11-24T18:00+01:00"),  # asked in the evening: the next one
        ("2027-03-27T19:00", "2027-03-28T18:00+02:00"),  # clocks go forward in the night between
        ("2027-10-31T01:30", "2027-10-31T18:00+01:00"),  # and back
    ],
)
@pytest.mark.promise("emergency-patches-after-business-hours")
def test_without_another_wish_it_lands_the_next_evening_at_six_by_the_clocks(advisory, operator, clock, at, lands):
    clock.move_to(datetime.fromisoformat(at).replace(tzinfo=OSLO), tick=False)
    asked = actions.ask_emergency(operator.actor, advisory=advisory, reasons={"en": "A hole."})
    assert asked.starts_at == datetime.fromisoformat(lands)
    assert f"{asked.starts_at.astimezone(OSLO):%H:%M}" == "18:00"


@pytest.mark.parametrize(
    ("slip", "told"),
    [({"reasons_en": " "}, "required"), ({"advisory": "tillit-2020-0001"}, "Select a valid choice"),
     ({"starts_at": "2026-11-23T18:00", "ends_at": "2026-11-23T17:00"}, "must come after the start"),
     ({"starts_at": "2026-11-23T18:00", "ends_at": "9999-12-31T17:00"}, "lasts 31 days at most")],
)  # fmt: skip
def test_a_slip_is_told(advisory, operator, slip, told):
    page = operator.post(PAGE, {"advisory": advisory.slug, "reasons_en": "A hole.", "effect": "seconds"} | slip)
    assert page.status_code == 422 and told in page.content.decode()
    assert not Emergency.objects.exists()


def test_an_advisory_is_due_when_its_emergency_is_over(asked, second, operator, clock, public):
    window = actions.confirm_emergency(second.actor, emergency=asked)
    system = Actor.system(operator.tenant)
    assert actions.remind_of_publication(system) == 0
    clock.move_to(window.ends_at + timedelta(minutes=1), tick=False)
    assert actions.remind_of_publication(system) == 1
    assert actions.remind_of_publication(system) == 0
    assert OutgoingMail.objects.filter(subject__contains="TILLIT-2026-0001").count() == 2
    assert perform("advisories-follow-emergencies").ok
    clock.shift(timedelta(hours=1))
    assert not perform("advisories-follow-emergencies").ok
    assert public.get(f"/status/advisories/{asked.advisory.slug}/").status_code == 404
    operator.post(f"/operator/advisories/{asked.advisory.slug}/publish")
    assert perform("advisories-follow-emergencies").ok
    page = public.get(f"/status/advisories/{asked.advisory.slug}/")
    assert "CVE-2026-12345" in page.content.decode() and not page.cookies
    assert "TILLIT-2026-0001" in public.get("/status/advisories/").content.decode()


def test_a_customer_writes_and_asks_nothing(advisory, anna):
    assert anna.get(PAGE).status_code == 403
    assert anna.get(f"/operator/advisories/{advisory.slug}/").status_code == 403
    assert anna.post(f"/operator/advisories/{advisory.slug}/publish").status_code == 403
    for what in ("confirm", "withdraw"):  # also of what is not there
        assert anna.post(f"{PAGE}4711/{what}").status_code == 403


def test_a_published_advisory_is_read_by_programs_with_every_revision(advisory, operator, public, clock):
    operator.post(f"/operator/advisories/{advisory.slug}/publish")
    clock.shift(timedelta(hours=2))
    page = f"/operator/advisories/{advisory.slug}/"
    assert "Please say what is different" in operator.post(page, TYPED).content.decode()
    operator.post(page, TYPED | {"affected": "1.0.0, 1.1.0, 0.9.0", "because": "0.9.0 is affected too."})
    provider = public.get("/.well-known/csaf/provider-metadata.json").json()
    directory = provider["distributions"][0]["directory_url"].partition("/.well-known")[2]
    listed = public.get(f"/.well-known{directory}index.txt").content.decode().split()
    assert listed == ["2026/tillit-2026-0001.json"]
    assert public.get(f"/.well-known{directory}changes.csv").content.decode().startswith('"2026/tillit-2026-0001.json"')
    told = public.get(f"/.well-known{directory}{listed[0]}").json()
    check_csaf(told)
    for year in ("0", "2025", "99999999999"):
        assert public.get(f"/.well-known{directory}{year}/tillit-2026-0001.json").status_code == 404
    assert told["document"]["tracking"]["version"] == "2"
    assert told["vulnerabilities"][0]["cve"] == "CVE-2026-12345"
    assert told["vulnerabilities"][0]["product_status"]["known_affected"][-1] == "tillit-0.9.0"


def check_csaf(told):
    """The mandatory tests of CSAF 2.0, chapter 6.1, that concern what we write (its JSON schema is not at hand):

    6.1.1 and 6.1.3 product ids defined, once; 6.1.6 no contradicting status; 6.1.14 sorted revisions; 6.1.16 latest
    version; 6.1.22 one date each; 6.1.23 each CVE once; 6.1.27.1-11 what the profile "security advisory" needs.
    """
    document, tracking = told["document"], told["document"]["tracking"]
    assert (document["category"], document["csaf_version"]) == ("csaf_security_advisory", "2.0")
    assert re.fullmatch(r"https://[^/]+", document["publisher"]["namespace"]) and document["publisher"]["name"]
    assert any(note["category"] == "summary" for note in document["notes"])
    own = [one for one in document["references"] if one["category"] == "self"]
    assert own[0]["url"].endswith(f"/{tracking['id'].lower()}.json")
    numbers = [int(one["number"]) for one in tracking["revision_history"]]
    dates = [one["date"] for one in tracking["revision_history"]]
    assert numbers == list(range(1, len(numbers) + 1)) and dates == sorted(dates)
    assert (tracking["version"], tracking["status"]) == (str(numbers[-1]), "final")
    assert (tracking["initial_release_date"], tracking["current_release_date"]) == (dates[0], dates[-1])
    products = [one["product_id"] for one in told["product_tree"]["full_product_names"]]
    assert len(products) == len(set(products))
    for hole in told["vulnerabilities"]:
        status = hole["product_status"]
        named = [one for ids in status.values() for one in ids]
        assert set(named) <= set(products) and len(named) == len(set(named)) and hole["notes"]
        assert re.fullmatch(r"CVE-[0-9]{4}-[0-9]{4,}", hole["cve"])
        assert {one for fix in hole["remediations"] for one in fix["product_ids"]} >= set(status["known_affected"])
