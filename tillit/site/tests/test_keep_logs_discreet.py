"""Logs tell operators why; no name and no secret of anybody stands in them."""

import io
import logging

from django.db import IntegrityError, transaction

from tillit.foundation.models import User
from tillit.site.logs import Discreet

log = logging.getLogger(__name__)
KARI = {"email": "kari@nordlys.example", "name": "Kari Nord"}


def test_a_row_that_the_database_quotes_stays_out(db, caplog):
    User.objects.create(**KARI)
    try:
        with transaction.atomic():
            User.objects.create(**KARI)
    except IntegrityError:
        log.exception("It failed")
    assert "kari@nordlys.example" in caplog.text  # the database did quote her
    told = Discreet("%(message)s").format(caplog.records[0])
    assert "kari@nordlys.example" not in told
    assert "It failed" in told and told.count("duplicate key") == 2


def test_a_refused_invitation_does_not_tell_its_link(anna, caplog):
    assert anna.get("/invitation/a-secret-of-somebody/").status_code == 410
    assert "a-secret-of-somebody" not in caplog.text


def test_a_request_of_no_sense_is_worth_a_line(public, monkeypatch):
    (ours,) = [one for one in logging.getLogger().handlers if isinstance(one.formatter, Discreet)]
    monkeypatch.setattr(ours, "stream", io.StringIO())
    assert public.get("/status/?" + "&".join(f"a{number}=1" for number in range(5000))).status_code == 400
    assert public.post("/status/subscribe/", {"email": "x" * 3_000_000}).status_code in (400, 413)
    told = ours.stream.getvalue().splitlines()
    assert len(told) == 2 and all("django.security." in line for line in told)
