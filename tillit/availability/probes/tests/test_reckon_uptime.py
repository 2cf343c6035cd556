"""Two uptimes, raw and contractual, which everybody reckons again from the download to the same digits."""

import argparse
import csv
import io
import json
import random
import zlib
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from tillit.availability.actions.windows import Details, announce_maintenance
from tillit.availability.models import MaintenanceWindow
from tillit.availability.probes import archive
from tillit.availability.probes.actions.days import Reckoned, pack_months
from tillit.availability.probes.arithmetic import formula_of, percent
from tillit.availability.probes.holdings import Samples
from tillit.availability.probes.jobs import reckon_days
from tillit.availability.probes.models import Prober, Sample, SampleDay
from tillit.availability.probes.queries import recent_sums
from tillit.availability.testing import asked_emergency
from tillit.foundation.access import Actor
from tillit.foundation.models import Role, Tenant
from tillit.foundation.testing import make_person
from tillit.site.commands import uptime

DAY = datetime(2026, 11, 24, tzinfo=UTC)
NOTHING = Reckoned([], {})


@pytest.fixture
def a_day(oslo, deliverer, operator, clock, operator_tenant):
    """Tuesday as two places saw it: failures here and there, an hour without anything, and announced work."""
    deliverer("bergen-1")
    for starts, ends, hours, effect in ((10, 12, 25, "offline"), (20, 21, 30, "none")):
        clock.move_to(DAY + timedelta(hours=starts - hours))
        announce_maintenance(
            operator.actor, kind="planned", starts_at=DAY + timedelta(hours=starts),
            ends_at=DAY + timedelta(hours=ends, seconds=30), title={"en": "Work"}, details=Details(effect=effect),
        )  # fmt: skip
    clock.move_to(DAY + timedelta(hours=14))
    petra = make_person(operator_tenant, "Petra Vakt", Role.OPERATOR)  # an emergency needs two people
    announce_maintenance(
        operator.actor, kind="emergency", starts_at=DAY + timedelta(hours=15), ends_at=DAY + timedelta(hours=16),
        title={"en": "Patch"}, details=Details(
            effect="offline", reasons={"en": "A hole must be closed."}, advisory=asked_emergency(petra.user),
            announced_by=petra.user,
        ),
    )  # fmt: skip
    dice = random.Random(5)
    probers = list(Prober.objects.order_by("name"))
    rows = []
    for second in range(0, 86_400, 20):
        hour = second // 3600
        for prober in probers if hour != 3 else ():
            for probe, every in (("api", 20), ("list-page", 20), ("sign-in", 60), ("jobs", 60), ("documents", 300)):
                if second % every == 0:
                    ok = dice.random() > (0.9 if hour in (10, 15) else 0.02)
                    ok = None if dice.random() < 0.01 else ok
                    at = DAY + timedelta(seconds=second, milliseconds=dice.randrange(900))
                    rows.append(Sample(prober=prober, probe=probe, at=at, ok=ok, milliseconds=5))
    Sample.objects.bulk_create(rows)
    clock.move_to(DAY + timedelta(hours=25))
    reckon_days(Actor.system(operator_tenant))
    return public_files


def public_files(person, folder):
    """What anybody downloads, as files."""
    for name in ("2026-11.csv", "2026-11.json"):
        answer = person.get(f"/status/samples/{name}")
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        (folder / name).write_bytes(body)
    return folder / "2026-11.csv"


def ninety_days(person, folder):
    """The same for the days that the status page shows: with the files it needs, as the command fetches them."""
    (folder / "samples").mkdir(exist_ok=True)
    about = person.get("/status/uptime.json")
    (folder / "uptime.json").write_bytes(about.content)
    names = [f"samples/{one['month']}.{kind}" for one in about.json()["months"] for kind in ("csv", "json")]
    for name in [*names, *(f"samples/{one['day']}.csv" for one in about.json()["latest"])]:
        answer = person.get(f"/status/{name}")
        (folder / name).write_bytes(b"".join(answer.streaming_content) if answer.streaming else answer.content)
    return folder / "uptime.json"


def told(file, capsys):
    status = uptime.run(argparse.Namespace(place=str(file)))
    return status, capsys.readouterr().out


def by_hand(folder):
    """Another way to the same numbers: a set of minutes for each state, and fractions."""
    beside = json.loads((folder / "2026-11.json").read_text())
    samples = list(csv.DictReader(io.StringIO((folder / "2026-11.csv").read_text())))
    heard = defaultdict(list)
    for one in samples:
        if one["at"].startswith("2026-11-24") and one["ok"]:
            heard[(one["probe"], int(one["at"][11:13]) * 60 + int(one["at"][14:16]))].append(one["ok"])
    for day in (one for one in beside["days"] if one["day"] == "2026-11-24"):
        excused = set()
        for window in day["windows"]:
            starts, ends, told_at = (
                datetime.fromisoformat(window[key]) for key in ("starts_at", "ends_at", "announced_at")
            )
            if window["effect"] != "none" and starts - told_at >= timedelta(days=1):
                excused |= {
                    m
                    for m in range(1440)
                    if starts < DAY + timedelta(minutes=m + 1) and DAY + timedelta(minutes=m) < ends
                }
        for component, probes in day["components"].items():
            states = {"down": set(), "unknown": set()}
            for probe in probes:
                length = day["slots"][probe]
                for start in range(0, 1440, length):
                    votes = [vote for minute in range(start, start + length) for vote in heard[(probe, minute)]]
                    state = (
                        "unknown"
                        if not votes
                        else ("down" if Fraction(votes.count("0"), len(votes)) > Fraction(1, 2) else "up")
                    )
                    states.setdefault(state, set()).update(range(start, start + length))
            down = states["down"]
            up = set(range(1440)) - down - states["unknown"]
            yield component, [cut(len(up), len(up | down)), cut(len(up - excused), len((up | down) - excused))]


def cut(part, whole):
    if not whole:
        return None
    return f"{int(Fraction(part, whole) * 1_000_000) / 10_000:.4f}"


@pytest.mark.promise("available-around-the-clock")
def test_anybody_reckons_both_uptimes_again_to_the_same_digits(a_day, public, tmp_path, capsys):
    file = a_day(public, tmp_path)
    status, said = told(file, capsys)
    assert status == 0 and "The published figures are the same." in said
    published = {one["component"]: one for one in json.loads((tmp_path / "2026-11.json").read_text())["uptime"]}
    for component, figures in by_hand(tmp_path):
        assert [published[component]["raw"], published[component]["contractual"]] == figures, component
    assert published["mail"]["raw"] is None and published["mail"]["minutes"]["up"] == 0
    api = published["api"]
    assert api["minutes"]["unknown"] >= 60 and api["minutes"]["excused"] == 121
    assert float(api["raw"]) < float(api["contractual"]) < 100
    status, said = told(ninety_days(public, tmp_path), capsys)
    assert status == 0 and "90 days since 2026-08-28" in said
    assert f"raw {api['raw']} %  contractual {api['contractual']} %" in said
    Prober.objects.create(name="oslo-9", place="Oslo", region="another")  # it joins when the month is told
    assert told(a_day(public, tmp_path), capsys)[0] == 0
    (tmp_path / "2026-11.json").write_text((tmp_path / "2026-11.json").read_text().replace(api["raw"], "99.9999"))
    status, said = told(file, capsys)
    assert status == 1 and "! api" in said


def test_uptime_is_reckoned_for_each_region_and_work_in_one_excuses_nothing_in_the_other(
    oslo, deliverer, operator, clock, operator_tenant, public, tmp_path, capsys
):
    deliverer("dublin-1", region="eu")
    clock.move_to(DAY - timedelta(hours=30))
    announce_maintenance(
        operator.actor, kind="planned", starts_at=DAY + timedelta(hours=10), ends_at=DAY + timedelta(hours=11),
        title={"en": "Work"}, details=Details(effect="offline", region="eu"),
    )  # fmt: skip
    failing = {"norway": [range(600, 610)], "eu": [range(480, 485), range(600, 640)]}  # minutes of the day
    minutes = [(minute, prober) for prober in Prober.objects.all() for minute in range(420, 720)]
    Sample.objects.bulk_create(
        Sample(
            prober=prober, probe="api", at=DAY + timedelta(minutes=minute, seconds=20), milliseconds=5,
            ok=not any(minute in span for span in failing[prober.region]),
        )
        for minute, prober in minutes
    )  # fmt: skip
    clock.move_to(DAY + timedelta(hours=25))
    reckon_days(Actor.system(operator_tenant))
    status, said = told(public_files(public, tmp_path), capsys)
    assert status == 0 and said.count("  api  ") == 2
    published = json.loads((tmp_path / "2026-11.json").read_text())["uptime"]
    api = {one["region"]: one for one in published if one["component"] == "api"}
    assert {region: one["minutes"]["excused"] for region, one in api.items()} == {"norway": 0, "eu": 60}
    assert (api["norway"]["raw"], api["norway"]["contractual"]) == (cut(290, 300), cut(290, 300))
    assert (api["eu"]["raw"], api["eu"]["contractual"]) == (cut(255, 300), cut(235, 240))
    assert f"raw {cut(255, 300)} %  contractual {cut(235, 240)} %" in said
    changed = (tmp_path / "2026-11.json").read_text().replace('"region": "eu"', '"region": "norway"', 1)
    (tmp_path / "2026-11.json").write_text(changed)
    assert told(tmp_path / "2026-11.csv", capsys)[0] == 1  # the window, if it had been another region's


def test_a_closed_day_is_packed_and_says_the_same_for_good(a_day, public, tmp_path, capsys, clock, operator_tenant):
    a_day(public, tmp_path)
    before, figures = (tmp_path / "2026-11.csv").read_text(), public.get("/status/uptime.json").json()["months"]
    clock.move_to(DAY + timedelta(days=1, hours=37, minutes=2))
    reckon_days(Actor.system(operator_tenant))
    assert SampleDay.objects.get().day == DAY.date()
    assert not Sample.objects.filter(at__lt=DAY + timedelta(days=1)).exists()
    MaintenanceWindow.objects.update(announced_at=DAY - timedelta(days=9))  # what was true then is kept, and told
    Tenant.objects.filter(kind="probe").update(wave="a")
    reckon_days(Actor.system(operator_tenant))
    assert told(a_day(public, tmp_path), capsys)[0] == 0
    after = public.get("/status/samples/2026-11-24.csv")
    assert after.content.decode() == before
    assert after.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    known = {"if-none-match": after.headers["ETag"]}
    assert public.get("/status/samples/2026-11-24.csv", headers=known).status_code == 304
    api = next(
        one for one in public.get("/status/uptime.json").json()["months"][0]["uptime"] if one["component"] == "api"
    )
    was = next(one for one in figures[0]["uptime"] if one["component"] == "api")
    assert (api["raw"], api["contractual"]) == (was["raw"], was["contractual"])
    assert api["minutes"]["unknown"] > was["minutes"]["unknown"]  # since then nothing was measured
    packed = public.get("/status/samples/2026-11-24.csv", headers={"accept-encoding": "gzip"})
    one_stream = zlib.decompressobj(31).decompress(packed.content)  # as httpx and browsers read it
    assert packed.headers["Content-Encoding"] == "gzip" and one_stream.decode() == before
    assert SampleDay.objects.get().rows == before.count("\n") - 1


def test_a_month_is_packed_by_the_clock_and_not_with_every_download_and_stays(
    a_day, public, clock, operator_tenant, folder, tmp_path, capsys, django_assert_max_num_queries
):
    system, month = Actor.system(operator_tenant), "/status/samples/2026-11.csv"
    running = public.get(month)
    assert running.headers["Cache-Control"] == "public, max-age=60"
    clock.move_to(DAY + timedelta(days=9, hours=1))
    reckon_days(system)
    with django_assert_max_num_queries(20):  # nearly all of them count for the limit
        over = public.get(month, headers={"accept-encoding": "gzip"})
    assert over.headers["Cache-Control"].endswith("immutable") and over.headers["Content-Encoding"] == "gzip"
    was = b"".join(over.streaming_content)
    assert was == (folder / "samples" / "2026-11.csv.gz").read_bytes()
    assert '<a href="/status/samples/2026-11.csv">2026-11</a>' in public.get("/status/panels/uptime").content.decode()
    listed = public.get("/status/samples/").content.decode()
    assert 'href="/status/samples/2026-11.csv"' in listed and 'href="/status/samples/2026-11.json"' in listed
    assert "bin/tillit uptime http://tillit.test/status/samples/2026-12.csv" in listed
    assert "bin/tillit uptime http://tillit.test/status/uptime.json" in listed
    secure = public.get("/status/samples/", secure=True).content.decode()
    assert "bin/tillit uptime https://tillit.test/status/samples/2026-12.csv" in secure
    for known in (over.headers["ETag"], f'"other", W/{over.headers["ETag"]}', "*"):
        same = public.get(month, headers={"if-none-match": known, "accept-encoding": "gzip"})
        assert same.status_code == 304 and same.headers["Cache-Control"].endswith("immutable")
    other = public.get(month, headers={"if-match": '"other"'})
    assert other.status_code == 412 and "immutable" not in other.headers["Cache-Control"]
    for file in (folder / "samples").iterdir():
        file.unlink()  # lost with the disk
    assert public.get(month).status_code == 404
    assert pack_months(system, reckoned=NOTHING) == [
        "2026-11"
    ]  # it began with the 24th: the month is as whole as it gets
    assert b"".join(public.get(month, headers={"accept-encoding": "gzip"}).streaming_content) == was
    day = public.get("/status/samples/2026-11-24.csv").content
    clock.shift(timedelta(days=1))
    reckon_days(system)  # December has begun, and a file of its own
    (folder / "samples" / "2026-11.json").rename(folder / "aside")
    assert Samples().purge(DAY + timedelta(days=400)) == 0  # what is in no file of its month stays in the database
    (folder / "aside").rename(folder / "samples" / "2026-11.json")
    assert Samples().purge(DAY + timedelta(days=8)) == 7  # the month is not whole in the database any more
    assert pack_months(system, reckoned=NOTHING) == [] and not SampleDay.objects.filter(day__month=11).exists()
    kept = public.get(month, headers={"accept-encoding": "gzip"})
    assert b"".join(kept.streaming_content) == was and kept.headers["Cache-Control"].endswith("immutable")
    assert public.get("/status/samples/2026-11-24.csv").content == day
    assert told(public_files(public, tmp_path), capsys)[0] == 0  # and is reckoned again to the same digits
    takes = {"": False, "gzip;q=0": False, "notgzip": False, "gzip; q=0.0, br": False, "br, GZIP ; q=0.5": True}
    for offered, packed in takes.items():
        answer = public.get(month, headers={"accept-encoding": offered})
        assert (answer.headers.get("Content-Encoding") == "gzip") is packed, offered
    beside = "/status/samples/2026-11.json"
    for document in (beside, "/status/samples/2026-11-25.csv"):
        assert {public.get(document).status_code for _again in range(40)} >= {429}
    assert public.get(beside).headers["Retry-After"] == "60"
    clock.shift(timedelta(minutes=2))
    assert public.get(beside).status_code == 200


def test_a_full_disk_takes_no_figure_back_and_the_month_is_packed_when_there_is_room(
    a_day, public, clock, operator_tenant, folder, tmp_path, capsys
):
    system = Actor.system(operator_tenant)
    (folder / "samples").rename(folder / "aside")
    (folder / "samples").write_text("")  # nothing can be written there
    clock.move_to(DAY + timedelta(days=8, hours=14, minutes=31))
    for _again in range(2):
        with pytest.raises(OSError, match="samples"):
            reckon_days(system)
    assert SampleDay.objects.filter(day__month=11).count() == 7
    (folder / "samples").unlink()
    (folder / "aside").rename(folder / "samples")  # there is room; November is as it was before its days were closed
    assert archive.held("2026-11") == {}
    clock.shift(timedelta(minutes=5))
    reckon_days(system)
    assert len(archive.held("2026-11")) == 7
    assert told(public_files(public, tmp_path), capsys)[0] == 0
    assert told(ninety_days(public, tmp_path), capsys)[0] == 0
    latest = json.loads((tmp_path / "uptime.json").read_text())["latest"]
    assert min(one["day"] for one in latest) == "2026-11-29"  # what is older is in the file of its month
    shown = float(recent_sums()["api", "norway"].raw)
    clock.move_to(DAY + timedelta(days=89, hours=23))
    reckon_days(system)
    assert float(recent_sums()["api", "norway"].raw) == shown
    clock.shift(timedelta(hours=2))  # the first of the days is shown no more
    reckon_days(system)
    assert recent_sums()["api", "norway"].raw is None
    status, said = told(ninety_days(public, tmp_path), capsys)
    assert status == 0 and "since 2026-11-25" in said and "api              norway       raw not measured" in said


@pytest.mark.parametrize(
    "name",
    [
        "2026-13.csv",
        "2026-11-31.csv",
        "x.csv",
        "2030-01.csv",
        "9999-12.csv",
        "9999-12.json",
        "2026-13.json",
        "2026-11-24.json",
        "0001-01.json",
        "2026-01.json",
    ],
)
def test_there_are_samples_of_months_and_days_and_of_nothing_else(oslo, public, name):
    assert public.get(f"/status/samples/{name}").status_code == 404


def test_a_percentage_is_cut_and_a_formula_holds_for_whole_months():
    assert percent(999_999, 1_000_000) == "99.9999" and percent(9_999_999, 10_000_000) == "99.9999"
    assert percent(0, 0) is None and percent(1, 1) == "100.0000"
    assert formula_of("2026-11") == formula_of("2031-02") == 1


def test_who_reads_the_command_line_is_told_what_is_wrong(tmp_path, capsys):
    assert uptime.run(argparse.Namespace(place=str(tmp_path / "2026-11.csv"))) == 2
    assert uptime.run(argparse.Namespace(place=str(tmp_path))) == 2
    assert "Not reckoned" in capsys.readouterr().err
    (tmp_path / "mine.csv").write_text("at,probe\n2026-11-24T00:00:00Z,api\n")
    assert uptime.run(argparse.Namespace(place=str(tmp_path / "mine.csv"))) == 2
    said = capsys.readouterr().err
    assert "mine.json is missing. Fetch /status/samples/2026-11.json" in said and "beside mine.csv" in said
