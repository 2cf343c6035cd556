"""Whoever wants that is written to when something that interrupts for longer than seconds is announced or changes."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.utils.timezone import now
from icalendar import Calendar

from tillit.availability import lastcopy
from tillit.availability.actions.mails import mail_notice
from tillit.availability.actions.windows import Revised, cancel_maintenance, move_maintenance, revise_maintenance
from tillit.availability.models import MaintenanceWindow
from tillit.foundation.access import Actor
from tillit.foundation.models import Membership, OutgoingMail, User
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import happened, run_jobs


@pytest.fixture
def letters():
    """What was written since the last time: recipient and message, by recipient."""

    def read():
        run_jobs()
        mails = [
            (mail.to, message_from_bytes(bytes(mail.message), policy=policy.default))
            for mail in OutgoingMail.objects.all()
        ]
        OutgoingMail.objects.all().delete()
        return sorted(mails, key=lambda mail: mail[0])

    return read


def text(letter):
    return letter.get_body(("plain",)).get_content()


@pytest.mark.promise("notice-in-every-sign-in-view")
def test_administrators_are_told_in_their_language_with_a_calendars_file(announced, anna, mia, chiara, letters):
    User.objects.filter(pk=chiara.user.pk).update(language="de", time_zone="Europe/Zurich")
    announced(72, effect="offline", reasons={"en": "The disks are full.", "de": "Die Platten sind voll."})
    to_anna, to_chiara = letters()
    assert [to_anna[0], to_chiara[0]] == ["anna@fjordlys.example", "chiara@alpenrose.example"]
    assert to_anna[1]["subject"].strip().endswith("Work on the network, Thu, 26 Nov 2026, 09:00–11:00 CET")
    assert "The disks are full." in text(to_anna[1]) and "Not available" in text(to_anna[1])
    assert "Die Platten sind voll." in text(to_chiara[1])
    assert to_chiara[1]["subject"].strip().endswith(": Work on the network, Do., 26. Nov. 2026, 09:00–11:00 MEZ")
    assert "http://fjordlys.tillit.test/notices/mail" in text(to_anna[1])
    (attached,) = to_anna[1].iter_attachments()
    (event,) = Calendar.from_ical(attached.get_content()).events
    assert (event.start, event["SEQUENCE"], event["STATUS"]) == (now() + timedelta(hours=72), 0, "CONFIRMED")


def test_what_is_typed_into_a_title_keeps_the_mail_from_nobody(announced, anna, operator, typed, letters):
    told = typed(hours=72, effect="offline", title_en="Disks\rBcc: x@rival.example", title_de="Neue\x0bDisks")
    assert operator.post("/operator/maintenance/announce", told).status_code == 302
    window = MaintenanceWindow.objects.get()
    assert window.title == {"en": "Disks Bcc: x@rival.example", "de": "Neue Disks"}
    ((_to, letter),) = letters()
    assert (
        letter["subject"].strip().startswith("Maintenance: Disks Bcc: x@rival.example, Thu, 26 Nov")
        and not letter["bcc"]
    )
    assert announced(120, title="Work\non the\u2028network").title == {"en": "Work on the network"}
    said = {name: getattr(window, name) for name in Revised.__dataclass_fields__} | {"title": {"en": "New\ndisks"}}
    assert revise_maintenance(operator.actor, window=window, revised=Revised(**said), because="Clearer.").title == {
        "en": "New disks"
    }
    MaintenanceWindow.objects.update(title={"en": "Kept\rbefore"})
    cancel_maintenance(operator.actor, window=window, because="No need any more.")
    ((_to, letter),) = letters()
    assert letter["subject"].strip().startswith("Cancelled: Kept before, Thu, 26 Nov")


def test_who_was_told_of_seconds_hears_that_it_became_hours(announced, anna, operator, letters, clock):
    window = announced(72, effect="seconds", most_seconds=3)
    assert not letters()
    said = {name: getattr(window, name) for name in Revised.__dataclass_fields__}
    clearer = said | {"title": {"en": "Work on the networks"}}  # of which nobody is written to
    revise_maintenance(operator.actor, window=window, revised=Revised(**clearer), because="Clearer.")
    assert not letters()
    clock.shift(timedelta(minutes=1))
    revise_maintenance(operator.actor, window=window, revised=Revised(**said | {"effect": "offline"}), because="Disks.")
    ((_to, told),) = letters()
    assert told["subject"].strip().startswith("Said otherwise: Work on the network, Thu, 26 Nov 2026, 09:00")
    for sentence in (
        "this maintenance is announced otherwise than before:",
        "Why it was changed: Clearer.\nWhy it was changed: Disks.",
        "\n\nWhat people notice: Not available: up to 3 seconds (before: up to 3 seconds)\n",
    ):  # fmt: skip
        assert sentence in text(told)
    assert "Announced before" not in text(told) and "Title" not in text(told)  # both are as they were
    assert [kept.effect for kept in lastcopy.load().windows] == ["offline"]
    clock.shift(timedelta(minutes=1))
    said |= {"effect": "offline", "title": {"en": "New disks"}}
    revise_maintenance(operator.actor, window=window, revised=Revised(**said), because="Clearer.")
    assert not letters()


def test_a_move_and_a_cancellation_are_told_too_and_nothing_twice(announced, anna, operator, letters):
    window = announced(72, effect="read_only")
    assert len(letters()) == 1
    later = {"starts_at": now() + timedelta(hours=96), "ends_at": now() + timedelta(hours=97)}
    move_maintenance(operator.actor, window=window, because="A part is late.", **later)
    ((_to, moved),) = letters()
    assert moved["subject"].strip().startswith("Moved: ") and "Announced before: Thu, 26 Nov 2026, 09:00" in text(moved)
    assert "Why it was changed: A part is late." in text(moved)
    cancel_maintenance(operator.actor, window=window, because="No need any more.")
    ((_to, called_off),) = letters()
    assert called_off["subject"].strip().startswith("Cancelled: ") and "No need any more." in text(called_off)
    assert "before" not in text(called_off) and "late" not in text(called_off)
    assert mail_notice(Actor.system(operator.tenant), window_id=window.pk) == 0
    assert letters() == []


def test_who_is_not_concerned_or_interrupted_for_seconds_only_is_left_in_peace(announced, anna, chiara, letters):
    announced(72, effect="offline", wave="a")
    assert [to for to, _letter in letters()] == ["anna@fjordlys.example"]
    announced(96, effect="seconds")
    announced(120, effect="offline", region="nowhere")
    assert letters() == []


def test_everybody_chooses_for_himself(announced, anna, mia, ben, letters, django_assert_max_num_queries):
    assert 'id="wanted" checked' in anna.get("/notices/mail").content.decode()
    assert 'id="wanted" checked' not in mia.get("/notices/mail").content.decode()
    anna.post("/notices/mail", {})
    mia.post("/notices/mail", {"wanted": "on"})
    assert happened("availability.mail_chosen")
    assert "/notices/mail" in ben.get("/profile/").content.decode()
    announced(72, effect="offline")
    assert [to for to, _letter in letters()] == ["mia@fjordlys.example"]
    with in_tenant(mia.tenant):
        Membership.objects.filter(user=mia.user).update(ended_at=now())
    announced(96, effect="offline")
    assert letters() == []
    anna.get("/notices/mail")  # shows the banner of the new window, and that is kept
    with django_assert_max_num_queries(16):
        anna.get("/notices/mail")
