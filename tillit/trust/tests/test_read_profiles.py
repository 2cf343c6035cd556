"""The two profiles that Tillit ships: the example says everything its source says, the blank one promises nothing."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PROFILES = ROOT / "tillit" / "trust" / "profiles"
SEED = tomllib.loads((PROFILES / "seed.toml").read_text())
BLANK_TEXT = (PROFILES / "blank.toml").read_text()
STATEMENTS = tomllib.loads((ROOT / "tests" / "seed_statements.toml").read_text())["statements"]
FROM_REGISTER = [statement for statement in STATEMENTS if statement["source"] == "register"]
NAMES_OF_LANGUAGES = {"de": "Deutsch", "en": "Englisch"}


def german(texts):
    return texts.get("de") or texts.get("en", "")


def agreement(row):
    foreign = "" if "de" in row["languages"] else f"({NAMES_OF_LANGUAGES[row['languages'][0]]})"
    return f"{german(row['title'])} {foreign} {row.get('file', '')}"


def processor(row):
    place = ", ".join(row[key] for key in ("seat_city", "seat_country") if key in row)
    texts = [german(row.get(key, {})) for key in ("seat", "processing", "type", "service", "governance")]
    return " ".join([row["name"], place, *texts, row.get("governance_link", "")])


def said_in_german():
    """What a German reader finds in the register, in the order of the page."""
    lines = [german(row["text"]) for row in SEED["statements"]]
    lines += [agreement(row) for row in SEED["agreements"]]
    lines += [f"{german(row['name'])} {german(row['text'])}" for row in SEED["regions"]]
    lines += [german(row["text"]) for row in SEED["measures"]]
    lines += [processor(row) for row in SEED["processors"]]
    for rule in SEED["maintenance_rules"]:
        lines += [german(rule[key]) for key in ("name", "text", "schedule")]
    return " ".join([*lines, SEED["operator"]["status_page"]])


@pytest.mark.parametrize("statement", FROM_REGISTER, ids=lambda statement: statement["id"])
def test_the_example_says_what_its_source_says(statement):
    text = said_in_german()
    missing = [phrase for phrase in statement["german"] if not re.search(phrase, text, re.IGNORECASE)]
    assert not missing


def test_the_list_of_statements_names_each_once():
    ids = [statement["id"] for statement in STATEMENTS]
    assert len(ids) == len(set(ids)) > 70


def test_the_example_has_the_rows_of_its_source():
    counts = {name: len(SEED[name]) for name in ("agreements", "processors", "maintenance_rules")}
    assert counts == {"agreements": 15, "processors": 8, "maintenance_rules": 6}
    assert len([measure for measure in SEED["measures"] if "place" in measure]) == 6
    assert SEED["operator"]["example_data"] is True


def texts_of(node, path=""):
    if isinstance(node, dict):
        if node.keys() & {"de", "en", "nb"}:
            yield path, node
        else:
            for key, value in node.items():
                yield from texts_of(value, f"{path}.{key}")
    elif isinstance(node, list):
        for row in node:
            yield from texts_of(row, f"{path}.{row.get('slug', row.get('key'))}" if isinstance(row, dict) else path)


def test_every_text_of_the_example_stands_in_three_languages_save_english_titles():
    incomplete = {path for path, texts in texts_of(SEED) if texts.keys() != {"de", "en", "nb"}}
    english_titles = {f".agreements.{row['slug']}.title" for row in SEED["agreements"] if row["title"].keys() == {"en"}}
    assert incomplete == english_titles
    assert len(english_titles) == 8


def test_figures_in_the_texts_are_the_same_in_every_language():
    for path, texts in texts_of(SEED):
        figures = {language: sorted(re.findall(r"\d+(?::\d\d)?", text)) for language, text in texts.items()}
        assert len({str(found) for found in figures.values()}) == 1, (path, figures)


def test_a_statement_that_names_a_promise_contains_its_figure():
    for statement in SEED["statements"]:
        for figure in statement.get("figures", []):
            number = str(SEED["promises"][figure])
            assert all(number in text for text in statement["text"].values())


def test_each_rule_says_its_start_in_words_too():
    for rule in SEED["maintenance_rules"]:
        assert all(f"{rule['start']:%H:%M}" in text for text in rule["schedule"].values())


def test_the_blank_profile_promises_nothing_but_a_day_of_notice():
    blank = tomllib.loads(BLANK_TEXT)
    assert blank["promises"] == {"notice_hours": 24}
    assert not blank.keys() & {"statements", "agreements", "measures", "processors", "maintenance_rules"}


def test_the_blank_profile_explains_every_key_of_the_example():
    explained = set(re.findall(r"[a-z_]+", BLANK_TEXT))
    assert names_of(SEED) <= explained


def names_of(node):
    if isinstance(node, list):
        return set().union(*map(names_of, node)) if node else set()
    return set(node) | names_of(list(node.values())) if isinstance(node, dict) else set()


def test_the_blank_profile_stays_readable_when_its_examples_are_uncommented():
    uncommented = re.sub(r"(?m)^# (\[\[|[a-z_]+(?:\.[a-z]{2})? = )", r"\1", BLANK_TEXT)
    filled = tomllib.loads(uncommented)
    assert filled.keys() == SEED.keys()
