"""A server of somebody's own is called, over the real broker and TLS: asked first, signed, tried again, given up."""

import http.server
import json
import re
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tillit.availability.actions.incidents import Said, open_incident, revise_update
from tillit.availability.models import Component
from tillit.availability.subscriptions import jobs, sending, tokens
from tillit.availability.subscriptions.actions import webhooks
from tillit.availability.subscriptions.models import Delivery, Endpoint, Subscriber
from tillit.availability.subscriptions.tests.test_subscribe_by_mail import FORM, link_in, mails, subjects
from tillit.foundation.access import Actor
from tillit.foundation.clock import now
from tillit.foundation.jobs import registered
from tillit.foundation.models import NamedWay
from tillit.foundation.testing import happened

OWNER = "drift@kunde.example"


class Receiver:
    """A TLS server that keeps what it was sent and answers as the test says: a status, or hangs until let go."""

    def __init__(self, context):
        receiver = self
        self.got, self.status, self.headers, self.hang = [], 204, {}, threading.Event()
        self.hang.set()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers), body))
                receiver.hang.wait(20)
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://hooks.kunde.example:{self.server.server_port}/status?key=1"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def stop(self):
        self.hang.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    @property
    def told(self):
        return [json.loads(body) for _headers, body in self.got]


@pytest.fixture
def receiver(authority, broker, world_outside):
    """hooks.kunde.example, for which loopback stands in for the world outside."""
    made = Receiver(authority.serve("hooks.kunde.example"))
    broker.names["hooks.kunde.example"] = ["127.0.0.1"]
    yield made
    made.stop()


@pytest.fixture
def work(broker):
    """Runs the jobs that are due, as the worker does; the broker has read its rules by then."""

    def run():
        broker.refresh()
        for _job in range(300):
            due = ProcrastinateJob.objects.filter(status="todo").exclude(scheduled_at__gt=now())
            if (first := due.order_by("id").first()) is None:
                return
            with connection.cursor() as cursor:
                cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", [first.pk])
            registered[first.task_name](**first.args)
        raise AssertionError("too many jobs")

    return run


@pytest.fixture
def joined(plan, public, receiver, work, clock):
    """Somebody names the receiver, confirms by mail, and the receiver answers the challenge. Gives page and secret."""
    work()

    def join(answers=204, **said):
        token = re.search(r'name="token" value="([^"]+)"', public.get(f"{FORM}webhook/").content.decode())[1]
        chosen = {"url": receiver.url, "email": OWNER, "language": "en", "incidents": "on", "maintenance": "on"} | said
        assert public.post(f"{FORM}webhook/", chosen | {"token": token}).status_code == 200
        assert receiver.got == []
        page = public.post(link_in(mails(OWNER)[-1], "confirm")).content.decode()
        work()
        receiver.status = answers
        clock.shift(webhooks.BROKER_KNOWS)
        work()
        subscriber = Subscriber.objects.get(way="webhook")
        mine = f"{FORM}mine/{tokens.token_for(tokens.MINE, subscriber.pk)}/"
        return mine, re.search(r"whsec_[A-Za-z0-9+/=]+", page)[0]

    return join


@pytest.fixture
def trouble(operator, work):
    def happen(title="Mail is late", part="mail"):
        words = {"en": "Messages wait.", "de": "Nachrichten warten."}
        said = Said(words, state="partial_outage", also=[Component.objects.get(slug=part)])
        incident = open_incident(operator.actor, title={"en": title}, impact="major", said=said)
        work()
        return incident

    return happen


@pytest.mark.promise("status-news-reach-subscribers")
def test_a_receiver_is_asked_first_and_then_told_signed(joined, receiver, trouble, public, clock, work, operator):
    mine, secret = joined()
    (headers, body), check = receiver.got[0], Webhook(secret)
    assert check.verify(body, headers)["type"] == "endpoint.challenge"
    assert NamedWay.objects.get().confirmed_at and happened("subscriptions.webhook_verified")
    incident = trouble()
    told = {one["type"]: one for one in (check.verify(body, headers) for headers, body in receiver.got[1:])}
    assert set(told) == {"component.changed", "incident.investigating"}
    said = told["incident.investigating"]
    assert (said["incident"]["id"], said["incident"]["name"]) == (f"i{incident.pk}", "Mail is late")
    assert said["page"] == {
        "id": said["incident"]["page_id"],
        "status_indicator": "major",
        "status_description": "Partial System Outage",
    }
    assert said["data"]["components"] == ["mail"] and said["data"]["text"] == "Messages wait."
    update = told["component.changed"]["component_update"]
    assert (update["old_status"], update["new_status"]) == ("operational", "partial_outage")
    assert told["component.changed"]["component"]["name"] == "E-mail sending"
    assert said["meta"]["unsubscribe"].startswith("http://tillit.test/status/subscribe/leave/")
    revise_update(operator.actor, update=incident.updates.get(), body={"en": "Messages wait for hours."})
    work()
    told = receiver.told[-1]
    assert told["type"] == "incident.corrected" and "Before it said:\nMessages wait." in told["data"]["text"]
    assert told["incident"]["incident_updates"][0]["body"] == "Messages wait for hours."
    with pytest.raises(WebhookVerificationError):
        check.verify(receiver.got[-1][1] + b" ", receiver.got[-1][0])
    page = public.get(mine).content.decode()
    assert "incidents/" in page and "204" in page and secret not in page
    assert secret not in str(list(Endpoint.objects.values()))


def test_before_it_answers_with_a_yes_nothing_else_is_sent(joined, receiver, trouble, clock, work):
    joined(answers=404)
    trouble()
    assert [one["type"] for one in receiver.told] == ["endpoint.challenge"]
    assert NamedWay.objects.get().confirmed_at is None
    receiver.status = 200
    clock.shift(timedelta(seconds=6))
    work()
    assert [one["type"] for one in receiver.told] == ["endpoint.challenge"] * 2
    assert NamedWay.objects.get().confirmed_at
    trouble("The next one")
    assert "incident.investigating" in [one["type"] for one in receiver.told]


def test_what_was_not_taken_comes_again_with_the_same_id_until_it_is(joined, receiver, trouble, clock, work, operator):
    joined()
    receiver.status, receiver.headers = 503, {"Retry-After": "60"}
    trouble()
    delivery = Delivery.objects.get(thing__startswith="incidents/")
    assert (delivery.state, delivery.attempts, delivery.status, delivery.error) == ("waiting", 1, 503, "HTTP 503")
    assert delivery.next_at == now() + timedelta(seconds=60)  # later than the schedule, as the receiver asked
    clock.shift(timedelta(seconds=6))
    work()
    delivery.refresh_from_db()
    assert delivery.attempts == 1
    receiver.status = 200
    clock.shift(timedelta(seconds=60))
    ProcrastinateJob.objects.filter(status="todo", task_name="subscriptions.deliver").delete()  # its job was lost
    jobs.send_overdue(Actor.system(operator.tenant))
    work()
    delivery.refresh_from_db()
    assert delivery.attempts == 1
    clock.shift(timedelta(minutes=11))
    jobs.send_overdue(Actor.system(operator.tenant))
    jobs.send_overdue(Actor.system(operator.tenant))  # twice is harmless
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.error) == ("sent", 2, "")
    ids = [headers["webhook-id"] for headers, body in receiver.got if json.loads(body).get("incident")]
    assert ids == [delivery.message] * 2
    times = [headers["webhook-timestamp"] for headers, body in receiver.got if json.loads(body).get("incident")]
    assert times[0] != times[1]  # the attempt's, so that a receiver may refuse old ones


def test_a_receiver_that_hangs_is_left_after_its_time_and_delays_nobody(
    joined, receiver, trouble, monkeypatch, public, work
):
    joined()
    monkeypatch.setattr(sending, "SECONDS", 0.5)
    receiver.hang.clear()
    began = time.monotonic()
    trouble()
    assert time.monotonic() - began < 8  # two deliveries, half a second each, in whatever else happens
    late = Delivery.objects.filter(state="waiting")
    assert {one.error for one in late} == {"There was no answer within 0 seconds."} and late.count() == 2
    queues = set(
        ProcrastinateJob.objects.filter(task_name="subscriptions.deliver").values_list("queue_name", flat=True)
    )
    assert queues == {"webhooks"}  # which has hands of its own: mails and everything else do not wait
    assert (
        not ProcrastinateJob.objects.filter(queue_name="webhooks").exclude(task_name="subscriptions.deliver").exists()
    )


def test_after_three_days_it_is_switched_off_its_owner_told_and_nothing_lost(
    joined, receiver, trouble, clock, work, public
):
    mine, secret = joined()
    receiver.status = 500
    trouble()
    for pause in webhooks.SCHEDULE[1:]:
        clock.shift(pause * (1 + webhooks.JITTER) + timedelta(seconds=1))
        work()
    assert subjects(OWNER)[-1] == "Your webhook is switched off: Tillit Drift (invented)"
    assert subjects(OWNER).count(subjects(OWNER)[-1]) == 1
    endpoint = Endpoint.objects.get()
    assert (endpoint.disabled_because, NamedWay.objects.get().closed_at is None) == ("HTTP 500", False)
    assert happened("subscriptions.webhook_disabled")
    count = len(receiver.got)
    trouble("The next one")
    assert len(receiver.got) == count
    assert "switched off" in public.get(mine).content.decode()
    lost = Delivery.objects.get(thing__startswith="incidents/", state="failed")
    assert public.post(f"{mine}resend/{lost.pk}/").status_code == 409
    receiver.status = 200
    page = public.post(f"{mine}switch-on/").content.decode()
    fresh = re.search(r"whsec_[A-Za-z0-9+/=]+", page)[0]
    assert fresh != secret
    clock.shift(webhooks.BROKER_KNOWS)
    work()
    assert public.post(f"{mine}resend/{lost.pk}/").status_code == 302
    work()
    assert Webhook(fresh).verify(receiver.got[-1][1], receiver.got[-1][0])["incident"]["name"] == "Mail is late"
    lost.refresh_from_db()
    assert lost.state == "sent"


def test_a_receiver_that_is_gone_is_believed_at_once(joined, receiver, trouble):
    joined()
    receiver.status = 410
    trouble()
    assert Endpoint.objects.get().disabled_because == "The server answered that it wants nothing any more (410)."
    assert NamedWay.objects.get().closed_at
    assert Delivery.objects.filter(state="failed").count() == 1


def test_a_new_secret_is_shown_once_and_the_one_before_signs_for_a_day(joined, receiver, trouble, public, clock, work):
    mine, first = joined()
    second = re.search(r"whsec_[A-Za-z0-9+/=]+", public.post(f"{mine}secret/").content.decode())[0]
    assert first not in public.get(mine).content.decode() and second not in public.get(mine).content.decode()
    trouble()
    headers, body = receiver.got[-1]
    assert len(headers["webhook-signature"].split()) == 2
    for secret in (first, second):
        assert Webhook(secret).verify(body, headers)
    clock.shift(timedelta(hours=25))
    trouble("The next one")
    headers, body = receiver.got[-1]
    assert Webhook(second).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(first).verify(body, headers)


def test_it_tells_of_chosen_parts_in_a_language_until_its_owner_leaves(joined, receiver, trouble, public):
    joined(components="mail", language="de")
    trouble("The CRM stands still", part="crm")
    assert [one["type"] for one in receiver.told] == ["endpoint.challenge"]
    trouble()
    assert {one["data"]["text"] for one in receiver.told if one["type"] == "incident.investigating"} == {
        "Nachrichten warten."
    }
    assert {one["component"]["name"] for one in receiver.told if one["type"] == "component.changed"} == {
        "E-Mail-Versand"
    }
    assert public.post(receiver.told[-1]["meta"]["unsubscribe"]).status_code == 200
    left = [kind.objects.count() for kind in (Subscriber, Endpoint, Delivery, NamedWay)]
    assert left == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("url", "said"),
    [("http://hooks.kunde.example/", "begin with https"), ("https://10.1.2.3/", "public name"), ("x", "no address")],
)
def test_an_address_that_is_not_public_is_refused_with_a_sentence(plan, public, url, said):
    token = re.search(r'name="token" value="([^"]+)"', public.get(f"{FORM}webhook/").content.decode())[1]
    told = {"url": url, "email": OWNER, "language": "en", "incidents": "on", "token": token}
    answer = public.post(f"{FORM}webhook/", told)
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not Subscriber.objects.exists()
