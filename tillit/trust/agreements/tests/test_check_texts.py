"""Authors of agreements are told what is wrong, with file, line and sentence, before anything is published."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest

from tillit.trust.agreements.documents import read_document
from tillit.trust.agreements.inspection import inspect, out_of_step
from tillit.trust.agreements.rendering import parts
from tillit.trust.agreements.testing import text, texts


@dataclass(frozen=True)
class Said:
    value: object
    text: dict[str, str]


def said(value):
    return Said(value, dict.fromkeys(("de", "en", "nb"), str(value)))


REGISTER = {
    "operator.legal_entity": said("Nordlys Drift AS"),
    "promises.notice_hours": said(24),
    "promises.processor_notice_days": said(30),
}


def told(by_language, slug="dpa"):
    return [str(problem) for problem in inspect(slug, by_language, REGISTER).problems]


def with_line(language, line):
    return text(language).replace("## 2 ", f"{line}\n\n## 2 ")


def test_texts_that_say_the_same_are_green():
    assert inspect("dpa", texts(), REGISTER).is_green


def test_a_text_alone_is_green_when_it_is_the_binding_one():
    assert inspect("dpa", {"de": text("de")}, REGISTER).is_green
    assert told({"en": text("en")}) == ["dpa.de.md: The binding language is “de”, and there is no text in it."]


def test_a_number_that_differs_in_one_language_is_named_with_clause_and_file():
    one_wrong = texts(hours="{{ literal 24 }}") | {"nb": text("nb", hours="{{ literal 48 }}")}
    assert told(one_wrong) == ["dpa.nb.md:14: Clause 1.2: numbers differ: 48 here, 24 in dpa.de.md."]


def test_a_number_that_stands_for_a_variable_is_refused_and_named():
    assert told(texts(hours="24")) == [
        f"dpa.{code}.md:14: “24 {unit}” is a value of the register: write {{{{ promises.notice_hours }}}}, or "
        "{{ literal … }} if it is not."
        for code, unit in (("de", "Stunden"), ("en", "hours"), ("nb", "timer"))
    ]
    assert told(texts(hours="23")) == []
    assert told(texts(hours="{{ literal 24 }}")) == []


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("de", "binnen vierundzwanzig Stunden"),
        ("de", "binnen 24\u00a0Stunden"),
        ("de", "binnen 24\nStunden"),
        ("de", "24 (vierundzwanzig) Stunden"),
        ("de", "vor dreissig Kalendertagen"),
        ("en", "twenty-four hours"),
        ("en", "a 24-hour period"),
        ("en", "thirty days"),
        ("nb", "i tjuefire timer"),
        ("nb", "tretti dager"),
        ("de", "Nordlys Drift AS"),
    ],
)
def test_a_value_is_found_however_it_is_written(language, written):
    problems = inspect("dpa", {language: with_line(language, written)}, REGISTER).problems
    assert any("is a value of the register" in problem.sentence for problem in problems)


@pytest.mark.parametrize("written", ["nach 24 Monaten", "124 Stunden", "24 Kunden", "Tag 30", "die Stunde 24"])
def test_a_number_without_its_unit_is_nobodys_value(written):
    assert told({"de": with_line("de", written)}) == []


def test_an_unknown_variable_is_named():
    wrong = text("de", hours="{{ promises.notice_hour }}")
    assert told({"de": wrong}) == ["dpa.de.md:14: The register has no variable “promises.notice_hour”."]
    assert told({"de": text("de", hours="{{ a b }}")}) == [
        "dpa.de.md:14: Braces that hold neither a variable nor a literal."
    ]


def test_languages_have_the_same_clauses_names_variables_and_dates():
    english = text("en")
    for changed, expected in [
        (english.replace("## 2 End", ""), "dpa.en.md: Clause 2 is missing; dpa.de.md has it."),
        (english + "\n2.1 More.\n", "dpa.en.md:18: Clause 2.1 is not in dpa.de.md."),
        (english.replace(" {#notice}", ""), "dpa.en.md:12: Clause 1.1: names differ: – here, notice in dpa.de.md."),
        (
            english.replace("{{ promises.notice_hours }}", "some"),
            "dpa.en.md:14: Clause 1.2: variables differ: – here, promises.notice_hours in dpa.de.md.",
        ),
        (
            english.replace("## 2 End", "## 2 End\n\nUntil 1 October 2027."),
            "dpa.en.md:16: Clause 2: dates differ: 2027-10-01 here, – in dpa.de.md.",
        ),
        (english.replace("2026-12-01", "2026-12-02"), "“valid_from” says 2026-12-02, and 2026-12-01 in dpa.de.md."),
        (english.replace('= "de"', '= "en"'), "dpa.en.md:1: “binding_language” says en, and de in dpa.de.md."),
    ]:
        found = told(texts() | {"en": changed})
        assert len(found) == 1, found
        assert expected in found[0]


def test_the_same_date_and_number_are_recognised_in_every_language():
    ways = {
        "de": "Am 1. Oktober 2027 sind es 1.000,5 Franken und 99,9 %.",
        "en": "On 1 October 2027 it is 1,000.5 francs and 99.9 %.",
        "nb": "Den 1. oktober 2027 er det 1\u00a0000,5 franc og 99,9 %.",
    }
    assert told({code: with_line(code, line) for code, line in ways.items()}) == []


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("1.2 ", "1.3 ", "Clause 1.3 cannot follow here; a number is left out or out of order (1.2?)."),
        ("1.2 ", "1.1 ", "Clause 1.1 stands twice."),
        ("## 2 ", "## ", "A heading begins with its clause's number and stands by itself."),
        ("## 2 ", "### 2 ", "The heading of clause 2 has 2 “#”, one more than its number has parts."),
        ("(#1.1)", "(#1.4)", "The link to “#1.4” leads to no clause of this text."),
        ("[1.1]", "[1.2]", "The link says 1.2 and leads to 1.1."),
        ("(#1.1)", "(http://host.example)", "links lead to https:, mailto: or a page of this server."),
        ("(#1.1)", "(javascript:alert(1))", "links lead to https:, mailto: or a page of this server."),
        ("(#1.1)", "(//host.example/x)", "links lead to https:, mailto: or a page of this server."),
        ("(#1.1)", "(../no-such-thing/)", "The register has no agreement “no-such-thing”."),
        ("## 2 Ende", "## 2 <b>Ende</b>", "HTML is not used here: “<b>”."),
        ("## 2 Ende", "## 2 Ende\n\n![x](https://host.example/x.png)", "Images are not used here."),
        ("## 2 Ende", "## 2 Ende {#notice}", "The name “notice” stands twice."),
    ],
)
def test_a_slip_of_the_author_is_told(before, after, sentence):
    found = inspect("dpa", {"de": text("de").replace(before, after)}, REGISTER, agreements={"dpa"}).problems
    assert any(sentence in problem.sentence for problem in found), found


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("no front matter", "dpa.de.md:1: The file begins with a front matter between two lines “+++”."),
        ("+++\ntitle = \n+++", "dpa.de.md:2: This is no TOML"),
        (text("de").replace("version", "versoin"), "dpa.de.md:3: “versoin” is not known in the front matter."),
        (text("de").replace('title = "DPA de"\n', ""), "“title” is missing in the front matter."),
        (text("de").replace("2026-12-01", '"soon"'), "dpa.de.md:4: “valid_from” cannot be read"),
        ("+" * 400_001, "The file is too long"),
    ],
)
def test_a_file_that_is_no_agreement_is_refused(written, sentence):
    assert any(sentence in problem for problem in told({"de": written}))


def test_nothing_of_a_text_becomes_markup_of_the_page():
    written = with_line("de", "<script>alert(1)</script> [x](javascript:alert(1)) ![y](/y.png) `z`")
    document = read_document(written, slug="dpa", language="de")
    values = {"promises.notice_hours": {"de": "<b>24</b> [x](https://h.example)"}}
    html = "".join(part.body for part in parts(document, values))
    assert "&lt;script&gt;" in html
    assert "&lt;b&gt;24&lt;/b&gt; [x](https://h.example)" in html
    for forbidden in ("<script", "<img", "<b>", "<code", 'href="javascript', 'href="https://h.example'):
        assert forbidden not in html


def test_a_value_that_has_changed_is_out_of_step():
    held = {"promises.notice_hours": {"de": "48", "en": "24"}, "promises.processor_notice_days": {"de": "30"}}
    assert out_of_step(held, REGISTER) == ["promises.notice_hours"]
    assert out_of_step({"gone": {"de": "1"}}, REGISTER) == ["gone"]


@pytest.mark.parametrize(
    "body",
    ["[a](" * 5_000, "[a](" + "x" * 20_000, "## 2 a" + " " * 20_000 + "b", "![" * 10_000, "1" * 20_000, "1." * 10_000],
    ids=["links", "link", "spaces", "images", "digits", "points"],
)
def test_no_text_keeps_its_reader_busy_for_long(body):
    began = time.process_time()
    inspect("dpa", {"en": with_line("en", body)}, REGISTER)
    assert time.process_time() - began < 10  # it was minutes, and more than linear


@pytest.mark.parametrize("front", ["x = " + "[" * 5_000, "x = " + "9" * 5_000])
def test_a_front_matter_beyond_measure_is_refused_with_a_sentence(front):
    (problem,) = inspect("dpa", {"en": f"+++\n{front}\n+++\n1 Scope\n"}, {}).problems
    assert "TOML" in problem.sentence
