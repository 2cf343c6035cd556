"""Programs read the trust centre: JSON twins in a stable shape, security.txt, robots.txt."""

from datetime import timedelta

import pytest

from tillit.foundation.testing import public_of

ENVELOPE = {"format", "operator", "changed_at"}


@pytest.mark.parametrize(
    ("name", "count", "keys"),
    [
        ("agreements", 15, {"slug", "kind", "title", "languages", "file", "link", "page"}),
        ("processors", 8, {"slug", "name", "role", "seat", "processing", "type", "service", "governance"}),
        ("measures", 6, {"slug", "place", "text"}),
        ("regions", 1, {"slug", "name", "countries", "time_zone", "text"}),
        ("statements", 26, {"key", "section", "figures", "text"}),
    ],
)
def test_a_twin_holds_every_entry_in_every_language(seed, public, name, count, keys):
    answer = public.get(f"/trust/{name}.json")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    twin = answer.json()
    assert set(twin) >= ENVELOPE | {name}
    assert twin["operator"]["example_data"] is True
    assert len(twin[name]) == count
    for entry in twin[name]:
        assert keys <= set(entry)
    assert public.get(f"/trust/{name}.json", {"lang": "de"}).content == answer.content


def test_a_processor_tells_what_is_not_stated_as_null(seed, public):
    rows = {row["slug"]: row for row in public.get("/trust/processors.json").json()["processors"]}
    assert rows["google-g-suite"]["governance"] == {"text": None, "link": None}
    assert rows["google-g-suite"]["processing"]["countries"] == []
    assert rows["mailgun"]["retention_hours"] == 24
    assert rows["mailgun"]["seat"] == {"city": None, "country": "US", "text": None}
    assert rows["microsoft-azure"]["processing"]["countries"] == ["NL", "IE"]
    assert rows["app-store-partner"]["seat"]["text"]["en"] == "Country of the App Store partner"


def test_the_figures_the_system_holds_itself_to_are_figures(seed, public):
    promises = public.get("/trust/statements.json").json()["promises"]
    assert promises == {"notice_hours": 24, "rare_downtime_minutes": 30}


def test_the_page_names_its_twins(seed, public):
    sent = public.get("/trust/").content.decode()
    for name in ("agreements", "processors", "measures", "regions", "statements", "maintenance"):
        assert f'<link rel="alternate" type="application/json" href="/trust/{name}.json"' in sent


def test_security_txt_says_whom_to_tell_and_until_when_that_holds(seed, fjordlys):
    answer = public_of(fjordlys).get("/.well-known/security.txt")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    lines = answer.content.decode().splitlines()
    until = (seed.at + timedelta(days=364)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert lines == [
        "Contact: mailto:security@operator.example",
        f"Expires: {until}",
        "Preferred-Languages: de, en, nb",
        "Canonical: http://fjordlys.tillit.test/.well-known/security.txt",
        "Canonical: http://tillit.test/.well-known/security.txt",
        "Policy: http://tillit.test/trust/#contact",
    ]


def test_applying_the_same_register_again_confirms_the_security_contact(
    seed, in_force, seed_text, public, time_machine
):
    time_machine.move_to(seed.at + timedelta(days=100))
    again = in_force(seed_text)
    assert not again.changes_anything
    until = (again.at + timedelta(days=364)).strftime("%Y-%m-%d")
    assert f"Expires: {until}" in public.get("/.well-known/security.txt").content.decode()
    assert public.get("/trust/processors.json").json()["changed_at"][:10] == seed.at.strftime("%Y-%m-%d")


def test_machines_are_welcome_on_the_public_pages(public):
    lines = public.get("/robots.txt").content.decode().splitlines()
    assert "Allow: /trust/" in lines
    assert "Allow: /status/" in lines


@pytest.mark.parametrize("name", ["agreements", "processors", "measures", "regions", "statements"])
def test_a_twin_needs_few_queries(seed, public, name, django_assert_max_num_queries):
    public.get(f"/trust/{name}.json")
    with django_assert_max_num_queries(8):
        public.get(f"/trust/{name}.json")
