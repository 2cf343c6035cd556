"""People read the trust log in words, machines as C2SP tlog-tiles lays it out, and readers as a feed."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.module_loading import import_string

from tillit.foundation.events import declared_events
from tillit.foundation.testing import run_jobs
from tillit.trust.proof import merkle
from tillit.trust.proof.entries import leaves_in
from tillit.trust.proof.models.log import Checkpoint, LogEntry
from tillit.trust.proof.published import declared

pytestmark = pytest.mark.django_db
PROCESSOR = """
[[processors]]
slug = "post"
name = "Post Example AG"
role = "mail"
seat_country = "CH"
seat_city = "Zug"
processing.en = "Switzerland"
type.en = "Mail provider"
service.en = "{service}"
"""
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def logged(says):
    says(PROCESSOR.format(service="Delivers mail"))
    run_jobs()
    says(PROCESSOR.format(service="Delivers all mail"))
    run_jobs()


def test_people_read_what_changed_in_words(logged, public):
    page = public.get("/trust/log/").content.decode()
    assert "Processor: Post Example AG" in page
    assert "service" in page
    assert "bin/tillit verify http://tillit.test" in page
    assert bytes(Checkpoint.objects.first().root).hex() in page
    assert "Prozessor" not in page
    german = public.get("/trust/log/?lang=de").content.decode()
    assert "Vertrauensprotokoll" in german


def test_an_entry_shows_its_content_and_its_proof(logged, public):
    entry = LogEntry.objects.filter(subject="processors/post").last()
    page = public.get(f"/trust/log/{entry.index}/").content.decode()
    assert "Delivers all mail" in page
    assert "changed" in page
    size = Checkpoint.objects.first().size
    proof = [bytes.fromhex(part.split("<")[0]) for part in page.split('<li><code class="address">')[1:]]
    root, leaf = bytes(Checkpoint.objects.first().root), merkle.leaf_hash(entry.as_bytes())
    assert merkle.includes(root, leaf=leaf, index=entry.index, size=size, proof=proof)
    assert public.get(f"/trust/log/{size}/").status_code == 404


def test_the_pages_ask_few_questions_however_long_the_log_is(logged, public):
    for address, most in (("/trust/log/", 12), ("/trust/feed.atom", 12), ("/trust/log/checkpoint", 6)):
        with CaptureQueriesContext(connection) as asked:
            assert public.get(address).status_code == 200
        assert len(asked) <= most, (address, len(asked))


def test_machines_find_every_part_where_the_specification_says(logged, public):
    size = Checkpoint.objects.first().size
    checkpoint = public.get("/trust/log/checkpoint")
    assert checkpoint.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert checkpoint.headers["Cache-Control"] == "public, max-age=5"
    assert checkpoint.content.decode().split("\n")[:2] == ["tillit.test/trust/log", str(size)]
    bundle = public.get(f"/trust/log/tile/entries/000.p/{size}")
    tile = public.get(f"/trust/log/tile/0/000.p/{size}")
    assert tile.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert tile.headers["Access-Control-Allow-Origin"] == "*"
    assert tile.content == b"".join(merkle.leaf_hash(leaf) for leaf in leaves_in(bundle.content))
    assert public.get("/trust/log/tile/0/000.p/1").content == tile.content[:32]
    for nothing in (f"0/000.p/{size + 1}", "0/000", "1/000.p/1", "0/001.p/1", "0/000.p/0", "entries/000", "64/000"):
        assert public.get(f"/trust/log/tile/{nothing}").status_code == 404, nothing
    assert public.post("/trust/log/checkpoint").status_code == 405


def test_a_leaf_holds_a_hash_and_no_content(logged, public):
    entry = LogEntry.objects.filter(subject="processors/post").last()
    leaf = json.loads(entry.as_bytes())
    assert set(leaf) == {"format", "at", "kind", "subject", "hash"}
    told = public.get(f"/trust/log/content/{entry.index}.json").json()
    assert told["content"]["versions"][-1]["says"]["name"] == "Post Example AG"
    assert len(told["salt"]) == 32
    assert public.get("/trust/log/content/99999.json").status_code == 404


def test_the_feed_keeps_its_ids_in_every_language(logged, public):
    feeds = [ElementTree.fromstring(public.get(f"/trust/feed.atom?lang={code}").content) for code in ("en", "de", "nb")]
    ids = [[entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")] for feed in feeds]
    assert ids[0] == ids[1] == ids[2]
    assert len(ids[0]) == Checkpoint.objects.first().size
    titles = [feed.find(f"{ATOM}entry/{ATOM}title").text for feed in feeds]
    assert len(set(titles)) == 3


def test_before_the_first_entry_there_is_a_page_that_says_so(operator_tenant, public):
    assert "Nothing is logged yet" in public.get("/trust/log/").content.decode()
    assert public.get("/trust/feed.atom").status_code == 200
    for address in ("checkpoint", "key", "0/", "tile/0/000.p/1"):
        assert public.get(f"/trust/log/{address}").status_code == 404


def test_the_trust_page_leads_to_the_log(logged, public):
    page = public.get("/trust/log/panel").content.decode()
    assert 'href="/trust/log/"' in page
    assert "Post Example AG" in page


def test_every_declared_change_is_an_event_and_can_be_published():
    names = {name for room in apps.get_app_configs() for name in getattr(room, "published", {})}
    assert names <= declared_events()
    for functions in declared().values():
        for function in functions:
            assert callable(import_string(function))
