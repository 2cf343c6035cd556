"""The operator puts a register into force: looks at the differences first, applies, and is refused clearly."""

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile

from tillit.availability.queries import export_rules
from tillit.foundation.access import Actor
from tillit.foundation.models import Event
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import happened
from tillit.trust.actions.register import apply_register
from tillit.trust.models import Processor, Revision
from tillit.trust.problems import RegisterRefused
from tillit.trust.queries import export_register
from tillit.trust.register import LONGEST_FILE, read_register
from tillit.trust.tests.conftest import profile

PAGE = "/operator/register/file/"
REFUSED = "refused as a whole"


def newest():
    revision = Revision.objects.first()
    return revision.pk if revision else ""


def look(person, text="", **fields):
    return person.post(PAGE, {"text": text, "look": "", **fields})


def put_into_force(person, text, **fields):
    return person.post(PAGE, {"text": text, "apply": "", "based_on": newest(), **fields}, follow=True)


def test_the_operator_applies_a_register_and_the_public_page_follows(operator, public):
    answer = put_into_force(operator, profile("seed"))
    assert "101 added, 0 changed, 0 removed" in answer.content.decode()
    assert "Visma ITC" in public.get("/trust/").content.decode()
    assert happened("trust.register_applied")
    revision = Revision.objects.get()
    assert revision.by == operator.user


def test_the_event_tells_how_much_changed(seed, operator, seed_text):
    changed = seed_text.replace("Visma ITC", "Visma IT").replace('slug = "fire-alarm"', 'slug = "fire"')
    put_into_force(operator, changed)
    with in_tenant(operator.tenant):
        event = Event.objects.filter(name="trust.register_applied").latest("id")
    assert event.data == {"added": 1, "changed": 2, "removed": 1}
    assert event.actor == operator.user


def test_the_neighbours_parts_of_the_file_are_applied_with_it(operator, seed_text):
    put_into_force(operator, seed_text)
    assert "microsoft-patches" in [rule["key"] for rule in export_rules()]


def test_looking_shows_the_differences_and_changes_nothing(seed, operator, seed_text):
    before = export_register()
    answer = look(operator, seed_text.replace("Mailgun Inc.", "Mailgun LLC")).content.decode()
    assert "<del>Mailgun Inc.</del>" in answer
    assert "<ins>Mailgun LLC</ins>" in answer
    assert "Apply this register" in answer
    assert export_register() == before
    assert Revision.objects.count() == 1
    with in_tenant(operator.tenant):
        assert Event.objects.filter(name="trust.register_applied").count() == 1


def test_looking_at_the_same_register_offers_to_confirm_it(seed, operator, seed_text):
    assert "Confirm the register" in look(operator, seed_text).content.decode()


def test_another_order_is_a_difference(seed, operator, seed_text):
    entries = seed_text.split("[[measures]]")
    swapped = "[[measures]]".join([entries[0], entries[2], entries[1], *entries[3:]])
    assert "The entries stand in another order." in look(operator, swapped).content.decode()


def test_a_file_goes_before_the_text_and_is_shown_as_the_text(seed, operator):
    file = SimpleUploadedFile("operator.toml", b"\xef\xbb\xbf" + profile("blank").encode())
    answer = look(operator, "x = 1", file=file).content.decode()
    assert "Uncomment what is true for you" in answer
    assert "Apply this register" in answer


@pytest.mark.parametrize(
    ("wrong", "path", "sentence"),
    [
        (
            ('seat_country = "US"', 'seat_contry = "US"'),
            "processors[mailgun].seat_contry",
            "Did you mean “seat_country”",
        ),
        (('"NL", "IE"', '"NL", "EU"'), "processors[microsoft-azure].processing_countries[2]", "“EU” is no ISO 3166-1"),
        (('kind = "addendum"\n', ""), "agreements[dora-addendum].kind", "is missing."),
        (('slug = "fire-alarm"', 'slug = "climate-control"'), "measures[climate-control].slug", "more than once"),
        (("anchor = 2026-01-02", 'anchor = "soon"'), "maintenance_rules[system]", "soon"),
        (("anchor = 2026-01-02", "anchor = 2026-02-30"), "", "not well-formed TOML"),
    ],
)
def test_a_wrong_register_is_refused_whole_with_key_and_line(seed, operator, seed_text, wrong, path, sentence):
    before = export_register()
    for press in (look, put_into_force):
        answer = press(operator, seed_text.replace(*wrong, 1)).content.decode()
        assert REFUSED in answer
        assert path in answer
        assert sentence in answer
        assert "SuperOffice CRM Online Abonnementrahmenvertrag" in answer  # what was typed is still there
    assert export_register() == before


def test_a_notice_longer_than_the_calendar_enforces_is_refused(seed, operator, seed_text):
    longer = seed_text.replace("24 ", "240 ")
    for figure in ("notice_hours", "retention_hours"):
        longer = longer.replace(f"{figure} = 24", f"{figure} = 240")
    answer = look(operator, longer)
    assert "promises.notice_hours" in answer.content.decode()


@pytest.mark.parametrize(
    ("language", "says"), [("de", "24 Stunden"), ("en", "24 hours"), ("nb", "24 timer")], ids=["de", "en", "nb"]
)
def test_a_retention_that_the_text_says_otherwise_is_refused(seed_text, language, says):
    lines = seed_text.splitlines()
    line = next(
        number for number, line in enumerate(lines, 1) if line.startswith(f"service.{language}") and says in line
    )
    with pytest.raises(RegisterRefused) as refused:
        read_register(seed_text.replace("retention_hours = 24", "retention_hours = 48"))
    told = {problem.path: problem for problem in refused.value.problems}
    assert len(told) == 3
    assert told[f"processors[mailgun].service.{language}"].line == line
    assert "48" in told[f"processors[mailgun].service.{language}"].sentence


@pytest.mark.parametrize("says", ["48 hours", "2 or 48 hours", "two days", "at 24 places"])
def test_a_retention_that_the_text_says_or_leaves_open_is_taken(seed_text, says):
    changed = seed_text.replace("retention_hours = 24", "retention_hours = 48")
    for hours in ("24 Stunden auf", "for 24 hours so", "i 24 timer slik"):
        changed = changed.replace(hours, says)
    assert changed.count(says) >= 3
    assert read_register(changed)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The submitted file is empty"),
        (b"\x00\x01\x02" * 50, "not well-formed TOML"),
        (b"format = " + b"[" * 20_000 + b"]" * 20_000, "not well-formed TOML"),
        (b"format = " + b"9" * 10_000, "not well-formed TOML"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "not text in UTF-8"),
        ("format = 1\nname = 'Zürich'".encode("cp1252"), "not text in UTF-8"),
        ("format = 1".encode("utf-16"), "not text in UTF-8"),
        (b"#" * (LONGEST_FILE + 1), "larger than 1 MB"),
    ],
)
def test_a_file_that_can_be_no_register_is_refused(seed, operator, data, sentence):
    answer = look(operator, file=SimpleUploadedFile("operator.toml", data))
    assert answer.status_code == 200
    assert sentence in answer.content.decode()


def test_nothing_handed_in_is_told(operator):
    assert "Choose a file, or paste its text below." in look(operator, " \n").content.decode()


def test_the_sentences_speak_the_operators_language(seed, operator, seed_text):
    answer = operator.post(f"{PAGE}?lang=de", {"text": seed_text.replace('"NL", "IE"', '"NL", "XX"'), "look": ""})
    assert "«XX» ist kein Ländercode nach ISO 3166-1" in answer.content.decode()


def test_whoever_decided_on_an_older_register_looks_again(seed, operator, in_force, seed_text):
    looked_at = newest()
    in_force(seed_text.replace("Mailgun Inc.", "Mailgun LLC"))
    answer = put_into_force(operator, seed_text, based_on=looked_at).content.decode()
    assert "Somebody applied another register meanwhile" in answer
    assert Processor.objects.said().get(slug="mailgun").name == "Mailgun LLC"


def test_only_the_operator_sees_or_changes_the_register(seed, anna, ben, public, seed_text):
    for person in (anna, ben):
        assert person.get(PAGE).status_code == 403
        assert look(person, seed_text).status_code == 403
        assert put_into_force(person, profile("blank")).status_code == 403
    assert public.get(PAGE).status_code == 302
    assert Processor.objects.said().count() == 8


def test_an_actor_without_the_grant_is_refused_by_the_action_itself(seed, anna):
    with pytest.raises(PermissionDenied):
        apply_register(Actor.nobody(anna.tenant), register=read_register(profile("blank")))


def test_the_page_tells_who_applied_what_and_when(seed, operator, seed_text):
    put_into_force(operator, seed_text)
    sent = operator.get(PAGE).content.decode()
    assert "Olav Drift" in sent
    assert "the system" in sent
    assert "confirmed" in sent


def test_before_the_first_register_the_page_says_what_to_do(operator):
    sent = operator.get(PAGE).content.decode()
    assert "No register has been applied yet" in sent
    assert operator.get("/operator/register/blank.toml").status_code == 200


def test_the_page_needs_few_queries(seed, operator, django_assert_max_num_queries):
    operator.get(PAGE)
    with django_assert_max_num_queries(25):
        operator.get(PAGE)
