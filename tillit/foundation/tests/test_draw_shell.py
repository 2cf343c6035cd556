"""The shell around every page: components, error pages, and what the Content-Security-Policy asks of the templates."""

import re
from pathlib import Path

import pytest
from django import forms
from django.template import Context, Template
from django.template.loader import get_template
from django.utils import translation

FOUNDATION = Path(__file__).resolve().parents[1]
TEMPLATES = FOUNDATION / "templates"
ROOMS = FOUNDATION.parent
ERROR_PAGES = ["400", "403", "403_csrf", "404", "413", "421", "429", "500", "503"]


class Address(forms.Form):
    city = forms.CharField(label="City", help_text="As on the envelope.")
    letters = forms.BooleanField(label="Letters", required=False)


def draw(source, **context):
    return Template("{% load shell %}" + source).render(Context(context))


@pytest.mark.parametrize("page", ERROR_PAGES)
def test_an_error_page_needs_neither_database_nor_request(page):
    with translation.override("de"):
        html = get_template(f"{page}.html").render()
    assert 'lang="de"' in html
    assert "<h1" in html


@pytest.mark.parametrize("page", ["421", "500", "503"])
def test_an_error_before_the_language_is_known_speaks_all_three(page):
    html = get_template(f"{page}.html").render()
    assert all(f'<p lang="{language}">' in html for language in ("en", "de", "nb"))


def test_a_field_is_tied_to_its_hint_and_its_error():
    html = draw("{% field form.city %}", form=Address({}))
    assert 'for="id_city"' in html
    assert 'aria-describedby="id_city_helptext id_city_error"' in html
    assert 'id="id_city_helptext"' in html
    assert 'id="id_city_error"' in html
    assert "(optional)" not in html


def test_a_field_that_may_stay_empty_says_so():
    class Note(forms.Form):
        text = forms.CharField(required=False)

    assert "(optional)" in draw("{% field form.text %}", form=Note())
    assert "(optional)" not in draw("{% field form.text optional=False %}", form=Note())


def test_the_summary_of_errors_leads_to_each_field():
    wrong = Address({})
    wrong.add_error(None, "The whole thing is wrong.")
    html = draw("{% error_summary form %}", form=wrong)
    assert 'href="#id_city"' in html
    assert "The whole thing is wrong." in html


def test_a_question_in_the_summary_gets_no_colon_and_says_what_to_do():
    with translation.override("de"):
        form = Address({})
        form.fields["city"].label = "Was stimmt nicht?"
        assert ">Was stimmt nicht? Bitte ausfüllen.</a>" in draw("{% error_summary form %}", form=form)


def test_a_form_without_errors_has_no_summary():
    assert draw("{% error_summary form %}", form=Address()).strip() == ""
    assert draw("{% error_summary form %}", form=Address({"city": "Bergen"})).strip() == ""


def test_what_people_typed_is_escaped_in_labels_and_icons():
    assert "<script>" not in draw("{% icon 'lock' label %}", label="<script>alert(1)</script>")


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Anna Lund", "AL"), ("Fjordlys AS (invented)", "FA"), ("Ærlig", "Æ"), ("", "?"), (None, "?"), ("(…)", "?")],
)
def test_a_name_is_shortened_to_its_initials(name, letters):
    assert draw("{{ name|initials }}", name=name) == letters


def test_the_operator_sees_every_component_in_the_style_guide(operator):
    html = operator.get("/styleguide/").content.decode()
    for part in ("buttons", "forms", "tables", "cards", "work", "record", "public"):
        assert f'id="{part}"' in html


def test_others_do_not_see_the_style_guide(anna):
    assert anna.get("/styleguide/").status_code == 403


def test_the_palette_is_a_page_and_a_fragment_of_it(anna):
    page = anna.get("/palette/?q=xyz").content.decode()
    fragment = anna.get("/palette/?q=xyz", HTTP_HX_REQUEST="true").content.decode()
    assert "<html" in page
    assert "<html" not in fragment
    assert fragment.strip().startswith("<li>") or "palette-part" in fragment


@pytest.mark.parametrize("template", sorted(ROOMS.glob("*/templates/**/*.html")), ids=lambda path: path.name)
def test_no_template_carries_a_script_a_style_or_a_foreign_address(template):
    html = re.sub(r"{#.*?#}|{% comment.*?endcomment %}", "", template.read_text(), flags=re.DOTALL)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html), "the policy refuses inline code"
    assert not re.search(r"<script(?![^>]*\ssrc=)(?![^>]*application/json)", html), "scripts are files"
    assert not re.search(r"<(script|link|img)[^>]*(src|href)=[\"'](https?:)?//", html), "nothing from elsewhere"


def test_every_stylesheet_is_linked_and_every_one_fills_a_named_layer():
    linked = re.findall(r"css/([\w-]+)\.css", (TEMPLATES / "foundation/_styles.html").read_text())
    sheets = {path.stem: path.read_text() for path in (FOUNDATION / "static/css").glob("*.css")}
    assert sorted(linked) == sorted(sheets)
    assert linked[0] == "reset"
    assert all("@layer " in text for text in sheets.values())
    assert all(len(text.splitlines()) <= 150 for text in sheets.values())


def test_our_own_scripts_stay_small_and_are_all_loaded():
    loaded = set(re.findall(r"js/([\w-]+)\.js", (TEMPLATES / "foundation/_scripts.html").read_text()))
    scripts = {path.stem: path.read_text() for path in (FOUNDATION / "static/js").glob("*.js")}
    assert loaded == set(scripts)
    assert all(len(text.splitlines()) < 60 for text in scripts.values())


def test_every_icon_that_a_template_names_is_drawn():
    drawn = set(re.findall(r'symbol id="([\w-]+)"', (FOUNDATION / "static/icons/icons.svg").read_text()))
    named = {
        name
        for template in ROOMS.glob("*/templates/**/*.html")
        for name in re.findall(r"""{% icon ["']([\w-]+)["']""", template.read_text())
    }
    assert named <= drawn
