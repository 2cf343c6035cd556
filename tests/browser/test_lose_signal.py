"""The copy of the status page speaks when everything else is dead, and then says that nobody knows."""

import base64
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from screens import WIDE

from tillit.site import copy_process, copy_server
from tillit.site.processes import alive
from tillit.site.tests.furnished import furnish
from tillit.site.tests.whole import PATIENCE, Installation, eventually


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    made = Installation(furnish(tmp_path_factory.mktemp("copy") / "data"))
    try:
        made.up()
        eventually(lambda: "Sign in" in made.log.read_text() or made.process.poll() is not None)
        said = made.tillit("copy", "--json")
        assert said.returncode == 0, said.stderr
        yield made
    finally:
        made.end()


@pytest.fixture
def open_page(chromium):
    """A fresh browser whose clock the test turns."""
    contexts = []

    def open_one(address, *, lang="en-GB", script=True):
        context = chromium.new_context(locale=lang, viewport=WIDE, java_script_enabled=script)
        contexts.append(context)
        page = context.new_page()
        page.clock.install()
        page.goto(address)
        return page

    yield open_one
    for context in contexts:
        context.close()


LATER = 2**40  # a number that no copy of today has


def shows(page, signal_word, *words):
    page.wait_for_selector(f'html[data-signal="{signal_word}"]', timeout=20_000)
    said = page.locator(".signal").inner_text()
    assert all(word in said for word in words), said


def look(page):
    """How the sentence about the service is drawn."""
    told = "one => [getComputedStyle(one).borderBlockStartStyle, getComputedStyle(one).textDecorationLine]"
    return tuple(page.locator("main .state").evaluate(told))


class Elsewhere:
    """A web host somewhere that got the folder, and may do with it what it likes."""

    def __init__(self, data, folder):
        self.folder = folder
        self.key = load_pem_private_key((data / "keys" / "status.pem").read_bytes(), None)
        eventually(lambda: self.took(data / "status-copy"))
        self.sign()
        line = [sys.executable, copy_server.__file__, folder, folder.parent / "note", "--port", "0"]
        self.process = subprocess.Popen(line, env={"PATH": os.environ["PATH"]})
        eventually(lambda: (folder.parent / "note").exists() and (folder.parent / "note").read_text())
        self.address = f"http://localhost:{json.loads((folder.parent / 'note').read_text())['port']}/"

    def took(self, original):
        """Whether page and document are of one copy: a new one may be written while the files are taken."""
        shutil.copytree(original, self.folder, dirs_exist_ok=True)
        self.document = json.loads((self.folder / "status.json").read_text())
        pages = self.document["files"].items()
        return all(hashlib.sha256((self.folder / name).read_bytes()).hexdigest() == digest for name, digest in pages)

    def sign(self, *, key=None, seconds_ago=0, **said):
        """What the operator would sign now, or another document, or with another key."""
        made = datetime.now(UTC) - timedelta(seconds=seconds_ago)
        document = (
            self.document
            | {"made_at": made.isoformat(), "valid_until": (made + timedelta(minutes=3)).isoformat()}
            | said
        )
        text = json.dumps(document)
        signature = base64.b64encode((key or self.key).sign(text.encode())).decode()
        self.put({"document": text, "signature": signature})

    def put(self, envelope):
        (self.folder / "signed.json").write_text(json.dumps(envelope))


@pytest.fixture
def elsewhere(installation, tmp_path):
    made = Elsewhere(installation.data, tmp_path / "folder")
    yield made
    made.process.terminate()
    made.process.wait(PATIENCE)


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (lambda host: host.put({"document": "{}", "signature": base64.b64encode(bytes(64)).decode()}), "signature"),
        (lambda host: host.sign(key=Ed25519PrivateKey.generate()), "signature"),
        (lambda host: host.put("nonsense"), "signature"),
        (lambda host: host.sign(sequence=1), "older copy"),
        (lambda host: host.sign(seconds_ago=190, sequence=LATER), "3 minutes"),
        (lambda host: host.sign(seconds_ago=-120, sequence=LATER), "in the future"),
        (lambda host: (host.folder / "signed.json").unlink(), "cannot be fetched"),
    ],
    ids=["forged", "another key", "nonsense", "replayed", "old", "from tomorrow", "gone"],
)
def test_whatever_is_put_in_its_place_says_no_signal(elsewhere, open_page, deed, words):
    page = open_page(elsewhere.address)
    shows(page, "live", "Signed, and fresh.")
    assert page.title().startswith("Service status") and not page.locator(".as-of").is_visible()
    assert look(page)[1] == "none"  # drawn dashed already: nothing was measured here yet
    deed(elsewhere)
    page.clock.fast_forward(21_000)
    shows(page, "none", "No signal", words)
    assert look(page) == ("dashed", "line-through")
    assert page.title().startswith("No signal – ")
    elsewhere.sign(sequence=LATER + 1)
    page.clock.fast_forward(6_000)
    shows(page, "live")


def test_a_page_that_was_not_signed_is_not_believed(elsewhere, open_page):
    page = elsewhere.folder / "index.en.html"
    page.write_text(page.read_text().replace('class="state"', 'class="state good"'))
    shows(open_page(f"{elsewhere.address}index.en.html"), "none", "No signal", "not the one that was signed")


def test_what_is_newly_signed_stands_on_an_open_page_without_loading_it_again(elsewhere, open_page):
    page = open_page(elsewhere.address)
    shows(page, "live")
    place = elsewhere.folder / "index.en.html"
    place.write_text(place.read_text().replace('class="state"', 'class="state" title="new"'))
    files = {"index.en.html": hashlib.sha256(place.read_bytes()).hexdigest()}
    elsewhere.sign(sequence=LATER, files=files)
    page.clock.fast_forward(21_000)
    page.wait_for_selector("main .state[title=new]", timeout=20_000)
    shows(page, "live")


def test_a_browser_that_cannot_check_says_so_and_shows_no_green(elsewhere, chromium):
    context = chromium.new_context()
    page = context.new_page()
    page.add_init_script(
        "SubtleCrypto.prototype.importKey = () => Promise.reject(new DOMException('', 'NotSupportedError'))"
    )
    page.goto(elsewhere.address)
    shows(page, "unable", "This browser cannot check the signature.")
    context.close()


@pytest.mark.parametrize(
    ("lang", "words", "grey"),
    [("de-CH", "lesen Sie diese Seite als «kein Signal»", "Stand "), ("nb-NO", "«ingen signal»", "Per ")],
)
def test_without_script_it_says_when_it_was_made_and_is_of_no_colour(elsewhere, open_page, lang, words, grey):
    page = open_page(elsewhere.address, lang=lang, script=False)
    assert words in page.locator("main > .signal:first-child").inner_text()
    assert grey in page.locator("main .state").inner_text()
    green = "[...document.querySelectorAll('main :is(.state, .badge)')].map(one => getComputedStyle(one)).some("
    green += "one => one.borderBlockStartStyle !== 'dashed' || one.getPropertyValue('--tone') !== idle)"
    idle = "const idle = getComputedStyle(document.documentElement).getPropertyValue('--idle');"
    assert page.evaluate(f"(() => {{ {idle} return {green} }})()") is False  # nobody verified anything
    page.get_by_role("link", name="English").click()
    assert "read this page as «no signal»" in page.locator(".signal").inner_text()


@pytest.mark.promise("status-copy-outlives-everything")
def test_everything_is_killed_and_the_page_says_no_signal_within_three_minutes(installation, open_page):
    assert installation.tillit("copy").returncode == 0
    told = json.loads(installation.tillit("state", "--json").stdout)
    pid = told["copy_pid"]
    page = open_page(told["copy"])
    shows(page, "live", "Signed, and fresh.")

    doomed = [one for one in (installation.process.pid, *installation.children()) if one != pid]
    database = int((installation.data / "postgres" / "postmaster.pid").read_text().split()[0])
    for one in {*doomed, database}:
        os.kill(one, signal.SIGKILL)
    installation.process.wait(PATIENCE)
    eventually(lambda: not any(alive(one) for one in doomed))

    page.clock.fast_forward("02:30")  # the last copy may still be believed
    shows(page, "live")
    page.clock.fast_forward("00:30")
    shows(page, "none", "No signal", "No new copy has come for more than 3 minutes", "nobody knows how the service is")
    assert alive(pid)
    told = json.loads(installation.tillit("state", "--json").stdout)
    assert (told["running"], told["copy_pid"]) == (False, pid)

    installation.up()  # finds it, and puts its own in its place
    eventually(lambda: copy_process.serving(installation.data).get("pid", pid) != pid)
    assert not alive(pid)
    eventually(lambda: "Sign in" in installation.log.read_text())
    told = json.loads(installation.tillit("state", "--json").stdout)
    assert installation.tillit("copy").returncode == 0
    shows(open_page(told["copy"]), "live")
    installation.process.terminate()
    assert installation.process.wait(PATIENCE) == 0
    assert not alive(told["copy_pid"]) and copy_process.serving(installation.data) == {}
