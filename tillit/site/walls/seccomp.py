"""A filter on system calls: sockets are Unix sockets, and nothing makes or steals others. Needs no root.

The kernel runs the small program made here before every call of this process and of its children, and nobody can take
it away again. It looks at numbers only: the family of a socket, the flags of a message.
"""

from __future__ import annotations

import ctypes
import errno
import socket
import struct
import sys

from tillit.site.walls.system import MACHINE, call, no_new_privileges

PR_SET_SECCOMP, MODE_FILTER = 22, 2
LOAD, EQUAL, AT_LEAST, ANY_BIT, ANSWER = 0x20, 0x15, 0x35, 0x45, 0x06  # instructions of the kernel's packet filter
ALLOW, REFUSE = 0x7FFF0000, 0x00050000  # plus the error's number
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # where the kernel tells what is called
X32 = 0x40000000  # calls of the 32-bit pointers' kind have this bit: never used by us
MSG_FASTOPEN, TCP_FASTOPEN_CONNECT = 0x20000000, 30  # connect while sending, which Landlock does not see

MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CALLS = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    "setsockopt": (54, 208),
    "io_uring_setup": (425, 425),  # its operations pass by every filter
    "setns": (308, 268),
    "ptrace": (101, 117),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
}
NEVER = {"io_uring_setup": errno.ENOSYS} | dict.fromkeys(
    ("setns", "ptrace", "process_vm_writev", "pidfd_getfd"), errno.EPERM
)
FLAGS_OF = {"sendto": 3, "sendmsg": 2, "sendmmsg": 3}  # which argument holds the flags

Instruction = tuple[int, int, int, int]  # what, how far to jump if so, if not, with which number


def put_up() -> None:
    """Raises OSError where the kernel has no filters, or for a kind of machine whose numbers are not known here."""
    if MACHINE not in MACHINES or sys.byteorder != "little":
        raise OSError(errno.ENOSYS, "not offered for this kind of machine")
    instructions = b"".join(struct.pack("=HBBI", *instruction) for instruction in program(MACHINE))
    kept = ctypes.create_string_buffer(instructions, len(instructions))
    header = struct.pack("@HP", len(instructions) // 8, ctypes.addressof(kept))
    no_new_privileges()
    call("prctl", PR_SET_SECCOMP, MODE_FILTER, ctypes.create_string_buffer(header, len(header)), 0, 0)


def program(machine: str) -> list[Instruction]:
    """The filter for a kind of machine."""
    column = list(MACHINES).index(machine)
    numbers = {name: pair[column] for name, pair in CALLS.items()}
    made = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, MACHINES[machine]), _answer(errno.EPERM), (LOAD, 0, 0, NUMBER)]
    if machine == "x86_64":
        made += [(AT_LEAST, 0, 1, X32), _answer(errno.ENOSYS)]
    for name, error in NEVER.items():
        made += _when(numbers[name], [_answer(error)])
    for name in ("socket", "socketpair"):
        made += _when(numbers[name], [_argument(0), (EQUAL, 0, 1, socket.AF_UNIX), _answer(0), _answer(errno.EACCES)])
    for name, place in FLAGS_OF.items():
        made += _when(numbers[name], [_argument(place), (ANY_BIT, 0, 1, MSG_FASTOPEN), *_refused_or_not()])
    option = [_argument(1), (EQUAL, 0, 3, socket.IPPROTO_TCP), _argument(2), (EQUAL, 0, 1, TCP_FASTOPEN_CONNECT)]
    made += _when(numbers["setsockopt"], [*option, *_refused_or_not()])
    return [*made, _answer(0)]


def _when(number: int, block: list[Instruction]) -> list[Instruction]:
    """The block, which answers in any case, for the call with this number; others jump over it."""
    return [(EQUAL, 0, len(block), number), *block]


def _argument(place: int) -> Instruction:
    """Load the lower half of an argument; the kernel takes these as 32-bit numbers as well."""
    return (LOAD, 0, 0, ARGUMENTS + 8 * place)


def _refused_or_not() -> list[Instruction]:
    return [_answer(errno.EOPNOTSUPP), _answer(0)]


def _answer(error: int) -> Instruction:
    return (ANSWER, 0, 0, REFUSE | error if error else ALLOW)
