"""Keeping what a restart was like, and lending the load a session to make it with."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db.models import Min

from tillit.availability.models import WindowWork
from tillit.availability.restarts.models import RestartRun
from tillit.foundation.access import Actor, action, require
from tillit.foundation.events import record
from tillit.foundation.models import Membership, Tenant, User
from tillit.foundation.sessions import SessionStore
from tillit.foundation.tenancy import in_tenant
from tillit.tenants.queries import host_of

SESSION_SECONDS = 900  # longer than any restart


@dataclass(frozen=True)
class Told:
    """How a restart went. `took_ms`: until every process was a new one."""

    occasion: str
    outcome: str
    began_at: datetime
    took_ms: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Gap:
    """What the load met with; the fields of `RestartRun`."""

    rate: int
    sent: int
    failed: int
    retried: int
    median_ms: int | None
    p99_ms: int | None
    longest_ms: int | None
    in_session: int
    signed_out: int
    drafts: int
    lost_drafts: int


@dataclass(frozen=True)
class Session:
    """A session of the probes' own person: on which host, and the cookie."""

    host: str
    key: str


@action
def record_restart(actor: Actor, *, told: Told, gap: Gap | None = None, work: WindowWork | None = None) -> RestartRun:
    """Keep a restart and publish it, with what the load met with; `work` is the window's, for one in its window."""
    require(actor, "restarts.record")
    said = {
        "occasion": RestartRun.Occasion(told.occasion),
        "outcome": RestartRun.Outcome(told.outcome),
        "reason": told.reason[:500],
    }
    figures = asdict(gap) if gap else {}
    run = RestartRun(**(asdict(told) | said), **figures, work=work, release=settings.RELEASE)
    run.save(force_insert=True)
    record(actor, "restarts.recorded", run, occasion=run.occasion, outcome=run.outcome)
    return run


@action
def open_probe_session(actor: Actor) -> Session | None:
    """A session for the person whom the probes are, where there is one: to see whether a restart signs people out."""
    require(actor, "restarts.record")
    tenant = Tenant.objects.filter(kind=Tenant.Kind.PROBE).first()
    if tenant is None:
        return None
    with in_tenant(tenant):
        first = Membership.objects.filter(ended_at=None).aggregate(first=Min("user"))["first"]
    user = User.objects.filter(pk=first, is_active=True).first()
    if user is None:
        return None
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.set_expiry(SESSION_SECONDS)
    store.create()
    return Session(host_of(tenant), store.session_key or "")


@action
def close_probe_session(actor: Actor, *, session: Session) -> None:
    """End it; harmless when it has ended."""
    require(actor, "restarts.record")
    SessionStore(session.key).delete()
