"""Programs that other people made for Atlassian Statuspage read our status page, unchanged, over a real connection."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

from tillit.availability.actions.incidents import Said, open_incident, resolve_incident, update_incident
from tillit.availability.models import Component
from tillit.availability.tests.conftest import announced, clock, plan, prove, register
from tillit.foundation.testing import Person

__all__ = ["announced", "clock", "plan", "prove", "register"]
HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build" / "readers"
UNREACHABLE = ("ENOTFOUND", "ECONNREFUSED", "ETIMEDOUT", "EAI_AGAIN", "ENETUNREACH", "E403")
NAMES = ("statuspage.io", "@aero/statuspage")


def _cannot_install(why: str) -> NoReturn:
    """Fail where the checks must be whole; say aloud at a desk without network that the readers did not run."""
    if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        pytest.fail(f"{why}: the readers of the status page cannot be installed")
    pytest.skip(f"NOT PROVEN HERE: {why}, so no reader of the status page could be installed")


@pytest.fixture(scope="session")
def readers() -> Path:
    """Where the readers are installed, exactly those of the lock file; once for each state of it."""
    if shutil.which("npm") is None:
        _cannot_install("npm is missing")
    files = [HERE / name for name in ("package.json", "package-lock.json", "read.js")]
    place = BUILD / hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]
    if not (place / "ready").exists():
        place.mkdir(parents=True, exist_ok=True)
        for file in files:
            shutil.copy(file, place)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        made = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=300)
        if made.returncode and any(sign in made.stderr for sign in UNREACHABLE):
            _cannot_install("npm reaches no registry")
        assert made.returncode == 0, made.stderr
        (place / "ready").touch()
    return place


@pytest.fixture
def read(readers, public):
    """What both readers understand of the page at a path. The server answers in this thread, so in this transaction."""

    def run(path: str, visitor: Person = public) -> dict:
        asked = []

        class Door(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                answer = visitor.get(self.path)
                self.send_response(answer.status_code)
                for name, value in (dict(answer.headers) | {"Content-Length": str(len(answer.content))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.content)

            def log_message(self, *args):
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Door) as server:
            server.timeout = 0.1
            command = ["node", "read.js", f"http://127.0.0.1:{server.server_port}{path}"]
            with subprocess.Popen(command, cwd=readers, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                while process.poll() is None:
                    server.handle_request()
                out, errors = process.communicate()
        assert process.returncode == 0, f"{asked}: {errors.decode()}"
        return json.loads(out)

    return run


@pytest.fixture
def story(plan, prove, announced, operator, clock):
    """An incident that is over, one that is open, a window under way, one to come, and a part nobody has measured."""
    crm, mail = Component.objects.get(slug="crm"), Component.objects.get(slug="mail")
    over = open_incident(
        operator.actor, title={"en": "Lists load slowly"}, impact="minor", said=Said({"en": "A queue."}, also=[crm])
    )
    resolve_incident(operator.actor, incident=over, body={"en": "All is well."})
    said = Said({"en": "Messages wait."}, state="partial_outage", also=[mail])
    late = open_incident(operator.actor, title={"en": "Mail is late"}, impact="major", said=said)
    update_incident(operator.actor, incident=late, said=Said({"en": "A relay is down."}, status="identified"))
    window = announced(48, title="Work on the network")
    clock.move_to(window.starts_at, tick=False)
    announced(100, title="Work on the mail relay", components=["mail"])
    prove("crm", until=window.starts_at)
    clock.shift(1)


@pytest.mark.promise("status-page-is-read-by-other-programs")
@pytest.mark.parametrize("path", ["/status", ""])
def test_two_readers_from_elsewhere_understand_everything(story, read, path, operator_tenant):
    understood = read(path)
    for name in NAMES:
        told = understood[name]
        page, status = told["summary"]["page"], told["summary"]["status"]
        assert (page["name"], page["url"]) == (operator_tenant.name, "http://tillit.test/status/")
        assert status == told["status"]["status"] == {"indicator": "major", "description": "Partial System Outage"}
        parts = {part["name"]: part["status"] for part in listed(told["components"], "components")}
        assert parts["E-mail sending"] == "partial_outage"
        assert parts["CRM"] == "degraded_performance"  # unknown to us, and never green to them
        assert parts["Sign-in"] == "operational"
        incidents = listed(told["incidents"], "incidents")
        assert {one["name"]: one["status"] for one in incidents} == {
            "Lists load slowly": "resolved",
            "Mail is late": "identified",
        }
        (open_one,) = listed(told["unresolved"], "incidents")
        updates = open_one.get("incident_updates") or open_one["updates"]
        assert [update.get("body") or update["description"] for update in updates] == [
            "A relay is down.",
            "Messages wait.",
        ]
        upcoming = [one["name"] for one in listed(told["upcoming"], "scheduled_maintenances")]
        assert "Work on the mail relay" in upcoming and "Work on the network" not in upcoming
    active = understood["@aero/statuspage"]["active"]
    assert [(one["name"], one["status"]) for one in active] == [("Work on the network", "in_progress")]
    assert understood["@aero/statuspage"]["unresolved"][0]["url"].startswith("http://tillit.test/status/incidents/")


def listed(told, name):
    """One reader gives the document, the other what is in it."""
    return told if isinstance(told, list) else told[name]
