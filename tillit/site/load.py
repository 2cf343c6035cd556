"""Synthetic load in an open loop: a request is sent when it is due, whether or not those before it are answered.

What is told of a wait begins when the request was due, so that a server which stands still is charged for everybody
who would have come meanwhile. A request whose connection is cut is sent once more, on a fresh connection: what every
browser and proxy does with requests that may be repeated. Nothing else is smoothed over.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
TO_SIGN_IN = re.compile(rb"\r\nlocation: *[^\r]*/sign-in/", re.IGNORECASE)
PATIENCE = 30.0  # seconds for one try
KEPT = 24  # connections that stay open at most: so many browsers
Said = tuple[int, bytes, bytes]  # status, head, body
Where = tuple[str, int]  # address and port


@dataclass(frozen=True)
class Ask:
    """One request as it goes over the wire; all of them may be sent twice. `kept`: on a connection that stays open;
    `in_session`: with somebody's cookie."""

    wire: bytes
    expected: int = 200
    kept: bool = True
    in_session: bool = False


@dataclass
class Answer:
    """`waited`: seconds from when it was due to the last byte of the answer. `fault`: why it failed, if it did."""

    waited: float = 0.0
    retried: bool = False
    fault: str = ""
    in_session: bool = False
    signed_out: bool = False


@dataclass(frozen=True)
class Summary:
    """Of one stretch of load. Waits in seconds, of those answered; `rate`: requests really sent in a second."""

    sent: int = 0
    failed: int = 0
    retried: int = 0
    signed_out: int = 0
    rate: float = 0.0
    median: float = 0.0
    p99: float = 0.0
    longest: float = 0.0
    faults: tuple[tuple[str, int], ...] = ()


class Load:
    """Sends the asks in turn, `rate` a second, until `seconds` are over or `end` is called; then waits for the rest."""

    def __init__(self, where: Where, asks: Sequence[Ask], *, rate: float) -> None:
        self.where = where
        self.asks = asks
        self.rate = rate
        self.answers: list[Answer] = []
        self.span = 0.0
        self._idle: list[Line] = []
        self._ended = False

    def end(self) -> None:
        """From another thread, too."""
        self._ended = True

    def run(self, seconds: float) -> Summary:
        asyncio.run(self._run(seconds))
        return summary(self.answers, self.span)

    async def _run(self, seconds: float) -> None:
        began = time.perf_counter()
        sending: set[asyncio.Task[None]] = set()
        number = 0
        while not self._ended and number < seconds * self.rate:
            due = began + number / self.rate
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            task = asyncio.create_task(self._one(self.asks[number % len(self.asks)], due))
            sending.add(task)
            task.add_done_callback(sending.discard)
            number += 1
        self.span = time.perf_counter() - began
        await asyncio.gather(*sending)
        for line in self._idle:
            line.close()

    async def _one(self, ask: Ask, due: float) -> None:
        answer = Answer(in_session=ask.in_session)
        self.answers.append(answer)
        for attempt in (1, 2):
            answer.retried = attempt == 2
            try:
                async with asyncio.timeout(PATIENCE):
                    status, head, _body = await self._exchange(ask, fresh=answer.retried or not ask.kept)
            except TimeoutError:
                answer.fault = "no answer"
                break
            except (OSError, EOFError) as cut:
                answer.fault = type(cut).__name__
                continue
            led_away = status == 302 and bool(TO_SIGN_IN.search(head))
            answer.signed_out = ask.in_session and (led_away or status == 401)
            answer.fault = "" if status == ask.expected else f"status {status}"
            break
        answer.waited = time.perf_counter() - due

    async def _exchange(self, ask: Ask, *, fresh: bool) -> Said:
        line = None if fresh else self._kept()
        if line is None:
            line = await Line.open(self.where)
        try:
            said = await line.exchange(ask.wire)
        except BaseException:
            line.close()
            raise
        if ask.kept and not CLOSES.search(said[1]) and len(self._idle) < KEPT:
            self._idle.append(line)
        else:
            line.close()
        return said

    def _kept(self) -> Line | None:
        """The connection that rested longest; one that is seen to be closed is never used."""
        while self._idle:
            line = self._idle.pop(0)
            if not line.reader.at_eof():
                return line
            line.close()
        return None


@dataclass
class Line:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def open(cls, where: Where) -> Line:
        return cls(*await asyncio.open_connection(*where))

    async def exchange(self, wire: bytes) -> Said:
        """Raises OSError or EOFError when the connection is cut before the answer is complete."""
        self.writer.write(wire)
        head = await self.reader.readuntil(b"\r\n\r\n")
        found = LENGTH.search(head)
        body = await self.reader.readexactly(int(found[1])) if found else b""
        return int(head[9:12]), head, body

    def close(self) -> None:
        self.writer.close()


def summary(answers: Sequence[Answer], span: float) -> Summary:
    waits = sorted(one.waited for one in answers if not one.fault)
    faults: dict[str, int] = {}
    for one in answers:
        if one.fault:
            faults[one.fault] = faults.get(one.fault, 0) + 1
    return Summary(
        sent=len(answers),
        failed=sum(faults.values()),
        retried=sum(one.retried for one in answers),
        signed_out=sum(one.signed_out for one in answers),
        rate=len(answers) / span if span else 0.0,
        median=_share(waits, 0.5),
        p99=_share(waits, 0.99),
        longest=waits[-1] if waits else 0.0,
        faults=tuple(sorted(faults.items())),
    )


def capacity(where: Where, asks: Sequence[Ask], *, clients: int = 8, seconds: float = 3.0) -> float:
    """Answers a second in a closed loop: what the machine can do at most, with what else it does now."""

    async def work() -> int:
        load = Load(where, asks, rate=1)
        until = time.perf_counter() + seconds

        async def client(number: int) -> None:
            turn = number
            while time.perf_counter() < until:
                await load._one(asks[turn % len(asks)], time.perf_counter())
                turn += clients

        await asyncio.gather(*(client(number) for number in range(clients)))
        for line in load._idle:
            line.close()
        return sum(not one.fault for one in load.answers)

    return asyncio.run(work()) / seconds


def once(where: Where, wire: bytes) -> Said:
    """One request on a connection of its own, sent once more if that is cut. Raises OSError or EOFError."""

    async def exchange() -> Said:
        for again in (True, False):
            try:
                async with asyncio.timeout(PATIENCE):
                    line = await Line.open(where)
                    try:
                        return await line.exchange(wire)
                    finally:
                        line.close()
            except TimeoutError:
                raise
            except (OSError, EOFError):
                if not again:
                    raise
        raise AssertionError

    return asyncio.run(exchange())


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """`headers` with Host; for a body its type."""
    length = {"Content-Length": str(len(body))} if body or method == "POST" else {}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in (headers | length).items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _share(waits: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of sorted values."""
    return waits[max(0, ceil(len(waits) * share) - 1)] if waits else 0.0
