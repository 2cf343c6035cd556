"""Words are written by day for the night: chosen with one press, filled in, and said in three languages."""

import pytest

from tillit.availability.models import Component, Incident, IncidentTemplate
from tillit.availability.words import in_every_language
from tillit.foundation.testing import happened

DESK = "/operator/incidents/"
WORDS = f"{DESK}templates/"


@pytest.fixture
def slow():
    """Every installation starts with a good set, which fits also what no probe noticed."""
    assert "measuring" not in IncidentTemplate.objects.get(name__en="False alarm").body["en"]
    return IncidentTemplate.objects.get(name__en="Slow")


def test_an_incident_is_opened_with_words_kept_ready(operator, plan, slow, public):
    page = operator.get(f"{DESK}?template={slow.pk}").content.decode()
    assert "Langsamer als gewohnt: {parts}" in page and "Tregere enn vanlig" in page
    parts = Component.objects.filter(slug__in=["crm", "api"])
    typed = {f"{name}_{code}": text for name in ("title", "body") for code, text in getattr(slow, name).items()}
    typed |= {"also": [part.pk for part in parts], "impact": "minor", "status": "investigating", "next_in": "30"}
    assert operator.post(DESK, typed).status_code == 302
    incident = Incident.objects.get()
    names = {code: ", ".join(part.name[code] for part in parts.order_by("position")) for code in ("en", "de", "nb")}
    assert incident.title["de"] == f"Langsamer als gewohnt: {names['de']}"
    assert incident.updates.get().body["en"] == (
        f"Since 09:00 CET the following has been slower than usual: {names['en']}. Nothing is lost. "
        "We are looking for the cause and write again by 09:30 CET."
    )
    assert "bis 09:30 MEZ wieder" in incident.updates.get().body["de"]
    assert "bis 09:30 MEZ wieder" in public.get("/status/?lang=de").content.decode()


def test_a_language_left_as_it_was_kept_ready_is_not_published_beside_words_that_say_more(operator, plan, slow, public):
    """Neither its text nor its title: both are told in the language in which somebody wrote."""
    at = f"{DESK}?template={slow.pk}"
    page = operator.get(at).content.decode()
    assert 'data-ready="Tregere enn vanlig: {parts}"' in page and "published only while none is changed" in page
    typed = {f"{name}_{code}": text for name in ("title", "body") for code, text in getattr(slow, name).items()}
    typed |= {"also": [Component.objects.get(slug="crm").pk], "impact": "minor", "status": "investigating"}
    typed |= {"title_en": "Saving fails", "body_en": "Nobody can save.", "body_de": "Speichern geht nicht."}
    answer = operator.post(at, typed, follow=True)
    assert "Not published, because it was left as it was kept ready: Norwegian." in answer.content.decode()
    incident = Incident.objects.get()
    assert incident.title == {"en": "Saving fails", "de": "Langsamer als gewohnt: CRM"}
    assert incident.updates.get().body == {"en": "Nobody can save.", "de": "Speichern geht nicht."}
    norwegian = public.get(f"/status/incidents/{incident.pk}/?lang=nb").content.decode()
    assert "Saving fails" in norwegian and "Tregere" not in norwegian and norwegian.count("(Engelsk)") == 2
    assert "<dt>Konsekvens</dt>" in norwegian and "irkning" not in norwegian  # one word for it, also on the desk


@pytest.mark.parametrize(("left_out", "place"), [({"also": []}, "{parts}"), ({"next_in": ""}, "{next_update}")])
def test_a_gap_in_the_words_is_told_and_what_was_typed_stays(operator, plan, left_out, place):
    part = Component.objects.get(slug="crm")
    typed = {"title_en": "Slow", "body_en": f"Gap: {place}", "also": [part.pk], "impact": "minor", "next_in": "15"}
    answer = operator.post(DESK, typed | {"status": "investigating"} | left_out)
    assert answer.status_code == 422
    assert f"known yet in place of {place}" in answer.content.decode() and f"Gap: {place}" in answer.content.decode()
    assert not Incident.objects.exists()


def test_words_for_going_on_and_ending_know_their_incident(operator, plan):
    part = Component.objects.get(slug="crm")
    typed = {"title_en": "Slow", "body_en": "x", "also": [part.pk], "impact": "minor", "status": "investigating"}
    operator.post(DESK, typed)
    at = f"{DESK}{Incident.objects.get().pk}/"
    found, over = (IncidentTemplate.objects.get(name__en=name) for name in ("Cause found", "Over"))
    form = operator.get(f"{at}?template={found.pk}").context["form"]
    assert (form.initial["status"], form.initial["next_in"]) == ("identified", "60")
    ending = operator.get(f"{at}?template={over.pk}").context["ending"]
    assert ending.initial["body"]["en"].startswith(f"What began at 09:00 CET is over: {part.name['en']} works")
    watched = IncidentTemplate.objects.get(status=Incident.Status.MONITORING)
    assert watched.name == in_every_language(lambda: Incident.Status.MONITORING.label)  # by one name everywhere
    for nothing in ("0", "x", "9" * 30, str(over.pk) + " "):
        assert operator.get(f"{DESK}?template={nothing}").status_code == 200


def test_the_operator_keeps_words_and_a_customer_does_not(operator, anna, slow):
    typed = {"moment": "updating", "name_en": "Vendor", "body_en": "Our vendor repairs it.", "minutes": "60"}
    assert anna.get(WORDS).status_code == anna.post(f"{WORDS}new", typed).status_code == 403
    assert operator.post(f"{WORDS}new", typed).status_code == 302
    kept = IncidentTemplate.objects.get(name__en="Vendor")
    assert (kept.minutes, kept.title) == (60, {})
    operator.post(f"{WORDS}{slow.pk}", typed | {"moment": "opening", "name_en": "Slow", "title_en": "Slower"})
    slow.refresh_from_db()
    assert slow.title == {"en": "Slower"}
    without = operator.post(f"{WORDS}new", typed | {"moment": "opening"})
    assert "need its title" in without.content.decode()
    assert "Vendor" in operator.get(WORDS).content.decode()
    assert anna.post(f"{WORDS}{kept.pk}/drop").status_code == 403
    operator.post(f"{WORDS}{kept.pk}/drop")
    assert not IncidentTemplate.objects.filter(pk=kept.pk).exists()
    assert happened("availability.incident_template_kept") and happened("availability.incident_template_dropped")
