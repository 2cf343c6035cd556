"""What this room's tests share: browsers without a session, passwords, what stands in the last mail."""

import re

import pytest

from tillit.foundation.mail import read_body
from tillit.foundation.models import OutgoingMail
from tillit.foundation.testing import PASSWORD, Person


@pytest.fixture
def browser_at():
    """A fresh browser on a tenant's host: `browser_at(fjordlys)`."""
    return Person


@pytest.fixture
def has_password():
    """Gives a member of the cast the cast's password: `has_password(anna)`."""

    def give(person, password=PASSWORD):
        person.user.set_password(password)
        person.user.save()
        return person

    return give


@pytest.fixture
def sign_in():
    """Types address and password at the sign-in page: `sign_in(browser, anna.user.email)`."""

    def act(browser, email, password=PASSWORD, **more):
        return browser.post("/sign-in/", {"login": email, "password": password, **more})

    return act


@pytest.fixture
def last_mail():
    """The newest mail to this address: subject and text, and the first link in it."""

    class Mail:
        def __init__(self, to):
            row = OutgoingMail.objects.filter(to=to).latest("pk")
            self.subject, self.text = row.subject, read_body(row)
            links = re.findall(r"https?://[^\s]+", self.text)
            self.link = links[0] if links else ""
            self.host, _, path = self.link.partition("://")[2].partition("/")
            self.path = "/" + path

    return Mail
