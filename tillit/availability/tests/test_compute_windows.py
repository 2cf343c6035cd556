"""The maintenance plan of the trust page, computed for 2026 to 2030, over every change of the clocks."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tillit.availability.recurrence import (
    BadRule,
    Rule,
    check,
    frames,
    merged,
    moment,
    occurrences,
    plan,
)

OSLO = ZoneInfo("Europe/Oslo")
MISSING = [date(2026, 3, 29), date(2027, 3, 28), date(2028, 3, 26), date(2029, 3, 25), date(2030, 3, 31)]
DOUBLED = [date(2026, 10, 25), date(2027, 10, 31), date(2028, 10, 29), date(2029, 10, 28), date(2030, 10, 27)]
BEGIN, END = datetime(2026, 1, 1, tzinfo=OSLO), datetime(2031, 1, 1, tzinfo=OSLO)

SYSTEM = Rule(
    key="system",
    zone="Europe/Oslo",
    rrule="FREQ=WEEKLY;INTERVAL=2;BYDAY=FR",
    anchor=date(2026, 1, 2),
    start=time(0),
    end=time(6),
)
FIRST_WAVE = Rule(
    key="application",
    wave="a",
    zone="Europe/Oslo",
    rrule="FREQ=WEEKLY;INTERVAL=3;BYDAY=TU",
    anchor=date(2026, 1, 13),
    start=time(22),
    end=time(0),
    end_days_later=1,
)
SECOND_WAVE = replace(FIRST_WAVE, wave="b", days_later=3)
RESTART = Rule("restart", "Europe/Oslo", time(2), time(2, 10), "FREQ=DAILY", date(2026, 1, 1))
PATCHES = Rule("patches", "Europe/Oslo", time(0), time(6), "FREQ=MONTHLY;BYDAY=+2FR", date(2026, 1, 9))
INFRASTRUCTURE = Rule(
    key="infrastructure",
    zone="Europe/Oslo",
    rrule="FREQ=WEEKLY;BYDAY=SA",
    anchor=date(2026, 1, 3),
    start=time(20),
    end=time(6),
    end_days_later=1,
    as_needed=True,
)
EMERGENCY = Rule("emergency", "Europe/Oslo", time(18), as_needed=True)


def five_years(rule):
    return list(frames(rule, BEGIN, END))


def local(instant):
    return instant.astimezone(OSLO).replace(tzinfo=None)


def hours(window):
    return (window.ends_at - window.starts_at) / timedelta(hours=1)


@pytest.mark.promise("vendor-patches-second-friday")
def test_microsoft_patches_come_on_the_second_friday_of_each_month():
    fridays = [
        next(day for day in (date(year, month, n) for n in range(8, 15)) if day.weekday() == 4)
        for year in range(2026, 2031)
        for month in range(1, 13)
    ]
    windows = five_years(PATCHES)
    assert [window.day for window in windows] == fridays
    assert fridays[:3] == [date(2026, 1, 9), date(2026, 2, 13), date(2026, 3, 13)]
    assert all((local(w.starts_at).time(), local(w.ends_at).time()) == (time(0), time(6)) for w in windows)


@pytest.mark.promise("system-maintenance-every-second-friday")
def test_system_maintenance_comes_every_second_friday_counted_from_its_anchor():
    windows = five_years(SYSTEM)
    assert [window.day for window in windows] == [date(2026, 1, 2) + timedelta(weeks=2 * n) for n in range(131)]
    assert {local(window.starts_at).time() for window in windows} == {time(0)}
    assert {hours(window) for window in windows} == {6}


@pytest.mark.promise("application-upgrade-every-third-week-in-two-waves")
def test_upgrades_reach_a_tenth_on_tuesday_and_the_rest_on_the_following_friday():
    first, second = five_years(FIRST_WAVE), five_years(SECOND_WAVE)
    tuesdays = [date(2026, 1, 13) + timedelta(weeks=3 * n) for n in range(87)]
    assert [window.day for window in first] == tuesdays[: len(first)] and len(first) >= 86
    assert [window.day for window in second] == [day + timedelta(days=3) for day in tuesdays][: len(second)]
    assert {window.day.weekday() for window in second} == {4}
    assert {local(window.starts_at).time() for window in first + second} == {time(22)}


@pytest.mark.promise("application-upgrade-every-third-week-in-two-waves")
def test_the_three_weeks_count_on_over_the_turn_of_each_year():
    for year in range(2026, 2030):
        around = frames(FIRST_WAVE, datetime(year, 12, 1, tzinfo=OSLO), datetime(year + 1, 2, 1, tzinfo=OSLO))
        days = [window.day for window in around]
        assert {later - earlier for earlier, later in pairwise(days)} == {timedelta(weeks=3)}


@pytest.mark.promise("servers-restart-every-night-at-two")
def test_there_is_exactly_one_restart_each_night():
    windows = five_years(RESTART)
    assert [window.day for window in windows] == [date(2026, 1, 1) + timedelta(days=n) for n in range(1826)]
    ordinary = [window for window in windows if window.day not in MISSING]
    assert {(local(w.starts_at).time(), local(w.ends_at).time()) for w in ordinary} == {(time(2), time(2, 10))}
    assert {window.ends_at - window.starts_at for window in windows} == {timedelta(minutes=10)}


@pytest.mark.promise("servers-restart-every-night-at-two")
@pytest.mark.parametrize("night", MISSING, ids=str)
def test_a_restart_at_a_missing_hour_comes_right_after_the_jump(night):
    (window,) = occurrences(RESTART, *around(night))
    assert window.day == night
    assert window.starts_at == datetime(night.year, night.month, night.day, 1, tzinfo=UTC)
    assert local(window.starts_at).time() == time(3)


@pytest.mark.promise("servers-restart-every-night-at-two")
@pytest.mark.parametrize("night", DOUBLED, ids=str)
def test_a_restart_at_a_doubled_hour_comes_once_at_the_first(night):
    (window,) = occurrences(RESTART, *around(night))
    assert window.starts_at == datetime(night.year, night.month, night.day, 0, tzinfo=UTC)
    assert local(window.starts_at).time() == time(2)


def around(night):
    midnight = datetime.combine(night, time(0), tzinfo=OSLO)
    return midnight, midnight.replace(hour=12)


@pytest.mark.promise("infrastructure-work-on-saturday-night")
def test_the_saturday_night_window_is_an_hour_shorter_or_longer_when_clocks_change():
    lengths = {window.day + timedelta(days=1): hours(window) for window in five_years(INFRASTRUCTURE)}
    assert [day for day, length in lengths.items() if length == 9] == MISSING
    assert [day for day, length in lengths.items() if length == 11] == DOUBLED
    assert set(lengths.values()) == {9, 10, 11}


@pytest.mark.promise("infrastructure-work-on-saturday-night")
def test_work_when_needed_has_a_frame_but_no_window_of_its_own():
    assert five_years(INFRASTRUCTURE)[0].day == date(2026, 1, 3)
    assert list(occurrences(INFRASTRUCTURE, BEGIN, END)) == []


@pytest.mark.promise("emergency-patches-after-business-hours")
def test_an_emergency_patch_has_neither_days_nor_frame():
    assert list(occurrences(EMERGENCY, BEGIN, END)) == list(frames(EMERGENCY, BEGIN, END)) == []


@pytest.mark.promise("windows-spare-european-business-hours")
@pytest.mark.parametrize("zone", ["Europe/Lisbon", "Europe/Oslo", "Europe/Athens"])
def test_no_window_falls_into_a_working_day_in_europe(zone):
    here = ZoneInfo(zone)
    for rule in (SYSTEM, FIRST_WAVE, SECOND_WAVE, RESTART, PATCHES, INFRASTRUCTURE):
        for window in five_years(rule):
            assert not working_hours(window, here), window


@pytest.mark.promise("same-plan-outside-europe")
@pytest.mark.parametrize(("zone", "rule"), [("Asia/Tokyo", PATCHES), ("America/Los_Angeles", FIRST_WAVE)])
def test_outside_europe_the_same_windows_may_fall_into_a_working_day(zone, rule):
    assert all(working_hours(window, ZoneInfo(zone)) for window in five_years(rule))


def working_hours(window, zone):
    """Whether the window touches Monday to Friday, 8:00 to 18:00, in that zone."""
    begins, ends = window.starts_at.astimezone(zone), window.ends_at.astimezone(zone)
    days = [begins.date() + timedelta(days=n) for n in range((ends.date() - begins.date()).days + 1)]
    return any(
        begins.replace(tzinfo=None) < datetime.combine(day, time(18))
        and ends.replace(tzinfo=None) > datetime.combine(day, time(8))
        for day in days
        if day.weekday() < 5
    )


def test_a_window_that_is_running_or_about_to_begin_belongs_to_the_search():
    running = datetime(2026, 1, 9, 5, 59, tzinfo=OSLO)
    assert [w.day for w in occurrences(PATCHES, running, running + timedelta(days=1))] == [date(2026, 1, 9)]
    ended = datetime(2026, 1, 9, 6, tzinfo=OSLO)
    assert list(occurrences(PATCHES, ended, ended + timedelta(days=1))) == []
    assert list(occurrences(PATCHES, ended - timedelta(days=1), datetime(2026, 1, 9, tzinfo=OSLO))) == []


def test_the_second_wave_is_found_although_its_rule_fired_days_before():
    friday = datetime(2026, 1, 16, 21, tzinfo=OSLO)
    (window,) = occurrences(SECOND_WAVE, friday, friday + timedelta(hours=2))
    assert (window.key, window.wave, window.day) == ("application", "b", date(2026, 1, 16))


def test_until_includes_its_day_however_late_the_window_begins():
    late = replace(FIRST_WAVE, rrule="FREQ=DAILY;UNTIL=20260115")
    assert [w.day for w in five_years(late)] == [date(2026, 1, 13), date(2026, 1, 14), date(2026, 1, 15)]


def test_a_search_without_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        occurrences(PATCHES, datetime(2026, 1, 1), END)  # noqa: DTZ001 - the very mistake


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"zone": "Europe/Olso"}, "unknown-zone"),
        ({"zone": "Europe"}, "unknown-zone"),
        ({"zone": "../etc/passwd"}, "unknown-zone"),
        ({"zone": ""}, "unknown-zone"),
        ({"end": time(0)}, "end-before-start"),
        ({"start": time(7)}, "end-before-start"),
        ({"start": time(0, tzinfo=UTC)}, "time-with-zone"),
        ({"end": None}, "no-end"),
        ({"end_days_later": -1}, "too-many-days"),
        ({"days_later": 400}, "too-many-days"),
        ({"rrule": None}, "no-days"),
        ({"anchor": None}, "no-anchor"),
        ({"anchor": date(2026, 1, 10)}, "anchor-is-no-day"),
        ({"rrule": "FREQ=MONTHLY;BYMONTHDAY=30;BYMONTH=2"}, "never-fires"),
        ({"rrule": "FREQ=DAILY;UNTIL=20251231"}, "never-fires"),
        ({"exceptions": (date(2026, 1, 3),)}, "exception-is-no-day"),
        ({"rrule": "FREQ=DAILY;COUNT=1", "exceptions": (date(2026, 1, 9),)}, "only-exceptions"),
        ({"rrule": ""}, "bad-rrule"),
        ({"rrule": "every second Friday"}, "bad-rrule"),
        ({"rrule": "INTERVAL=2"}, "bad-rrule"),
        ({"rrule": "FREQ=HOURLY"}, "bad-rrule"),
        ({"rrule": "FREQ=WEEKLY;INTERVAL=0"}, "bad-rrule"),
        ({"rrule": "FREQ=WEEKLY;FREQ=DAILY"}, "bad-rrule"),
        ({"rrule": "FREQ=WEEKLY;BYDAY=FREITAG"}, "bad-rrule"),
        ({"rrule": "FREQ=WEEKLY;BYDAY=+2FR"}, "bad-rrule"),
        ({"rrule": "FREQ=MONTHLY;BYDAY=+9FR"}, "bad-rrule"),
        ({"rrule": "FREQ=MONTHLY;BYMONTH=13"}, "bad-rrule"),
        ({"rrule": "FREQ=DAILY;UNTIL=20261399"}, "bad-rrule"),
        ({"rrule": "FREQ=DAILY;COUNT=2;UNTIL=20270101"}, "bad-rrule"),
        ({"rrule": "RRULE:FREQ=DAILY\nEXDATE:20260101"}, "bad-rrule"),
    ],
    ids=lambda value: str(value),
)
def test_a_rule_that_cannot_be_kept_is_refused_with_its_reason(change, code):
    with pytest.raises(BadRule) as refusal:
        check(replace(PATCHES, **change))
    assert refusal.value.code == code
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize("rule", [SYSTEM, FIRST_WAVE, SECOND_WAVE, RESTART, PATCHES, INFRASTRUCTURE, EMERGENCY])
def test_the_six_rules_of_the_page_can_be_kept(rule):
    check(rule)


def test_windows_that_collide_are_one_interruption():
    friday = datetime(2026, 2, 13, tzinfo=OSLO)  # both a second Friday and a fortnight's Friday
    windows = list(plan([PATCHES, SYSTEM, RESTART], friday, friday + timedelta(days=1)))
    (interruption,) = merged(windows)
    assert [window.key for window in interruption.windows] == ["patches", "system", "restart"]
    assert (local(interruption.starts_at).hour, local(interruption.ends_at).hour) == (0, 6)


def test_windows_that_touch_are_one_interruption_and_those_apart_are_two():
    night = next(occurrences(PATCHES, BEGIN, END))
    morning = replace(night, key="touching", starts_at=night.ends_at, ends_at=night.ends_at + timedelta(hours=1))
    evening = replace(night, key="apart", starts_at=morning.ends_at + timedelta(minutes=1), ends_at=END)
    assert [len(found.windows) for found in merged([evening, morning, night])] == [2, 1]
    assert list(merged([])) == []


ZONES = ["Europe/Oslo", "Europe/Zurich", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kolkata", "UTC"]
DAYS = st.dates(date(2026, 1, 1), date(2030, 12, 1))
CLOCK = st.times().map(lambda clock: clock.replace(microsecond=0))


@st.composite
def daily_rules(draw):
    start, end, nights = draw(CLOCK), draw(CLOCK), draw(st.integers(0, 2))
    assume(nights or end > start)
    rrule = f"FREQ=DAILY;INTERVAL={draw(st.integers(1, 30))}"
    zone, anchor, later = draw(st.sampled_from(ZONES)), draw(DAYS), draw(st.integers(0, 3))
    return Rule("any", zone, start, end, rrule, anchor, end_days_later=nights, days_later=later)


@settings(suppress_health_check=[HealthCheck.too_slow])  # it speaks of the machine, not of rules
@given(daily_rules())
def test_every_window_ends_after_its_start_and_keeps_its_clock_times(rule):
    here = ZoneInfo(rule.zone)
    since = datetime.combine(rule.anchor, time(0), tzinfo=here)
    windows = list(occurrences(rule, since, since + timedelta(days=40)))
    assert windows
    for window in windows:
        assert window.ends_at > window.starts_at
        begins = window.starts_at.astimezone(here).replace(tzinfo=None)
        wanted = datetime.combine(window.day, rule.start)
        assert begins == wanted or (is_missing(wanted, here) and begins > wanted)
        ends = window.ends_at.astimezone(here).replace(tzinfo=None)
        wanted_end = datetime.combine(window.day + timedelta(days=rule.end_days_later), rule.end)
        assert ends == wanted_end or is_missing(wanted_end, here)


def is_missing(clock, zone):
    return clock.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != clock


@given(st.builds(datetime.combine, DAYS, st.times()), st.sampled_from(ZONES))
def test_a_clock_time_means_the_first_moment_that_shows_it_or_a_later_one(clock, zone):
    here = ZoneInfo(zone)
    instant = moment(clock, here)
    assert instant.astimezone(here).replace(tzinfo=None) >= clock
    assert (instant - timedelta.resolution).astimezone(here).replace(tzinfo=None) < clock
