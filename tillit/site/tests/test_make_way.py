"""Who makes way for whom where places are few, where a visitor comes from, and who may send what is large."""

import asyncio
import io

import pytest
from django.conf import settings

from tillit.site.admitting import RulesOfTheHouse
from tillit.site.receiving import Places, address_of


def test_of_many_slow_visitors_the_most_silent_of_the_largest_crowd_makes_way():
    async def they_come():
        places, visits, gone = Places(4), [], []

        async def visit(name):
            assert places.take(name[0])
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                gone.append(name)
            finally:
                places.leave()

        for name in ("alone", "crowd 1", "crowd 2", "else", "crowd 3", "new", "newer", "newest"):
            visits.append(asyncio.create_task(visit(name)))
            await asyncio.sleep(0)
            await asyncio.sleep(0)  # whoever makes way has gone
        assert gone == ["crowd 1", "crowd 2", "alone", "new"]

    asyncio.run(they_come())


def test_who_gets_on_makes_way_for_smaller_crowds_only_and_who_is_at_work_for_nobody():
    async def they_come():
        async def visit(places, address, waits, took):
            took.append(places.take(address))
            if waits is not None:
                places.keep(lambda: waits)
            await asyncio.Event().wait()

        async def takes(places, address, *, waits=None):
            took = []
            visits.append(asyncio.create_task(visit(places, address, waits, took)))
            await asyncio.sleep(0)
            return took == [True]

        visits, large, small = [], Places(2, silent=60.0), Places(3)
        assert await takes(large, "crowd") and await takes(large, "crowd")
        assert not await takes(large, "crowd")
        assert await takes(large, "else")
        assert not await takes(large, "new")
        assert await takes(small, "crowd", waits=False) and await takes(small, "crowd", waits=True)
        assert await takes(small, "crowd", waits=False)
        assert not await takes(small, "crowd")
        assert await takes(small, "new", waits=True)  # for the one that waits for a thread
        assert not await takes(small, "newer")  # the other two are at work already

    asyncio.run(they_come())


@pytest.mark.parametrize(
    ("told", "proxies", "address"),
    [
        ({}, 0, "192.0.2.1"),
        ({"HTTP_X_FORWARDED_FOR": "203.0.113.9"}, 0, "192.0.2.1"),
        ({"HTTP_X_FORWARDED_FOR": "203.0.113.9, 198.51.100.7"}, 1, "198.51.100.7"),
        ({"HTTP_X_FORWARDED_FOR": "203.0.113.9, 198.51.100.7"}, 2, "203.0.113.9"),
        ({"REMOTE_ADDR": "2001:db8:1:2:3:4:5:6"}, 0, "2001:db8:1:2::/64"),
        ({"REMOTE_ADDR": "::ffff:192.0.2.1"}, 0, "192.0.2.1"),
        ({"REMOTE_ADDR": ""}, 0, ""),
    ],
)
def test_an_address_is_believed_as_far_as_the_proxies_go(told, proxies, address):
    assert address_of({"REMOTE_ADDR": "192.0.2.1"} | told, proxies) == address


def test_a_large_file_is_taken_from_somebody_signed_in_only(anna):
    rules = RulesOfTheHouse()
    path = {"PATH_INFO": "/companies/import/", "REQUEST_METHOD": "POST", "wsgi.input": io.BytesIO()}
    signed_in = path | {"HTTP_COOKIE": f"{settings.SESSION_COOKIE_NAME}={anna.session.session_key}"}
    invented = path | {"HTTP_COOKIE": f"{settings.SESSION_COOKIE_NAME}=invented"}
    assert rules.large_body(signed_in) == rules.large_body(invented) == settings.LARGEST_UPLOAD
    assert rules.may_be_large(signed_in) and not rules.may_be_large(invented)
    assert rules.large_body(path) == rules.large_body(signed_in | {"PATH_INFO": "/companies/"}) == rules.body


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/sign-in/", 408, "kam zu langsam an"),
        ("/api/v1/companies", 408, "too-slow"),
        ("/companies/import/", 413, "zu gross"),
        ("/api/v1/companies", 413, "too-large"),
        ("/sign-in/", 501, ""),
    ],
)
def test_who_is_refused_is_told_why_in_words(path, status, said):
    asked = {"PATH_INFO": path, "REQUEST_METHOD": "POST", "HTTP_ACCEPT_LANGUAGE": "de", "wsgi.input": io.BytesIO()}
    headers, page = RulesOfTheHouse().refused(asked, status)
    assert said in page.decode() and "Content-Security-Policy" in dict(headers)
