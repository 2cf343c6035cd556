"""Name, language, time zone and theme are one's own."""

import pytest

from tillit.foundation.testing import happened
from tillit.foundation.web import menu_entries

ANNA = {"name": "Anna Lund-Vik", "language": "nb", "time_zone": "Europe/Zurich", "theme": "dark"}


def fresh(person):
    person.user.refresh_from_db()
    return person.user


def test_anna_changes_her_profile(anna):
    assert anna.post("/profile/", ANNA).url == "/profile/"
    user = fresh(anna)
    assert {field: getattr(user, field) for field in ANNA} == ANNA
    page = anna.get("/profile/").text
    assert 'data-theme="dark"' in page and 'lang="nb"' in page
    assert happened("tenants.profile_changed")


def test_ben_changes_his_too_though_he_may_only_read(ben):
    assert ben.post("/profile/", ANNA).status_code == 302
    assert fresh(ben).theme == "dark"


def test_a_stranger_has_no_profile(public):
    assert public.post("/profile/", ANNA).url.startswith("/sign-in/")


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "n" * 121},
        {"name": "a\x00b"},
        {"language": "tlh"},
        {"time_zone": "Europe/Atlantis"},
        {"time_zone": "../../etc/passwd"},
        {"time_zone": "x\x00"},
        {"theme": "pink"},
    ],
)
def test_nonsense_is_said_and_what_was_typed_stays(anna, change):
    answer = anna.post("/profile/", ANNA | change)
    assert answer.status_code == 422
    assert 'class="error' in answer.text
    assert fresh(anna).theme == "auto"
    assert "Anna Lund-Vik" in answer.text or "name" in change


@pytest.mark.parametrize("name", ["Ænna Lünd", "安娜", "آنا", "Anna 🦊", "  Anna \n Lund "])
def test_names_in_every_script_are_kept(anna, name):
    anna.post("/profile/", ANNA | {"name": name})
    assert fresh(anna).name == " ".join(name.split())


def test_the_menu_changes_theme_and_language_and_leads_back(anna):
    assert anna.post("/profile/appearance/", {"theme": "light", "next": "/people/?q=a"}).url == "/people/?q=a"
    for nowhere in ("https://evil.example/", "//evil.example", "crm:companies", "companies", "true", "-1", "<script>"):
        assert anna.post("/profile/appearance/", {"language": "de", "next": nowhere}).url == "/"
    assert (fresh(anna).theme, anna.user.language) == ("light", "de")


@pytest.mark.parametrize("form", [{"theme": "pink"}, {"language": "\x00"}, {"theme": "x" * 5000}])
def test_the_menu_knows_its_choices_only(anna, form):
    assert anna.post("/profile/appearance/", form | {"next": "/profile/"}).url == "/profile/"
    assert fresh(anna).theme == "auto"
    assert anna.user.language == "en"


def test_no_page_shows_what_another_one_kept_of_the_shell(anna, ben, chiara):
    before = anna.get("/profile/").text
    assert "Anna Lund" in before and "Keyboard shortcuts" in before and 'href="/persons/" data-go="p">' in before
    anna.post("/profile/", ANNA | {"language": "de"})
    after = anna.get("/persons/").text
    assert 'lang="de"' in after and "Anna Lund-Vik" in after
    assert "Keyboard shortcuts" not in after and "Tastenkürzel" in after
    assert 'href="/persons/" data-go="p" aria-current="page">' in after
    assert 'value="dark" aria-pressed="true"' in after and 'value="auto" aria-pressed="true"' not in after
    assert "Anna Lund" not in ben.get("/profile/").text
    other = chiara.get("/persons/").text
    assert "Alpenrose" in other and "Fjordlys" not in other and "Anna" not in other


def test_every_place_of_the_menu_has_a_key_of_its_own(operator, anna, ben):
    for person in (operator, anna, ben):
        keys = [entry.key for entry in menu_entries(person.actor)]
        assert keys and all(keys) and len(set(keys)) == len(keys)


def test_the_page_costs_a_fixed_number_of_queries(anna, django_assert_max_num_queries):
    anna.get("/profile/")
    with django_assert_max_num_queries(14):
        anna.get("/profile/")
