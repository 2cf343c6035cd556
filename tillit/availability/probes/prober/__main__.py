"""Ask the service every 20 seconds, keep every answer, and deliver it signed.

    python -m tillit.availability.probes.prober                        beside the workers, as the supervisor starts it
    python -m tillit.availability.probes.prober --target URL ...       on another host: `bin/tillit prober --help`

Without network, or while Tillit is down, answers are kept in a file and delivered later. A gap says «no-network» only
where `--reference HOST:PORT` names another server that could not be reached either: without one, it is down.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tillit.availability.probes.plan import OUTSIDE, PROBES
from tillit.availability.probes.prober.asking import Sample, Target, Visitor, reaches
from tillit.availability.probes.prober.folder import key_file, read_account, read_json, spool_file
from tillit.availability.probes.prober.spool import Spool
from tillit.availability.probes.signing import FOR_GOOD, public_of, read_key, sign
from tillit.foundation.supervision import lives, report_ready

TICK = 20
BATCH = 500
LONGEST_PAUSE = 300.0
DELIVERY_PATIENCE = 15.0
MOST_ASIDE = 20  # samples in one round, should they all be refused
NO_ANSWER = ("no-connection", "time-out")


class Courier:
    """Delivers what waits in the spool, after a failure at growing distances.

    What the service cannot read it refuses for good, and says so (`FOR_GOOD`): then ever smaller batches are tried,
    until the one sample that spoils them is found and set aside. Any other refusal may be over in a while: an unknown
    key, clocks apart, a proxy's error, an older release that says the same of all of them.
    """

    def __init__(self, name: str, key: Ed25519PrivateKey, spool: Spool) -> None:
        self.name, self.key, self.spool = name, key, spool
        self.failures = 0
        self.not_before = 0.0
        self.complaint = ""
        self.number = BATCH

    def deliver(self, target: Target) -> None:
        aside = 0
        while self.spool.waiting and time.monotonic() >= self.not_before:
            batch = self.spool.first(self.number)
            complaint, for_good = self._post(target, batch)
            if not complaint:
                self.failures, self.complaint, self.number = 0, "", BATCH
                self.spool.delivered(len(batch))
            elif for_good and len(batch) > 1:
                self.number = len(batch) // 2
            elif for_good and aside < MOST_ASIDE:
                aside += 1
                sample = self.spool.set_aside(complaint)
                self._say(f"Refused for good and set aside: {sample.get('probe')} of {sample['at']}: {complaint}")
            else:
                self._put_off(complaint)
                return

    def _post(self, target: Target, batch: list[Sample]) -> tuple[str, bool]:
        """What was wrong, nothing when it was taken; and whether the service will never take it."""
        told = {"to": target.host, "sent_at": datetime.now(UTC).isoformat(), "samples": batch}
        body = json.dumps(told).encode()
        headers = {
            "Host": target.host,
            "Content-Type": "application/json",
            "Tillit-Prober": self.name,
            "Tillit-Signature": sign(self.key, body),
        }
        if target.https and target.address.startswith("http:"):
            headers["X-Forwarded-Proto"] = "https"
        try:
            with httpx.Client(timeout=DELIVERY_PATIENCE, transport=target.transport) as client:
                answer = client.post(f"{target.address}/status/samples", content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return f"{type(error).__name__}: {error}", False
        if answer.status_code == HTTPStatus.OK:
            return "", False
        return f"{answer.status_code}: {answer.text[:200]}", _is_for_good(answer)

    def _put_off(self, complaint: str) -> None:
        self.failures += 1
        self.not_before = time.monotonic() + min(LONGEST_PAUSE, 5.0 * 2 ** min(self.failures, 10))
        if complaint != self.complaint:
            self._say(f"Not delivered, {len(self.spool.waiting)} samples wait: {complaint}")
        self.complaint = complaint

    def _say(self, line: str) -> None:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def _is_for_good(answer: httpx.Response) -> bool:
    if not answer.headers.get("Content-Type", "").startswith("application/problem+json"):
        return False
    try:
        said = answer.json()
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("type") == FOR_GOOD


def at_once(ask: Callable[[str], Sample], due: list[str]) -> list[Sample]:
    """One slow answer must not hold up the next question."""
    with ThreadPoolExecutor(len(due)) as pool:
        return list(pool.map(ask, due))


class Prober:
    """`find`: where the service is and by which account, asked anew each time; None while nobody knows."""

    def __init__(self, find: Callable[[], Target | None], courier: Courier, reference: str = "") -> None:
        self.find, self.courier, self.reference = find, courier, reference
        self.at_once = at_once
        self.visitor: Visitor | None = None

    def round(self, moment: int) -> list[Sample]:
        """Ask what is due at this moment (a multiple of TICK), all at once, and deliver."""
        target = self.find()
        if target is None:
            return []
        first = self.visitor is None or self.visitor.target != target
        if self.visitor is None or first:
            self.visitor = Visitor(target)
        ours = {name: probe for name, probe in PROBES.items() if probe.place == OUTSIDE}
        due = [name for name, probe in ours.items() if first or moment % probe.every == 0]
        samples = self.at_once(self.visitor.ask, due)
        if self.reference and all(one["what"] in NO_ANSWER for one in samples) and not reaches(self.reference):
            samples = [one | {"ok": None, "what": "no-network"} for one in samples]
        self.courier.spool.add(samples)
        self.courier.deliver(target)
        return samples

    def run(self) -> None:
        """Never returns; ended by SIGTERM, at once."""
        while True:
            moment = (int(time.time()) // TICK + 1) * TICK
            time.sleep(max(0.0, moment - time.time()))
            self.round(moment)


def beside_the_workers(data: Path) -> Target | None:
    """The Tillit of this data folder, as `running.json` tells; None before it serves and has made the account."""
    running, account = read_json(data / "running.json"), read_account(data)
    if not running or not account:
        return None
    address = f"[{running['address']}]" if ":" in running["address"] else running["address"]
    host = urlsplit(running["url"]).netloc
    https = os.environ.get("TILLIT_HTTPS") == "1"
    return Target(f"http://{address}:{running['port']}", host, https, account)


def target_of(url: str, account: Path) -> Target:
    parts = urlsplit(url)
    return Target(f"{parts.scheme}://{parts.netloc}", parts.netloc, parts.scheme == "https", read_json(account))


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda _number, _frame: os._exit(0))  # what is asked just now is nobody's failure
    data = Path(os.environ.get("TILLIT_DATA", "var"))
    key_place = options.key or key_file(data)
    if options.target:
        return elsewhere(options, key_place)
    report_ready(moves=lives)
    while not (key_place.exists() and read_account(data)):  # a job of the worker makes them
        time.sleep(1.0)
    key = read_key(key_place)
    spool = Spool(spool_file(data))
    Prober(lambda: beside_the_workers(data), Courier(name_of(data), key, spool), options.reference).run()
    return 0


def name_of(data: Path) -> str:
    """Under which name this installation's own prober is registered."""
    return str(read_account(data).get("prober", "here-1"))


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="bin/tillit prober", description=__doc__)
    add_arguments(found)
    return found


def add_arguments(found: argparse.ArgumentParser) -> None:
    found.add_argument("--target", help="address of the Tillit to measure, https://cloud.example")
    found.add_argument("--key", type=Path, help="file with this prober's key; made where there is none")
    found.add_argument("--place", help="the name under which the operator registered it, oslo-1")
    found.add_argument("--account", type=Path, help="copy of probes/account.json of the data folder to be measured")
    found.add_argument("--reference", default="", help="HOST:PORT of another server: without it too, nothing is down")


def elsewhere(options: argparse.Namespace, key_place: Path) -> int:
    key = read_key(key_place)
    sys.stdout.write(f"Public key, to be registered at /operator/probers/: {public_of(key)}\n")
    sys.stdout.flush()
    if not (options.target and options.place and options.account and read_json(options.account).get("password")):
        sys.stderr.write("Name the --target, its own --place and the --account it signs in by.\n")
        return 2
    spool = Spool(key_place.with_suffix(".spool"))
    with suppress(KeyboardInterrupt):
        courier = Courier(options.place, key, spool)
        Prober(lambda: target_of(options.target, options.account), courier, options.reference).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
