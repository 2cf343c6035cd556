"""Everybody sees where data goes and what was refused; the operator sees every single decision."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from tillit.foundation import outbound
from tillit.foundation.access import Actor
from tillit.foundation.models import Event
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.ways import Shut
from tillit.trust.actions.objections import raise_objection, withdraw_objection
from tillit.trust.actions.register import apply_register
from tillit.trust.broker import queries
from tillit.trust.broker.actions import record_decisions
from tillit.trust.broker.journal import Decided
from tillit.trust.broker.publishing import attempt
from tillit.trust.broker.queries import Volume, read_register
from tillit.trust.broker.rules import Rules
from tillit.trust.broker.testing import SMALLEST_REGISTER
from tillit.trust.register import read_register as read_file

POST = """
[[processors]]
slug = "post"
name = "Post & Bud AS (invented)"
role = "mail"
seat_country = "NO"
processing_countries = ["NO"]
processing = { en = "Norway" }
type = { en = "Company" }
service = { en = "Delivers mail" }
purposes = ["mail"]
reached_at = ["smtps://smtp.post.example:465"]
"""


def decided(**said):
    facts = {"tenant": None, "purpose": "mail", "host": "smtp.post.example", "port": 465, "allowed": True}
    return Decided(**({"at": timezone.now().timestamp(), "processor": "post"} | facts | said))


@pytest.fixture
def keep(operator_tenant):
    """Put decisions on record."""
    return lambda *several: record_decisions(Actor.system(operator_tenant), decided=several)


@pytest.fixture
def apply(operator_tenant):
    return lambda text: apply_register(Actor.system(operator_tenant), register=read_file(text))


def test_declared_stands_beside_observed(public, apply, keep, fjordlys):
    apply(SMALLEST_REGISTER + POST)
    page = public.get("/trust/").content.decode()
    assert "Post &amp; Bud AS" in page
    assert "none yet" in page
    assert "Nothing has asked to leave yet" in page
    keep(decided(bytes_out=400_000, bytes_in=700_000, tenant=fjordlys.pk), decided(bytes_out=5))
    page = public.get("/trust/").content.decode()
    assert "1 to 100 MB" in page
    assert "No attempt was refused since" in page
    assert "1100005" not in page


def test_one_mail_changes_the_flow_that_everybody_reads(public, apply, keep):
    apply(SMALLEST_REGISTER + POST)
    before = public.get("/trust/flows.json").json()["flows"]
    assert [(one["processor"], one["observed"]) for one in before] == [("post", [])]
    keep(decided(bytes_out=2_000, bytes_in=300))
    (flow,) = public.get("/trust/flows.json").json()["flows"]
    today = timezone.now().date().isoformat()
    assert flow["observed"] == [{"processor": "post", "purpose": "mail", "last_contact": today, "volume": "under-1-mb"}]
    assert flow["reached_at"] == ["smtps://smtp.post.example:465"]
    assert flow["unused"] is False


def test_what_nobody_uses_for_90_days_is_flagged(public, apply, keep, time_machine):
    apply(SMALLEST_REGISTER + POST)
    start = timezone.now()
    keep(decided())
    time_machine.move_to(start + timedelta(days=89))
    assert public.get("/trust/flows.json").json()["flows"][0]["unused"] is False
    time_machine.move_to(start + timedelta(days=91))
    assert public.get("/trust/flows.json").json()["flows"][0]["unused"] is True
    page = public.get("/trust/").content.decode()
    assert "Declared, but not used for 90 days" in page
    keep(decided())
    assert public.get("/trust/flows.json").json()["flows"][0]["unused"] is False


def test_nobody_is_said_to_be_unused_before_anybody_has_watched(public, apply, keep, time_machine):
    apply(SMALLEST_REGISTER + POST)
    time_machine.move_to(timezone.now() + timedelta(days=200))
    assert public.get("/trust/flows.json").json()["flows"][0]["unused"] is False
    keep(decided(processor="", allowed=False, reason="undeclared"))  # from now on it is known
    assert public.get("/trust/flows.json").json()["flows"][0]["unused"] is False


def test_a_refused_attempt_is_public_at_once_and_gone_after_30_days(
    public, apply, broker, operator_tenant, time_machine
):
    apply(SMALLEST_REGISTER)
    with pytest.raises(Shut):
        outbound.call(None, "mail", "GET", "https://tracker.example/pixel?who=anna")
    broker.tell()
    page = public.get("/trust/").content.decode()
    assert "tracker.example:443" in page
    assert "Not declared" in page
    assert "pixel" not in page
    (refused,) = public.get("/trust/refused.json").json()["refused"]
    assert (refused["host"], refused["reason"], refused["times"]) == ("tracker.example", "undeclared", 1)
    time_machine.move_to(timezone.now() + timedelta(days=32))
    assert public.get("/trust/refused.json").json()["refused"] == []


def test_an_address_a_customer_named_is_not_public(public, apply, broker, fjordlys, operator, operator_tenant):
    apply(SMALLEST_REGISTER)
    broker.refresh()  # the customer is new
    with pytest.raises(Shut):
        outbound.call(fjordlys, "mail", "GET", "https://our-secret-partner.example/")
    broker.tell()
    for address in ("/trust/", "/trust/refused.json"):
        assert "secret-partner" not in public.get(address).content.decode()
    assert "An address a customer or recipient named" in public.get("/trust/").content.decode()
    with in_tenant(operator_tenant):
        published = attempt(Event.objects.get(name="broker.refused"))
    assert "secret-partner" not in json.dumps(published, default=str)
    assert published["content"]["reason"] == "undeclared"
    assert "our-secret-partner.example" in operator.get("/operator/traffic/").content.decode()


def test_the_same_refusal_is_one_event_a_minute_and_every_time_on_record(keep, operator_tenant, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    refused = {"allowed": False, "reason": "undeclared", "processor": "", "host": "tracker.example"}
    for _ in range(5):
        keep(decided(**refused))
    keep(decided(**refused | {"reason": "no-rules"}))  # the broker's own trouble is no attempt
    with in_tenant(operator_tenant):
        assert Event.objects.filter(name="broker.refused").count() == 1
    with queries.everybody():
        assert queries.decisions().count() == 6


def test_the_public_pages_ask_the_database_little(
    public, apply, keep, fjordlys, alpenrose, django_assert_max_num_queries
):
    apply(SMALLEST_REGISTER + POST)
    keep(*(decided(tenant=tenant.pk, host=f"h{n}.example") for tenant in (fjordlys, alpenrose) for n in range(20)))
    with django_assert_max_num_queries(14):
        public.get("/trust/flows.json")
    with django_assert_max_num_queries(14):
        public.get("/trust/refused.json")


def test_what_left_the_register_is_still_told(public, apply, keep):
    apply(SMALLEST_REGISTER + POST)
    keep(decided())
    apply(SMALLEST_REGISTER)
    page = public.get("/trust/").content.decode()
    assert "No longer declared" in page


def test_a_customer_knows_the_processors_really_used_for_it(apply, keep, fjordlys, alpenrose):
    apply(SMALLEST_REGISTER + POST)
    keep(decided(tenant=fjordlys.pk, bytes_out=50))
    (used,) = queries.flows_of(fjordlys)
    assert (used.processor.slug, used.seen[0].volume) == ("post", Volume.SMALL)
    assert queries.flows_of(alpenrose) == []


def test_the_operator_filters_and_pages_through_every_decision(operator, keep, fjordlys, alpenrose):
    keep(*(decided(tenant=fjordlys.pk, host=f"h{number}.example") for number in range(60)))
    keep(decided(tenant=alpenrose.pk, allowed=False, reason="undeclared", processor="", host="tracker.example"))
    first = operator.get("/operator/traffic/").content.decode()
    assert "tracker.example:465" in first
    assert "h59.example" not in first  # refused ones first, and alone
    everything = operator.get("/operator/traffic/?shown=all").content.decode()
    assert "h59.example" in everything
    assert "h5.example" not in everything
    address = everything.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "h5.example" in operator.get(f"/operator/traffic/{address}").content.decode()
    one = operator.get("/operator/traffic/?shown=all&tenant=alpenrose").content.decode()
    assert ("tracker.example" in one, "h59.example" in one) == (True, False)
    assert "h7.example" in operator.get("/operator/traffic/?shown=all&host=H7.example&purpose=mail").content.decode()
    for strange in ("?before=x", "?before=" + "9" * 30, "?tenant=%00", "?host=" + "x" * 999, "?purpose=nothing"):
        assert operator.get(f"/operator/traffic/{strange}").status_code == 200


def test_the_operator_takes_the_decisions_along(operator, keep, fjordlys):
    keep(
        decided(tenant=fjordlys.pk, host="=cmd.example"), decided(allowed=False, reason="undeclared", host="a.example")
    )
    answer = operator.get("/operator/traffic/traffic.csv?shown=all")
    text = answer.content.decode("utf-8-sig")
    assert text.startswith("When,Customer,Processor,Purpose,Host,Port,Allowed,Reason")
    assert ",fjordlys,post,mail,'=cmd.example,465,1,," in text
    assert ",a.example,465,0,undeclared," in text
    assert "=cmd" not in operator.get("/operator/traffic/traffic.csv").content.decode()  # refused ones only


def test_the_page_says_how_the_broker_is(operator, broker, settings, tmp_path):
    assert "The broker has worked since" in operator.get("/operator/traffic/").content.decode()
    broker.rules._steady = lambda: 60.0
    assert "cannot read the register" in operator.get("/operator/traffic/").content.decode()
    settings.BROKER_SOCKET = tmp_path / "nobody"
    assert "The broker does not answer" in operator.get("/operator/traffic/").content.decode()


@pytest.mark.parametrize("address", ["/operator/traffic/", "/operator/traffic/traffic.csv"])
def test_only_the_operator_looks(anna, ben, public, address):
    assert anna.get(address).status_code == 403
    assert ben.get(address).status_code == 403
    assert public.get(address).status_code == 302


def test_the_operators_page_asks_the_database_little(operator, keep, fjordlys, broker, django_assert_max_num_queries):
    keep(*(decided(tenant=fjordlys.pk) for _ in range(60)))
    with django_assert_max_num_queries(18):  # two are ours, the others the frame's
        operator.get("/operator/traffic/?shown=all")


def test_the_register_itself_opens_and_shuts_the_way(apply, anna, fjordlys, alpenrose, time_machine):
    """From the file to the route: announced, one second before, in force, one customer's objection, taken out."""
    start = timezone.now().replace(microsecond=0)
    time_machine.move_to(start, tick=False)
    apply(SMALLEST_REGISTER)
    apply(SMALLEST_REGISTER + POST)
    opens_at = start + timedelta(days=30)

    def answer(tenant):
        rules = Rules(lambda: at_this_machines_time(read_register()))
        rules.refresh()
        return rules.decide(tenant.pk, "mail", "smtp.post.example", 465).reason

    assert answer(fjordlys) == "not-yet"
    time_machine.move_to(opens_at - timedelta(seconds=1), tick=False)
    assert answer(fjordlys) == "not-yet"
    objection = raise_objection(anna.actor, processor="post", reason="Our board said no.")
    time_machine.move_to(opens_at, tick=False)
    assert (answer(fjordlys), answer(alpenrose)) == ("objection", "")
    withdraw_objection(anna.actor, objection=objection)
    assert (answer(fjordlys), answer(alpenrose)) == ("", "")
    apply(SMALLEST_REGISTER)
    assert answer(alpenrose) in ("ended", "undeclared")


def at_this_machines_time(register):
    """The database does not travel in time."""
    return replace(register, moment=timezone.now())
