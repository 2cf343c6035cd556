"""Auditors read every public page in a real browser: no cookie, nobody else's server, nothing the policy refuses; and
what is green there was measured just now."""

import json
import os
import re
import signal
import subprocess
import time

import httpx
import pytest
from screens import NARROW, WIDE
from test_look_at_pages import look

from tillit.availability.probes.prober.folder import read_account
from tillit.site import runtime
from tillit.site.tests.whole import eventually

EVIDENCE = ["/trust/dora/", "/trust/gdpr/", "/trust/jurisdiction/", "/trust/annexes/", "/trust/subscribe/"]
PUBLIC = [
    "/trust/", *EVIDENCE, "/trust/agreements/crm-online-dpa/", "/trust/agreements/crm-online-dpa/compare/",
    "/trust/processors/mailgun/", "/trust/log/", "/status/", "/status/maintenance/",
]  # fmt: skip
STATE = re.compile(r'^tillit_component_state\{component="api",tillit_component_state="(\w+)"\} 1$', re.MULTILINE)
AGE = re.compile(r'^tillit_probe_age_seconds\{probe="(\S+)",prober="(\S+)",.*\} (\S+)$', re.MULTILINE)


def measured(tillit):
    """As a monitoring system reads it: the state of the part «api»; and probe -> seconds since its last sample of the
    prober that the supervisor started."""
    told = httpx.get(tillit.address("/metrics"), timeout=60).text
    ours = read_account(tillit.data).get("prober")
    ages = {probe: float(age) for probe, prober, age in AGE.findall(told) if prober == ours}
    return STATE.search(told)[1], ages


@pytest.fixture(scope="module", autouse=True)
def silenced(tillit):
    """The prober beside the workers does its work, and then stands still while the tests of this module read; since
    when, by a clock that only goes on."""

    def proven():
        state, ages = measured(tillit)
        return state == "operational" and ages.keys() == {"sign-in", "list-page", "api"} and ages["api"] < 20

    eventually(proven)
    line = ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(runtime.running(tillit.data)["pid"])]
    listed = subprocess.run(line, capture_output=True, text=True)
    (prober,) = (int(line.split()[0]) for line in listed.stdout.splitlines() if "probes.prober" in line)
    os.kill(prober, signal.SIGSTOP)
    yield time.monotonic()
    os.kill(prober, signal.SIGCONT)


@pytest.mark.parametrize("lang", ["de-DE", "en-GB"])
def test_no_public_page_sets_a_cookie_or_asks_a_foreign_host(browse, tillit, lang):
    page = browse(lang=lang)
    for path in PUBLIC:
        answer = page.goto(tillit.address(path))
        assert answer.status in (200, 404), path  # not every demo has two versions to compare
        page.wait_for_load_state("networkidle")
        assert "set-cookie" not in answer.all_headers(), path
        assert page.locator("html").get_attribute("lang") == lang[:2], path
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert {url.split("/")[2] for url in page.asked if not url.startswith("data:")} == {f"localhost:{tillit.port}"}


def test_the_linked_data_is_found_from_the_page(browse, tillit):
    page = browse()
    page.goto(tillit.address("/trust/"))
    address = page.locator('link[type="application/ld+json"]').get_attribute("href")
    assert json.loads(page.request.get(tillit.address(address)).text())["@type"] == "Organization"
    assert page.locator("script").count() == 0


@pytest.mark.parametrize(("lang", "view"), [("de-DE", WIDE), ("en-GB", NARROW)])
def test_public_evidence_is_in_order(browse, tillit, lang, view):
    page = browse(view=view, lang=lang)
    assert look(page, tillit.address("", ""), EVIDENCE) == {}


def test_a_customers_trust_page_is_in_order(signed_in):
    page = signed_in("anna", view=NARROW)
    paths = ["/my-trust/", "/my-trust/dora/", "/my-trust/gdpr/", "/my-trust/annexes/", "/my-trust/dora/register/"]
    assert look(page, page.home, paths) == {}


def test_somebody_subscribes_and_no_cookie_is_needed(browse, tillit):
    page = browse(script=False)
    page.goto(tillit.address("/trust/subscribe/"))
    page.fill("input[name=email]", "nora@kunde.example")
    page.click("form button.primary")
    assert page.locator("h1").inner_text() == "Look into your mail"
    assert page.context.cookies() == []


def test_no_part_stays_green_when_the_prober_beside_the_workers_stands_still(silenced, tillit):
    eventually(lambda: measured(tillit)[0] == "unknown")  # which takes three intervals of 20 s, mostly gone by now
    assert time.monotonic() - silenced > 30 and measured(tillit)[1]["api"] > 60
