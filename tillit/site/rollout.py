"""What is to run where while a release is rolled out: an order in the data folder, and what the supervisor made of it.

- `rollout.json`: the order. `bin/tillit release` and the operator's pages write it, the supervisor carries it out.
- `routes.json`: what holds. The supervisor writes it, the web workers hand requests on by it (`handing.py`).
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from tillit.site import runtime
from tillit.site.problems import Problem
from tillit.site.runtime import ROOT

HANDS = 8  # requests one web worker hands on at the same time, beside those it answers itself


class Unreadable(Problem):
    """The machine does not let us read what is there now; a moment later it may."""


@dataclass(frozen=True)
class Order:
    """`waves` are to run on the release in `root`, beside the one in `before`; `whole`: everything is.

    `number` names the order, so that whoever gave it sees whether it was carried out.
    """

    root: str = ""
    release: str = ""
    before: str = str(ROOT)
    waves: tuple[str, ...] = ()
    whole: bool = False
    number: str = ""

    @property
    def main(self) -> Path:
        """The installation of everything that serves the other waves."""
        return Path(self.root if self.whole else self.before)

    def with_wave(self, wave: str, *, root: Path, release: str, whole: bool) -> Order:
        """This order with one wave more on the release in `root`; a release that is everywhere is the one before."""
        waves = {*([] if self.whole else self.waves), wave}
        return Order(str(root), release, str(self.main), tuple(sorted(waves)), whole)

    def taken_back(self) -> Order:
        return Order(before=self.before)

    @property
    def beside(self) -> bool:
        """Whether two releases are to run at the same time."""
        return bool(self.waves) and not self.whole


@dataclass(frozen=True)
class Routes:
    """Which waves' requests go to which Unix socket, and how far the order `number` was carried out."""

    number: str = ""
    release: str = ""
    waves: dict[str, str] | None = None
    settled: bool = False
    problem: str = ""


def order(data: Path) -> Order:
    """What is to run; the plain release of this installation where nobody ordered anything.

    Raises Problem where the file says nothing that could be carried out, Unreadable where nobody knows what it says.
    """
    place = data / "rollout.json"
    said = _said(place, Order)
    waves = said.pop("waves", [])
    fits = all(isinstance(value, type(getattr(Order, name))) for name, value in said.items())
    if not fits or not isinstance(waves, list) or not all(isinstance(wave, str) for wave in waves):
        raise Problem(f"{place} does not say what is to run.")
    found = Order(**said, waves=tuple(waves))
    if found.waves and not found.root:
        raise Problem(f"{place} names waves, and no release for them.")
    return found


def set_aside(data: Path) -> Path:
    """Keep a file that says nothing that could be carried out, for whoever looks into it; returns where."""
    return (data / "rollout.json").replace(data / "rollout.broken.json")


def give(data: Path, wanted: Order) -> Order:
    """Write an order; the supervisor finds it within a second. Returned with its number."""
    given = replace(wanted, number=secrets.token_hex(8))
    runtime.write(data / "rollout.json", asdict(given))
    return given


def routes(data: Path) -> Routes:
    """What holds; nothing is elsewhere where the file does not tell. Raises Unreadable."""
    try:
        said = _said(data / "routes.json", Routes)
    except Unreadable:
        raise
    except Problem:
        return Routes()
    waves = said.get("waves") or {}
    if not isinstance(waves, dict) or not all(isinstance(place, str) for place in waves.values()):
        return Routes()
    return Routes(**said | {"waves": waves})


def tell(data: Path, holds: Routes) -> None:
    runtime.write(data / "routes.json", asdict(holds))


def static_folder(data: Path, root: Path) -> Path:
    """Where the style sheets and scripts of an installation are gathered: every release has its own."""
    if root == ROOT:
        return data / "static"
    return data / f"static-{sha256(str(root).encode()).hexdigest()[:10]}"


def side_socket(data: Path) -> Path:
    """Where the web worker of the release beside listens: in the private folder of the broker's socket."""
    return runtime.broker_socket(data).parent / "side"


def _said(place: Path, kind: type[Order | Routes]) -> dict[str, Any]:
    """The fields that `kind` knows: a newer release may have written more of them. Empty where there is no file."""
    try:
        found = json.loads(place.read_text())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Unreadable(f"{place} cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise Problem(f"{place} holds no order.") from error
    if not isinstance(found, dict):
        raise Problem(f"{place} holds no order.")
    known = {one.name for one in fields(kind)}
    return {name: value for name, value in found.items() if name in known}
