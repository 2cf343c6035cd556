"""Sessions that ran out are deleted after the hours of a rule, the living ones never."""

from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone

from tillit.foundation.holdings import holding


def test_a_session_that_ran_out_is_deleted_with_its_device(anna, operator):
    ago = timezone.now() - timedelta(hours=30)
    UserSession.objects.create(user=anna.user, session_key="gone", ip="192.0.2.1", user_agent="A browser")
    Session.objects.create(session_key="old", session_data="", expire_date=ago)
    assert holding("sessions").purge(timezone.now() - timedelta(hours=24)) == 1
    assert not Session.objects.filter(session_key="old").exists()
    assert not UserSession.objects.filter(session_key="gone").exists()
    assert anna.get("/companies/").status_code == 200, "she is still signed in"


def test_a_marked_session_lives_as_long_as_others(operator):
    sessions = holding("sessions")
    key = sessions.plant(operator.actor)
    sessions.use(key)
    sessions.purge(timezone.now() - timedelta(hours=1))
    assert sessions.exists(key)
    sessions.purge(timezone.now() + timedelta(seconds=1))
    assert not sessions.exists(key)
