"""The copy lies in an object storage, too: through the broker, to the host the register declares and nowhere else."""

import base64
import hashlib
import os
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.db import connection, connections

from tillit.availability.copies import folder, storage
from tillit.availability.copies.actions import write_copy
from tillit.availability.copies.checks import status_copy
from tillit.availability.copies.uploading import upload_copy
from tillit.foundation.errors import Refused
from tillit.foundation.testing import queued, run_jobs
from tillit.site import copy_server
from tillit.trust.broker.testing import free_port

HOST = "storage.example"


@pytest.fixture(scope="module")
def moto(tmp_path_factory):
    """An S3 of its own process; the port it listens at, in clear."""
    port = free_port()
    with (tmp_path_factory.mktemp("moto") / "log").open("w") as log:
        line = [sys.executable, "-m", "moto.server", "-p", str(port)]
        own = {"S3_IGNORE_SUBDOMAIN_BUCKETNAME": "true"}  # the bucket stands in the path, whatever the host is called
        process = subprocess.Popen(line, stdout=log, stderr=log, env=os.environ | own)
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield port
    process.terminate()
    process.wait()


@pytest.fixture
def bucket(moto, settings, monkeypatch, tmp_path):
    """A bucket of the test's own, and the operator's credentials for it."""
    name = f"status-{hashlib.sha256(bytes(tmp_path)).hexdigest()[:12]}"
    address = f"http://127.0.0.1:{moto}/{name}"
    httpx.put(address, headers={"x-amz-acl": "public-read"}).raise_for_status()
    settings.STATUS_COPY_URL = f"s3://{name}/now"
    for name, value in {
        "AWS_ACCESS_KEY_ID": "invented",
        "AWS_SECRET_ACCESS_KEY": "invented, too",
        "AWS_REGION": "eu-north-1",
        "AWS_ENDPOINT": f"http://{HOST}:{moto}",
        "AWS_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)
    return address


@pytest.fixture
def declared(broker, moto):
    """The register names the storage's company for this purpose."""
    broker.names[HOST] = ["127.0.0.1"]
    broker.declare(f"http://{HOST}:{moto}", purposes=frozenset({"status-copy"}))
    return broker


def signed_get(name):
    """What the storage holds, fetched as its owner."""
    url = storage._signed(name, "GET")
    return httpx.get(url.replace(HOST, "127.0.0.1"), headers={"Host": urlsplit(url).netloc})


def test_what_is_written_lies_in_the_storage_and_is_signed_there(plan, system, declared, bucket):
    write_copy(system)
    written = {path.name for path in folder.place().iterdir() if not path.name.startswith(".")}
    assert written == set(folder.NAMES) == set(copy_server.FILES)
    (folder.place() / "secrets.html").write_text("Somebody else's, in a folder that is shared.")
    assert queued("copies.upload")
    run_jobs()
    assert signed_get("secrets.html").status_code == 404
    held = {
        name: signed_get(name) for name in ("index.de.html", "status.json", "status.json.sig", "signed.json", "key.pem")
    }
    assert {reply.status_code for reply in held.values()} == {200}
    load_pem_public_key(held["key.pem"].content).verify(held["status.json.sig"].content, held["status.json"].content)
    assert base64.b64decode(held["signed.json"].json()["signature"]) == held["status.json.sig"].content
    assert held["index.de.html"].headers["Content-Type"] == "text/html; charset=utf-8"
    assert held["index.de.html"].headers["Cache-Control"] == "no-cache"
    assert status_copy().ok

    assert upload_copy(system) == 0  # nothing is sent twice
    write_copy(system)
    sent = upload_copy(system)
    assert 0 < sent < len(list(folder.place().iterdir()))  # style and script stayed as they were


def test_a_storage_that_the_register_does_not_declare_gets_nothing(plan, system, broker, moto, bucket):
    broker.names[HOST] = ["127.0.0.1"]
    write_copy(system)
    with pytest.raises(Refused, match=HOST):
        upload_copy(system)
    assert not status_copy().ok and HOST in str(status_copy())
    broker.declare(f"http://{HOST}:{moto}", purposes=frozenset({"mail"}))
    with pytest.raises(Refused, match="not for this purpose"):
        upload_copy(system)
    assert httpx.get(bucket).text.count("<Key>") == 0


def test_a_storage_that_refuses_is_named_with_its_answer_and_tried_again(plan, system, declared, bucket):
    httpx.delete(bucket)
    write_copy(system)
    with pytest.raises(Refused, match=r"does not take .*: it answers 404"):
        upload_copy(system)
    httpx.put(bucket)
    assert upload_copy(system) > 10
    assert status_copy().ok


def test_credentials_that_are_not_whole_ask_nobody_for_the_rest(plan, system, declared, bucket, monkeypatch, settings):
    write_copy(system)
    with socket.create_server(("127.0.0.1", 0)) as cloud:
        cloud.setblocking(False)
        monkeypatch.setenv("AWS_METADATA_ENDPOINT", f"http://127.0.0.1:{cloud.getsockname()[1]}")
        for taken in storage.CREDENTIALS:
            monkeypatch.delenv(taken)
            with pytest.raises(Refused, match=f"needs .*{taken}"):
                upload_copy(system)
        for other in ("gs://bucket/now", "az://container/now", "file:///etc"):
            settings.STATUS_COPY_URL = other
            with pytest.raises(Refused, match="speak S3"):
                upload_copy(system)
        with pytest.raises(BlockingIOError):
            cloud.accept()
    assert declared.asked_for == []


def test_a_storage_that_is_slow_holds_up_no_new_copy_and_no_transaction(plan, system, broker, bucket, monkeypatch):
    written, open_before, open_meanwhile = [], len(connection.savepoint_ids), set()
    own = connections["default"]

    class Slow(BaseHTTPRequestHandler):
        def do_PUT(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            with folder.uploading() as alone, folder.claimed():  # as the job of the next minute
                written.append(alone)
            open_meanwhile.add(len(own.savepoint_ids))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_said):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    broker.names[HOST] = ["127.0.0.1"]
    broker.declare(f"http://{HOST}:{server.server_port}", purposes=frozenset({"status-copy"}))
    monkeypatch.setenv("AWS_ENDPOINT", f"http://{HOST}:{server.server_port}")
    write_copy(system)
    assert upload_copy(system) == len(written) > 10
    assert not any(written)
    assert open_meanwhile == {open_before}
    server.shutdown()
    server.server_close()
