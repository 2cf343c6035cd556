"""Run behind walls by `test_confine_workers.py`: try every way out and tell what came of it, as JSON.

python -m tillit.site.leash --confine=… tillit.site.tests.walled PLACES      PLACES: JSON of the addresses to try
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import socket
import struct
import subprocess
import sys

from tillit.foundation import confinement

IO_URING_SETUP, SETNS = 425, {"x86_64": 308, "aarch64": 268}
MPTCP, MSG_FASTOPEN = 262, 0x20000000
NEWUSER_NEWNET, NEWNET = 0x50000000, 0x40000000
PYTHON_CHILD = "import socket; socket.create_connection(('127.0.0.1', {}), 5)"
DNS_QUERY = b"\x01\x02\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x06tillit\x07example\x00\x00\x01\x00\x01"
libc = ctypes.CDLL(None, use_errno=True)


def name(result):
    return "done" if result >= 0 else errno.errorcode[ctypes.get_errno()]


def inet(port, host="127.0.0.1"):
    return struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + socket.inet_aton(host) + bytes(8)


def raw(family, kind, address, protocol=0, call=None):
    """What C code gets that makes a socket and connects it, or does what `call` says."""
    made = libc.socket(family, kind, protocol)
    if made < 0:
        return name(made)
    result = call(made) if call else libc.connect(made, address, len(address))
    said = name(result)
    os.close(made)
    return said


def outcome(command):
    """What a program gets; empty where this user cannot even start it (nobody, and a Python in a closed folder)."""
    if not os.access(command[0], os.X_OK, effective_ids=True):
        return ""
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    return "done" if done.returncode == 0 else (done.stdout + done.stderr).strip().splitlines()[-1]


def forked(function):
    read, write = os.pipe()
    if os.fork() == 0:
        os.write(write, function().encode())
        os._exit(0)
    os.close(write)
    os.wait()
    with open(read) as said:
        return said.read()


def python(function):
    try:
        function()
    except OSError as error:
        return f"{type(error).__name__}: {error}"
    return "done"


def unix(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.settimeout(5)
        made.connect(path)
        return made.recv(10).decode()


def ways_out(to):
    tcp, udp = inet(to["tcp"]), inet(to["udp"])
    six = struct.pack("=H", socket.AF_INET6) + struct.pack("!HI", to["six"], 0) + bytes(15) + b"\x01" + bytes(4)
    stream = (socket.AF_INET, socket.SOCK_STREAM)
    tries = {
        "tcp": raw(*stream, tcp),
        "tcp over ipv6": raw(socket.AF_INET6, socket.SOCK_STREAM, six),
        "multipath tcp": raw(*stream, tcp, MPTCP),
        "tcp fast open": raw(*stream, b"", 0, lambda made: libc.sendto(made, b"x", 1, MSG_FASTOPEN, tcp, 16)),
        "dns by udp": raw(
            socket.AF_INET,
            socket.SOCK_DGRAM,
            b"",
            0,
            lambda made: libc.sendto(made, DNS_QUERY, len(DNS_QUERY), 0, udp, 16),
        ),
        "a child": forked(lambda: raw(*stream, tcp)),
        "a python child": outcome([sys.executable, "-I", "-S", "-c", PYTHON_CHILD.format(to["tcp"])]),
    }
    if to["program"]:
        tries["a c program"] = outcome([to["program"], str(to["tcp"])])
    return {way: said for way, said in tries.items() if said}


def ways_back(supervisor):
    """Try to leave the cell: into the network of others, or into one of one's own. In a child, which may break."""
    tried = {}
    for pid in (1, supervisor):
        try:
            handle = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
        except OSError as error:
            tried[f"into process {pid}"] = errno.errorcode[error.errno]
        else:
            tried[f"into process {pid}"] = name(libc.setns(handle, NEWNET))
    tried["a namespace of its own"] = name(libc.unshare(NEWUSER_NEWNET))
    tried["take the supervisor's sockets"] = name(libc.syscall(438, libc.syscall(434, supervisor, 0), 3, 0))
    return tried


def turned(handle, to):
    """Turn a socket that was made to be called into one that calls; whether somebody answers within a moment."""
    libc.connect(handle, bytes(16), 16)
    called = socket.socket(fileno=os.dup(handle))
    called.setblocking(False)
    result = libc.connect(handle, inet(to["tcp"]), 16)
    if result < 0 and ctypes.get_errno() != errno.EINPROGRESS:
        return name(result)
    libc.poll(struct.pack("=ihh", handle, 4, 0), 1, 500)
    try:
        called.getpeername()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"


def tell(to):
    """Names as bytes: their encoding would be read from the library, which may lie in a closed folder."""
    handle = int(os.environ.get("TILLIT_LISTEN_FD", -1))
    told = {
        "details": confinement.details(),
        "out": ways_out(to),
        "io_uring": name(libc.syscall(IO_URING_SETUP, 1, ctypes.create_string_buffer(120))),
        "unix": unix(to["unix"]),
        "abstract": python(lambda: unix("\0" + to["abstract"])),
        "python": python(lambda: socket.create_connection((b"127.0.0.1", to["tcp"]), 5)),
        "lookup": python(lambda: socket.getaddrinfo(b"tillit.example", 443)),
        "turned": turned(handle, to) if handle >= 0 else "",
        "back": ways_back(os.getppid()),
        "file": python(lambda: open(to["file"], "a").close()),
    }
    return told | {"out after that": ways_out(to)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(tell(json.loads(sys.argv[1]))))
