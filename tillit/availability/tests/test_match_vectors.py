"""What the engine computes and what was reckoned without it are the same, window by window, from 2026 to 2030."""

import json
import subprocess
import sys
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import tillit
from tillit.availability import recurrence
from tillit.availability.register import read_rule
from tillit.foundation.testing import public_of

OSLO = ZoneInfo("Europe/Oslo")
FOLDER = Path(tillit.__file__).parent / "availability" / "vectors"
SEED = tomllib.loads((FOLDER.parents[1] / "trust" / "profiles" / "seed.toml").read_text())
RULES = {entry["key"]: read_rule(entry, position) for position, entry in enumerate(SEED["maintenance_rules"])}
BEGIN, END = datetime(2026, 1, 1, tzinfo=OSLO), datetime(2031, 1, 1, tzinfo=OSLO)
MISSING = {date(2026, 3, 29), date(2027, 3, 28), date(2028, 3, 26), date(2029, 3, 25), date(2030, 3, 31)}
DOUBLED = {date(2026, 10, 25), date(2027, 10, 31), date(2028, 10, 29), date(2029, 10, 28), date(2030, 10, 27)}


def published(name):
    return json.loads((FOLDER / f"{name}.json").read_text())["windows"]


def told(starts_at, ends_at):
    return {
        "starts_at": starts_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "ends_at": ends_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "local_start": starts_at.astimezone(OSLO).isoformat(timespec="minutes"),
        "local_end": ends_at.astimezone(OSLO).isoformat(timespec="minutes"),
        "minutes": int((ends_at - starts_at).total_seconds() / 60),
    }


def test_there_is_a_file_for_each_of_the_six_rules_and_one_for_collisions():
    assert {file.stem for file in FOLDER.glob("*.json")} == {*RULES, "application-with-exceptions", "collisions"}


@pytest.mark.promise("system-maintenance-every-second-friday")
@pytest.mark.promise("application-upgrade-every-third-week-in-two-waves")
@pytest.mark.promise("servers-restart-every-night-at-two")
@pytest.mark.promise("vendor-patches-second-friday")
@pytest.mark.promise("infrastructure-work-on-saturday-night")
@pytest.mark.promise("emergency-patches-after-business-hours")
@pytest.mark.parametrize("key", RULES)
def test_every_window_is_the_one_that_was_reckoned_without_the_engine(key):
    found = sorted(RULES[key].frames(BEGIN, END), key=lambda one: one.starts_at)
    computed = [
        {"rule": key, "wave": one.wave, "day": one.day.isoformat()} | told(one.starts_at, one.ends_at) for one in found
    ]
    assert computed == published(key)


def test_exceptions_take_every_wave_of_their_day_along():
    """By hand: 27, 63 and 102 weeks after 13 January 2026, and the Fridays after them."""
    head = json.loads((FOLDER / "application-with-exceptions.json").read_text())
    skipped = [date.fromisoformat(day) for day in head["rule"]["exceptions"]]
    entry = next(one for one in SEED["maintenance_rules"] if one["key"] == "application") | {"exceptions": skipped}
    rule = read_rule(entry, 0)
    found = sorted(rule.frames(BEGIN, END), key=lambda one: one.starts_at)
    computed = [
        {"rule": head["rule"]["key"], "wave": one.wave, "day": one.day.isoformat()} | told(one.starts_at, one.ends_at)
        for one in found
    ]
    assert computed == published("application-with-exceptions")
    gone = {one["day"] for one in published("application")} - {one["day"] for one in computed}
    assert gone == {"2026-07-21", "2026-07-24", "2027-03-30", "2027-04-02", "2027-12-28", "2027-12-31"}


def test_collisions_are_joined_as_they_were_by_hand():
    schedules = [schedule for rule in RULES.values() for schedule in rule.schedules()]
    joined = recurrence.merged(recurrence.plan(schedules, BEGIN, END))
    computed = [
        {"rules": sorted(one.key for one in found.windows)} | told(found.starts_at, found.ends_at)
        for found in joined
        if len(found.windows) > 1
    ]
    assert computed == published("collisions")
    assert sum({"system", "microsoft-patches"} <= set(found["rules"]) for found in computed) == 32


def test_the_year_page_shows_each_collision_as_one_row(plan, public):
    rows = public.get("/status/maintenance/").context["interruptions"]
    shown = {row.starts_at.strftime("%Y-%m-%dT%H:%M:%SZ"): row for row in rows}
    both = {"system", "microsoft-patches"}
    joined = [one for one in published("collisions") if both <= set(one["rules"]) and one["starts_at"] in shown]
    assert len(joined) == 6  # of the twelve months from November 2026
    for one in joined:
        assert {window.rule.key for window in shown[one["starts_at"]].windows} == both
        assert sum(row.starts_at.date() == shown[one["starts_at"]].starts_at.date() for row in rows) == 1


def test_the_hard_nights_are_among_them():
    restarts = {date.fromisoformat(one["day"]): one for one in published("restart")}
    assert len(restarts) == 1826
    assert {day for day, one in restarts.items() if "T03:00+02:00" in one["local_start"]} == MISSING
    assert {restarts[day]["local_start"][10:] for day in DOUBLED} == {"T02:00+02:00"}
    nights = {date.fromisoformat(one["local_end"][:10]): one["minutes"] for one in published("infrastructure")}
    assert {day for day, minutes in nights.items() if minutes == 540} == MISSING
    assert {day for day, minutes in nights.items() if minutes == 660} == DOUBLED
    assert set(nights.values()) == {540, 600, 660}


def test_the_files_are_what_their_script_writes_today(tmp_path):
    subprocess.run([sys.executable, "-I", FOLDER / "generate.py", tmp_path], check=True)
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {
        file.name: file.read_text() for file in FOLDER.glob("*.json")
    }


def test_the_script_knows_nothing_of_the_engine():
    script = (FOLDER / "generate.py").read_text()
    assert "tillit." not in script and "dateutil" not in script and "rrulestr" not in script


def test_everybody_may_read_them_and_keep_them(operator_tenant, fjordlys, public):
    for visitor in (public, public_of(fjordlys)):
        answer = visitor.get("/status/vectors/restart.json")
        assert (answer.status_code, answer.json()["windows"]) == (200, published("restart"))
        assert answer.headers["Cache-Control"] == "public, max-age=3600"
        assert not answer.cookies and answer.headers["Access-Control-Allow-Origin"] == "*"
    again = public.get("/status/vectors/restart.json", headers={"if-none-match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["nightly", "generate", "__init__"])
def test_another_name_is_told_which_there_are(operator_tenant, public, name):
    answer = public.get(f"/status/vectors/{name}.json")
    assert answer.status_code == 404
    assert "application-with-exceptions, application, collisions, emergency" in answer.json()["detail"]
