"""What stands in the way of a start is told in a sentence, with a status that scripts notice."""

import os
import re
import socket
import stat
import subprocess
import sys

import pytest

from tillit.site import runtime
from tillit.site.fitting import SECRETS, fit_for
from tillit.site.folder import Claim
from tillit.site.listening import open_sockets
from tillit.site.preparation import OURS, child_environment
from tillit.site.problems import Problem
from tillit.site.runtime import ROOT
from tillit.site.up import _programs

SETTINGS = "tillit/site/settings.py"


def bin_up(*options, **environment):
    """What `bin/up` does inside its environment."""
    command = [sys.executable, "-P", "-m", "tillit.site.up", *map(str, options)]
    values = {key: value for key, value in os.environ.items() if not key.startswith("TILLIT_")}
    values |= {"PYTHONPATH": str(ROOT)} | environment
    return subprocess.run(command, env=values, capture_output=True, text=True, timeout=30)


def refused(done, sentence):
    assert done.returncode == 1
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stdout + done.stderr


@pytest.fixture
def taken_port():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_second_start_on_the_same_folder_names_process_and_address(tmp_path):
    claim = Claim(tmp_path)
    runtime.write(tmp_path / "running.json", {"pid": os.getpid(), "url": "http://localhost:8123/"})
    sentence = f"Tillit already runs on {tmp_path}: process {os.getpid()}, http://localhost:8123/"
    refused(bin_up("--data", tmp_path, "--port", 0), sentence)
    claim.release()
    Claim(tmp_path).release()


def test_a_second_start_while_the_first_prepares_names_the_process(tmp_path):
    claim = Claim(tmp_path)
    refused(bin_up("--data", tmp_path, "--port", 0), f"{tmp_path} is in use by process {os.getpid()}")
    claim.release()


def test_a_taken_port_is_refused_and_leaves_the_folder_free(tmp_path, taken_port):
    sentence = f"Port {taken_port} is taken by another program. Name a free one: --port {taken_port + 1}"
    refused(bin_up("--data", tmp_path, "--port", taken_port), sentence)
    assert not (tmp_path / "postgres").exists()
    Claim(tmp_path).release()


def test_a_port_another_tillit_serves_is_refused_although_its_workers_share_it(tmp_path):
    first, second = open_sockets("127.0.0.1", 0, 2)
    first.listen()
    second.listen()
    port = first.getsockname()[1]
    assert second.getsockname()[1] == port
    refused(bin_up("--data", tmp_path, "--port", port), f"Port {port} is taken")


def test_a_file_where_the_data_folder_should_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    refused(bin_up("--data", tmp_path / "file", "--port", 0), f"{tmp_path}/file is not a folder.")


def test_a_folder_that_cannot_be_written_is_refused():
    refused(bin_up("--data", "/proc/tillit", "--port", 0), "/proc/tillit")


def test_a_disk_with_too_little_room_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(Problem, match=rf"The disk that holds {tmp_path} has \d+ MB left; Tillit needs at least"):
        Claim(tmp_path, room=2**60)


def test_a_database_server_that_does_not_answer_is_told(tmp_path):
    url = "postgresql://admin@127.0.0.1:1/postgres"
    done = bin_up("--data", tmp_path, "--port", 0, "--quiet", TILLIT_DATABASE_URL=url)
    refused(done, "The database server cannot be used: ")
    assert done.stdout == ""


@pytest.mark.parametrize("port", ["eighty", "70000", "-1"])
def test_a_port_that_is_none_is_refused(tmp_path, port):
    done = bin_up("--data", tmp_path, f"--port={port}")
    assert done.returncode == 2
    assert "is not a port number between 0 and 65535" in done.stderr


def test_secrets_are_made_once_and_closed_to_others(tmp_path):
    made = runtime.secrets(tmp_path)
    assert runtime.secrets(tmp_path) == made
    assert len(set(made.values())) == len(runtime.SECRET_NAMES)
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_the_application_learns_its_own_sign_in_only(tmp_path):
    assert runtime.load(tmp_path) == {}
    runtime.secrets(tmp_path)
    runtime.remember(tmp_path, database="postgresql:///tillit?host=%2Fsomewhere&port=5432", base_host="localhost:81")
    values = runtime.load(tmp_path)
    assert values["TILLIT_DSN"].startswith("postgresql://tillit_app:")
    assert values["TILLIT_BASE_HOST"] == "localhost:81"
    assert "tillit_owner" not in str(values)
    assert runtime.secrets(tmp_path)["admin_password"] not in str(values)


def test_no_process_is_told_how_the_administrator_of_the_database_signs_in(tmp_path, monkeypatch):
    for name in ("TILLIT_DATABASE_URL", "PGPASSWORD", "PGPASSFILE"):  # libpq takes these where the URL names none
        monkeypatch.setenv(name, "a-secret")
    monkeypatch.setenv("PGSSLROOTCERT", "/etc/ssl/authority.pem")  # the way there is everybody's
    values = child_environment(tmp_path)
    assert "a-secret" not in values.values() and values["PGSSLROOTCERT"] == "/etc/ssl/authority.pem"


def test_no_process_is_told_a_secret_that_it_does_not_need():
    said = re.findall(r'"(TILLIT_\w*(?:DSN|KEY|TOKEN|PASSPHRASE|TP_URL|AP_URL))"', (ROOT / SETTINGS).read_text())
    assert set(said) - set(OURS) == set(SECRETS)  # a new one is to be thought of
    values = dict.fromkeys([*SECRETS, "AWS_SECRET_ACCESS_KEY", "TILLIT_DATA", "TILLIT_HTTPS", "PATH"], "…")
    everything, none, database = (
        set(values),
        {"TILLIT_DATA", "TILLIT_HTTPS", "PATH"},
        {"TILLIT_DSN", "TILLIT_SECRET_KEY"},
    )
    told = {program.name: set(fit_for(program.module, values)) for program in _programs([None], (), embedded=True)}
    told.pop("forkserver", None)  # as the workers, or it could not fork them
    assert told == {
        "broker": none | database,
        "web-1": everything,
        "worker-1": everything,
        "nightly": none,
        "prober": none,
        "restarts": none | database,
    }
