"""Workers have no way out to the network: tried with real processes, from C, from children, by UDP and by DNS.

Each wall is tried alone and all together, as root where the tests run as root, and as an ordinary user. Everything
tried is aimed at servers of the test itself, which then tell whether anything arrived.
"""

import functools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tillit.foundation import confinement
from tillit.site import confine, unprivileged
from tillit.site.listening import locked, open_sockets
from tillit.site.problems import Problem
from tillit.site.runtime import ROOT

USERS = ["root", "nobody"] if os.geteuid() == 0 else ["oneself"]
ALL = ("namespace", "landlock", "seccomp", "hook")
SHUT = {"ENETUNREACH", "EACCES", "EADDRNOTAVAIL", "EAFNOSUPPORT", "EOPNOTSUPP", "EPERM", "EPROTONOSUPPORT"}
C_PROGRAM = r"""
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
int main(int count, char **said) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(said[count - 1]))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int made = socket(AF_INET, SOCK_STREAM, 0);
    if (made < 0 || connect(made, (struct sockaddr *)&to, sizeof to) < 0) { puts(strerror(errno)); return 1; }
    return 0;
}
"""


def command(user, *module):
    """Python as this user; as nobody it keeps the right to read files, where Python lies in a closed folder."""
    wrapper = [
        sys.executable,
        "-I",
        "-S",
        unprivileged.__file__,
        "--user",
        "65534:65534",
        "--reach",
        sys.executable,
        "--",
    ]
    return [*(wrapper if user == "nobody" else []), sys.executable, "-B", "-P", "-m", *module]


@functools.cache
def reasons(user):
    """Wall -> why the kernel does not allow it to this user; empty where it does."""
    values = os.environ | {"PYTHONPATH": str(ROOT)}
    line = command(user, "tillit.site.confine")
    return json.loads(subprocess.run(line, env=values, capture_output=True, check=True).stdout)


def needs(user, *walls):
    for wall in walls:
        if reasons(user)[wall]:
            pytest.skip(f"NOT PROVEN HERE: this machine refuses {user} the wall «{wall}»: {reasons(user)[wall]}")


@pytest.fixture(scope="module")
def folder():
    """Open to everybody, with a C program where there is a compiler."""
    place = Path(tempfile.mkdtemp(prefix="tillit-walls-"))
    place.chmod(0o777)
    (place / "try.c").write_text(C_PROGRAM)
    if shutil.which("cc"):
        subprocess.run(["cc", "-o", place / "try", place / "try.c"], check=True)
        (place / "try").chmod(0o755)
    yield place
    shutil.rmtree(place)


class Outside:
    """What the walls keep out of reach: servers of the machine's network, and those a Unix socket leads to."""

    def __init__(self, folder):
        self.tcp = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.six = socket.create_server(("::1", 0), family=socket.AF_INET6) if has_ipv6() else None
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.unix = socket.socket(socket.AF_UNIX)
        self.path = folder / f"socket-{os.getpid()}"
        self.path.unlink(missing_ok=True)
        self.unix.bind(str(self.path))
        self.path.chmod(0o777)
        self.abstract = socket.socket(socket.AF_UNIX)
        self.abstract.bind("")  # the kernel finds a name
        for server in (self.unix, self.abstract):
            server.listen()
        program = folder / "try"
        self.places = {
            "tcp": self.tcp.getsockname()[1],
            "six": self.six.getsockname()[1] if self.six else 1,
            "udp": self.udp.getsockname()[1],
            "unix": str(self.path),
            "abstract": self.abstract.getsockname()[1:].decode(),
            "program": str(program) if program.exists() else "",
            "file": str(folder / f"written-{os.getpid()}"),
        }
        Path(self.places["file"]).touch()
        Path(self.places["file"]).chmod(0o666)

    def run(self, walls, user, listening=None):
        """What a process behind these walls tells (`walled.py`)."""
        values = {key: value for key, value in os.environ.items() if not key.startswith("TILLIT_")}
        values |= {"PYTHONPATH": str(ROOT)}
        passed = []
        if listening is not None:
            passed = [listening.fileno()]
            values["TILLIT_LISTEN_FD"] = str(listening.fileno())
        confined = [f"--confine={','.join(walls)}"] if walls else []
        line = command(user, "tillit.site.leash", *confined, "tillit.site.tests.walled", json.dumps(self.places))
        process = subprocess.Popen(line, env=values, stdout=subprocess.PIPE, pass_fds=passed)
        for server in (self.unix, self.abstract):
            server.settimeout(0.05)
        while process.poll() is None:
            greet(self.unix)
            greet(self.abstract)
        said, _nothing = process.communicate(timeout=30)
        return json.loads(said)

    def arrived(self):
        """What came in over the network."""
        found = []
        for server in filter(None, (self.tcp, self.six)):
            server.setblocking(False)
            found += list(iter(lambda server=server: taken(server.accept), None))
        self.udp.setblocking(False)
        return found + list(iter(lambda: taken(lambda: self.udp.recv(100)), None))

    def close(self):
        for server in filter(None, (self.tcp, self.six, self.udp, self.unix, self.abstract)):
            server.close()


def taken(function):
    try:
        return function()
    except BlockingIOError:
        return None


def greet(server):
    try:
        visitor, _address = server.accept()
    except TimeoutError:
        return
    with visitor:
        visitor.sendall(b"welcome")


def has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.fixture
def outside(folder):
    made = Outside(folder)
    yield made
    made.close()


def all_shut(tried):
    """Every way out ended in an error of the kernel's."""
    programs = ("a python child", "a c program")  # these speak in sentences
    return "done" not in tried.values() and {tried[way] for way in tried if way not in programs} <= SHUT


@pytest.mark.parametrize("user", USERS)
def test_without_walls_every_way_out_is_open_so_that_the_other_tests_prove_something(outside, user):
    told = outside.run((), user)
    tried = told["out"]
    assert {way for way, said in tried.items() if said == "done"} >= {"tcp", "dns by udp", "a child"}
    assert ("a c program" in tried) == bool(shutil.which("cc"))
    assert outside.arrived()
    assert told["details"]["level"] == "none"
    assert told["abstract"] == told["python"] == "done"


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize(
    ("walls", "level"),
    [
        (("namespace",), "namespace"),
        (("landlock", "seccomp"), "landlock"),
        (("seccomp",), "seccomp"),
        (ALL, "namespace"),
    ],
    ids=["namespace", "landlock-and-seccomp", "seccomp", "all"],
)
def test_a_worker_has_no_way_out(outside, user, walls, level):
    needs(user, *walls)
    told = outside.run(walls, user)
    assert all_shut(told["out"]), told["out"]
    assert all_shut(told["out after that"]), told["out after that"]
    assert outside.arrived() == []
    details = told["details"]
    assert details["level"] == level
    assert (details["tcp"], details["udp"], details["children"]) == ("kernel", "kernel", "kernel")
    assert details["no_new_privileges"]
    assert told["unix"] == "welcome"
    assert told["file"] == "done"
    assert (told["abstract"] == "done") == (details["abstract_sockets"] == "open")
    assert told["io_uring"] == ("ENOSYS" if "seccomp" in walls else told["io_uring"])


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("walls", [("namespace",), ("landlock", "seccomp"), ALL], ids=["namespace", "landlock", "all"])
def test_no_worker_gets_out_again(outside, user, walls):
    needs(user, *walls)
    told = outside.run(walls, user)
    back = told["back"]
    assert "done" not in {said for way, said in back.items() if way.startswith("into")}
    assert back["take the supervisor's sockets"] != "done"
    assert all_shut(told["out after that"])  # in a namespace of its own there is nothing either
    assert outside.arrived() == []


@pytest.mark.parametrize("user", USERS)
def test_landlock_alone_says_that_udp_is_open(outside, user):
    needs(user, "landlock")
    told = outside.run(("landlock",), user)
    assert told["details"]["level"] == "landlock-tcp"
    assert (told["details"]["tcp"], told["details"]["udp"]) == ("kernel", "open")
    assert told["out"]["tcp"] == told["out"]["tcp over ipv6"] == "EACCES"
    assert told["out"]["a child"] == "EACCES"
    assert told["out"]["dns by udp"] == "done"


@pytest.mark.parametrize("user", USERS)
def test_python_code_is_told_what_to_use_instead_and_c_code_passes_the_hook(outside, user):
    told = outside.run(("hook",), user)
    for said in (told["python"], told["lookup"]):
        assert said.startswith("NoWayOut: [Errno 13]")
        assert "Call other servers through tillit.foundation.outbound" in said
    assert told["unix"] == "welcome"
    assert told["out"]["tcp"] == "done"  # no wall, and it says so
    details = told["details"]
    assert (details["level"], details["tcp"], details["children"]) == ("hook", "python", "open")


@pytest.mark.parametrize("walls", [("namespace",), ("seccomp",), ("landlock",), ALL], ids="-".join)
@pytest.mark.parametrize("user", USERS)
def test_the_socket_a_worker_serves_cannot_be_turned_to_call_others(outside, user, walls):
    """Where neither the packet filter (newer kernels: root only) nor Landlock keeps it from that, it is said."""
    needs(user, *walls)
    (listening,) = open_sockets("127.0.0.1", 0, 1)
    with listening:
        told = outside.run(walls, user, listening)
        kept = told["details"]["served_socket"] == "kernel"
        assert kept == (locked(listening.fileno()) or "landlock" in walls)
    assert (told["turned"] in ("ENOTCONN", "EACCES")) == kept


def test_the_machine_gets_the_strongest_level_it_allows(outside):
    allowed = [wall for wall in ALL if not reasons(USERS[0])[wall]]
    walls = confine.choose("")
    assert list(walls) == allowed
    told = outside.run(walls, USERS[0])
    strongest = next(level for level in confinement.LEVELS if confine.level_of(walls) == level)
    assert told["details"]["level"] == strongest
    assert told["details"]["missing"] == {}
    assert sys.platform != "linux" or strongest != "none"


def test_the_operator_may_name_a_level(outside):
    assert confine.choose("none") == ()
    assert confine.choose("hook") == ("hook",)
    assert "namespace" not in (confine.choose("landlock") if not reasons(USERS[0])["landlock"] else ())


def test_a_level_that_is_none_or_impossible_is_refused_with_a_sentence(monkeypatch):
    with pytest.raises(Problem, match="is «tight»; it can be one of namespace, landlock, hook, none"):
        confine.choose("tight")
    nothing = dict.fromkeys(ALL, "Operation not permitted") | {"hook": ""}
    monkeypatch.setattr(confine, "possible", lambda: nothing)
    for asked in ("namespace", "landlock"):
        with pytest.raises(Problem, match=f"TILLIT_CONFINEMENT={asked} is impossible here .Operation not permitted"):
            confine.choose(asked)
    assert confine.choose("") == ("hook",)


def test_a_worker_that_falls_short_of_what_the_operator_insists_on_does_not_start():
    values = os.environ | {"PYTHONPATH": str(ROOT), "TILLIT_CONFINEMENT": "namespace"}
    line = command(USERS[0], "tillit.site.leash", "--confine=hook", "this")
    ended = subprocess.run(line, env=values, capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr == "TILLIT_CONFINEMENT=namespace, and this process got no further than «hook».\n"
