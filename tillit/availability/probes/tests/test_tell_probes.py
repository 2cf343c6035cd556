"""The demo's half year of samples: told within seconds, and reckoned again like a real one."""

import argparse
import time
import tomllib
from datetime import timedelta

from django.utils.timezone import now

from tillit.availability import demo as story
from tillit.availability.actions.plan import apply_rules
from tillit.availability.probes import demo
from tillit.availability.probes.actions.days import Reckoned, pack_months
from tillit.availability.probes.models import SampleDay, UptimeDay
from tillit.foundation.access import Actor
from tillit.site.commands import uptime

from .conftest import SEED


def test_half_a_year_is_told_and_can_be_reckoned_again(
    parts, operator, operator_tenant, public, tmp_path, settings, clock, capsys
):
    settings.DATA = tmp_path
    rules = tomllib.loads(SEED.read_text())["maintenance_rules"]
    clock.shift(timedelta(days=-182))
    apply_rules(Actor.system(operator_tenant), rules=rules)
    clock.shift(timedelta(days=182))
    story.tell_half_a_year(operator.actor, now())
    began = time.process_time()
    demo.tell_half_a_year(operator.actor, now())
    took = time.process_time() - began
    assert took < 6
    assert SampleDay.objects.count() == 182 and UptimeDay.objects.count() == 182 * 4
    assert "ever measured" not in public.get("/status/?lang=en").content.decode()  # the bars say otherwise
    system, nothing = Actor.system(operator_tenant), Reckoned([], {})
    assert pack_months(system, reckoned=nothing) == [f"2026-{month:02}" for month in range(5, 11)]
    assert pack_months(system, reckoned=nothing) == []
    for name in ("2026-09.csv", "2026-09.json"):
        answer = public.get(f"/status/samples/{name}")
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        (tmp_path / name).write_bytes(body)
    status = uptime.run(argparse.Namespace(place=str(tmp_path / "2026-09.csv")))
    said = capsys.readouterr().out
    assert status == 0, said
    page = public.get("/status/panels/uptime").content.decode()
    assert 'class="is-bad"' in page and 'class="is-warn"' in page
