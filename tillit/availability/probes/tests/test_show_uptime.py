"""The status page shows ninety days of every part; the operator says who measures."""

import re
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils.timezone import now

from tillit.availability.probes.jobs import reckon_days
from tillit.availability.probes.models import Prober, UptimeDay
from tillit.availability.probes.signing import public_of
from tillit.foundation.access import Actor

from .conftest import measured


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_ninety_days_of_every_part_are_drawn_and_told(
    oslo, public, clock, operator_tenant, django_assert_max_num_queries
):
    start = now()
    oslo.send(
        *(measured("api", second % 600 != 0, at=start + timedelta(seconds=second)) for second in range(-7200, 0, 60))
    )
    reckon_days(Actor.system(operator_tenant))
    UptimeDay.objects.create(
        component="api", region="norway", day=(now() - timedelta(days=3)).date(), formula=1,
        up=1400, down=40, unknown=0, due_up=1400, due_down=0, due_unknown=0,
    )  # fmt: skip
    UptimeDay.objects.create(  # everything stood still, the prober too
        component="api", region="norway", day=(now() - timedelta(days=5)).date(), formula=1,
        up=1435, down=0, unknown=5, due_up=1435, due_down=0, due_unknown=5,
    )  # fmt: skip
    UptimeDay.objects.create(  # a minute that a probe was late
        component="api", region="norway", day=(now() - timedelta(days=6)).date(), formula=1,
        up=1439, down=0, unknown=1, due_up=1439, due_down=0, due_unknown=1,
    )  # fmt: skip
    with django_assert_max_num_queries(10):
        panel = public.get("/status/panels/uptime")
    page = panel.content.decode()
    assert page.count('<rect class="is-gap"') == 2 and page.count("<rect") == 90 * 4 + 2
    assert page.count('class="is-warn"') == 1 and page.count('class="is-bad"') == 1
    assert re.search(
        r'not measured: 5 minutes</title><rect class="is-good" x="\d+" y="10" width="5" height="20"/>', page
    )
    assert "style=" not in page
    assert "2 days with an interruption, 86 days not measured, 2 days not measured throughout" in text(panel)
    assert '<a href="/status/samples/2026-11-20.csv">2026-11-20</a>' in page
    assert "2026-11-18: 100.0000 %, not measured: 5 minutes" in text(panel)
    assert '/status/samples/2026-11-18.csv">' in page and "/status/samples/2026-11-17.csv" not in page
    assert "CRM not measured" in text(panel)
    assert " raw 98.8272 % contractual 99.7269 % measured 87.9761 % of the time" in text(panel)
    whole = public.get("/status/?lang=de")
    assert "Die letzten 90 Tage, gemessen" in text(whole) and not whole.cookies
    german = text(public.get("/status/panels/uptime?lang=de"))
    assert "nicht gemessen: 5 Minuten" in german and "roh 98,8272 %" in german and "98.8272" not in german


def test_the_operator_registers_and_ends_a_prober(operator, anna, parts):
    key = public_of(Ed25519PrivateKey.generate())
    typed = {"name": "bergen-1", "place": "A rack in Bergen", "region": "norway", "key": key}
    assert anna.get("/operator/probers/").status_code == 403
    assert anna.post("/operator/probers/", typed).status_code == 403
    assert operator.post("/operator/probers/", typed | {"key": "nothing"}).status_code == 422
    assert operator.post("/operator/probers/", typed).status_code == 302
    assert "A rack in Bergen" in operator.get("/operator/probers/").content.decode()
    assert anna.post("/operator/probers/bergen-1/end").status_code == 403
    assert operator.post("/operator/probers/bergen-1/end").status_code == 302
    assert Prober.objects.get().ended_at == now()
