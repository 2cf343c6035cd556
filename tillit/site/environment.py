"""Make `.venv` from the hash-locked requirements, then hand over to a module inside it.

Runs under any Python >= 3.11 before anything is installed, so it uses the standard library only. A stamp file makes
the next call skip everything; a call that was killed midway leaves a mark, and the next one starts afresh.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from tillit.site.problems import Problem, complain, explain, from_os
from tillit.site.progress import Progress

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "tillit.json"
UNFINISHED = VENV / "tillit.unfinished"
COMPILED = VENV / "tillit.compiled"  # when our own code was compiled
REQUIREMENTS = ROOT / "requirements"


def main(arguments: list[str]) -> int:
    """`KIND MODULE [ARGUMENTS]`: make the environment KIND (run or test), then run MODULE in it."""
    kind, module, *rest = arguments
    status = _prepare(kind, Progress(quiet="--quiet" in rest))
    if status == 0:
        _become(module, rest)
    return status


def _prepare(kind: str, progress: Progress) -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        ensure(kind, progress)
    except Problem as problem:
        complain(problem)
        return 1
    except OSError as error:
        complain(from_os(error, str(VENV)))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _become(module: str, arguments: list[str]) -> NoReturn:
    os.environ["PYTHONPATH"] = str(ROOT)
    os.execv(PYTHON, [str(PYTHON), "-P", "-m", module, *arguments])  # noqa: S606 - the same process goes on


def ensure(kind: str, progress: Progress) -> None:
    """Bring `.venv` and the message catalogues to what the checkout asks for; instant when they are."""
    if not _current(kind):
        with _locked(progress) as lock:
            if not _current(kind):  # another call may have made it while this one waited
                _make(kind, progress, lock)
    if stale_catalogues():
        with _locked(progress) as lock:
            _run([PYTHON, "-P", "-m", "tillit.site.messages"], "Compiling translations", progress, lock)
    with suppress(OSError):  # a file that goes meanwhile, or no room for a process: it is no condition of anything
        if _stale_code():
            with _locked(progress):
                _compile()


def _stale_code() -> bool:
    try:
        compiled = COMPILED.stat().st_mtime_ns
    except OSError:
        return True
    return any(source.lstat().st_mtime_ns > compiled for source in (ROOT / "tillit").rglob("*.py"))


def _compile() -> None:
    """Our own code, so that no process compiles it for itself, which is half of what its start costs.

    Python does so on its own where the one who runs it may write here and has not forbidden it
    (PYTHONDONTWRITEBYTECODE): servers often do. What cannot be written is left out; then processes start more slowly.
    It counts from when it began: what changes meanwhile, or was not come to by one that was broken off, is stale.
    """
    begun = COMPILED.with_suffix(".compiling")
    with suppress(OSError):
        begun.touch()
    tests = re.escape(str(ROOT / "tillit")) + ".*/tests/"
    quietly: list[str | Path] = [PYTHON, "-P", "-m", "compileall", "-qq", "-x", tests, ROOT / "tillit"]
    subprocess.run(quietly, env=_clean(), capture_output=True)
    with suppress(OSError):
        begun.replace(COMPILED)


def stale_catalogues() -> list[Path]:
    """The rooms' translation files (.po) that are newer than what was compiled from them (.mo)."""
    stale = []
    for source in sorted((ROOT / "tillit").glob("**/locale/*/LC_MESSAGES/*.po")):
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime_ns < source.stat().st_mtime_ns:
            stale.append(source)
    return stale


def _current(kind: str) -> bool:
    stamp = _stamp()
    return (
        stamp.get("kind") in (kind, "test")  # the test environment holds all that running needs
        and stamp.get("place") == str(VENV)
        and stamp.get("key") == _key(stamp["kind"])
        and stamp.get("base") == os.path.realpath(PYTHON)
        and PYTHON.exists()
    )


def _stamp() -> dict[str, str]:
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _key(kind: str) -> str:
    locks = [REQUIREMENTS / f"{kind}.txt", REQUIREMENTS / "uv.txt"]
    return hashlib.sha256(b"\0".join([*(lock.read_bytes() for lock in locks), b"compiled"])).hexdigest()


@contextmanager
def _locked(progress: Progress) -> Iterator[int]:
    """One call at a time. Children inherit the lock, so that one outliving a killed call still holds it."""
    handle = os.open(ROOT, os.O_RDONLY)
    try:
        name = "Waiting for another command that prepares the environment"
        with progress.step(name), suppress(OSError):  # no locks on this file system: then nobody is kept out
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def _make(kind: str, progress: Progress, lock: int) -> None:
    if any(VENV.glob("lib/*/site-packages/pytest")):
        kind = "test"  # what tests need is not taken away again by running
    if UNFINISHED.exists() or not _usable():
        _create(progress, lock)
    UNFINISHED.touch()
    STAMP.unlink(missing_ok=True)
    uv = REQUIREMENTS / "uv.txt"
    pip: list[str | Path] = [PYTHON, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    _run([*pip, "--require-hashes", "-r", uv], "Installing the installer", progress, lock)
    sync: list[str | Path] = [PYTHON, "-m", "uv", "pip", "sync", "--python", PYTHON, "--require-hashes"]
    sync.append("--compile-bytecode")  # as `_compile` does with ours
    if not os.access(Path.home(), os.W_OK):
        sync.append("--no-cache")
    _run([*sync, REQUIREMENTS / f"{kind}.txt", uv], "Installing what Tillit needs", progress, lock)
    stamp = {"kind": kind, "place": str(VENV), "key": _key(kind), "base": os.path.realpath(PYTHON)}
    STAMP.write_text(json.dumps(stamp))
    UNFINISHED.unlink()


def _usable() -> bool:
    if not PYTHON.exists():
        return False
    probe = "import pip, sys; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([PYTHON, "-c", probe], env=_clean(), capture_output=True).returncode == 0


def _create(progress: Progress, lock: int) -> None:
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        raise Problem(
            f"{sys.executable} cannot make environments: its modules venv and ensurepip are missing. "
            "On Debian or Ubuntu: apt-get install python3-venv"
        )
    # The environment may be made by a Python that lives in it; its base stays when the folder is cleared.
    base = getattr(sys, "_base_executable", sys.executable)
    _run([base, "-m", "venv", "--clear", VENV], "Making the environment", progress, lock)


def _run(command: list[str | Path], name: str, progress: Progress, lock: int) -> None:
    with progress.step(name):
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=_clean(),
            pass_fds=(lock,),
        )
        lines = []
        try:
            for line in process.stdout or ():
                lines.append(line)
                progress.detail = "" if line.startswith("WARNING") else line.strip()[:60]
        except BaseException:
            process.terminate()
            raise
        finally:
            process.wait()
    if process.returncode:
        _fail(name, "".join(lines))


def _fail(name: str, output: str) -> NoReturn:
    sentence = explain(output, str(ROOT))
    if sentence is None:
        last = output.strip().splitlines()[-1:] or ["no output"]
        sentence = f"{name} failed: {last[0].strip()}"
    log = VENV / "install.log"
    with suppress(OSError):  # a full disk may be the very problem
        log.write_text(output)
        sentence += f" Details: {log}"
    raise Problem(sentence)


def _clean() -> dict[str, str]:
    """The caller's environment without what would send installers or Python elsewhere."""
    kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONHOME", "VIRTUAL_ENV")}
    return kept | {"PYTHONPATH": str(ROOT), "PIP_USER": "0", "PYTHONUNBUFFERED": "1"}


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
