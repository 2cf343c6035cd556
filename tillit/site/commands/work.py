"""`bin/tillit work`: a command that interrupts the service runs inside its announced window, or not at all.

    bin/tillit work patches -- apt-get --assume-yes upgrade
    bin/tillit work system -- systemctl reboot
    bin/tillit work system --ended done          said afterwards, where the command took Tillit with it

Exit status: the command's own; 1 where it was not begun.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from collections.abc import Sequence

from django.db import Error, connection

from tillit.availability import words
from tillit.availability.actions.work import begin_work, end_work
from tillit.availability.models import WindowWork
from tillit.foundation.access import Actor
from tillit.foundation.errors import Refused
from tillit.foundation.models import Tenant
from tillit.site.problems import Problem, complain

OWN_COMMANDS = {"restart": "bin/tillit restart", "upgrade": "bin/tillit release"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    jobs = [f"{name} ({label})" for name, label in words.windowed_jobs().items() if name not in OWN_COMMANDS]
    parser.add_argument("job", help=f"which work of the maintenance plan: {', '.join(jobs)}")
    parser.add_argument("--wave", default="", help="for this wave only")
    parser.add_argument("--region", default="", help="in this region only")
    parser.add_argument("--ended", choices=("done", "failed"), help="say how the work went that runs, instead")
    parser.usage = f"{parser.prog} JOB [--wave W] [--region R] -- COMMAND\n       {parser.prog} JOB --ended done|failed"


def run(options: argparse.Namespace) -> int:
    if options.job in OWN_COMMANDS:
        raise Problem(f"That work has a command of its own: {OWN_COMMANDS[options.job]}")
    if options.job not in words.windowed_jobs():
        known = sorted(set(words.windowed_jobs()) - set(OWN_COMMANDS))
        raise Problem(f"The maintenance plan knows no work {options.job!r}. It knows: {', '.join(known)}")
    system = Actor.system(Tenant.objects.get(kind=Tenant.Kind.OPERATOR))
    try:
        if options.ended:
            return _end(system, options)
        return _do(system, options)
    except Refused as refusal:
        raise Problem(str(refusal)) from refusal


def _do(system: Actor, options: argparse.Namespace) -> int:
    if not options.another:
        raise Problem(f"Say what to run: bin/tillit work {options.job} -- COMMAND")
    work = begin_work(system, job=options.job, wave=options.wave, region=options.region)
    try:
        status = _carry_out(options.another)
    except OSError as error:
        end_work(system, work=work, ok=False, sentence="It could not be started.")
        raise Problem(f"{options.another[0]} cannot be run: {error.strerror}") from error
    try:
        if not connection.is_usable():  # the work may have been at the database
            connection.close()
        end_work(system, work=work, ok=status == 0, sentence="" if status == 0 else f"Exit status {status}.")
    except Refused as refusal:  # it took so long that it was given up meanwhile
        complain(str(refusal))
    except Error as error:
        outcome = "done" if status == 0 else "failed"
        raise Problem(
            f"The command ended with status {status}, but the database cannot be reached to say so."
            f" Say it later: bin/tillit work {options.job} --ended {outcome}"
        ) from error
    return status


def _carry_out(command: Sequence[str]) -> int:
    """Its exit status. Work goes on when the terminal goes (SIGHUP); Ctrl-C reaches it too, and what ends us ends it.

    In every case we wait, and say how it went: work that is not told to be over keeps customers out.
    """
    sys.stdout.flush()
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN), signal.getsignal(signal.SIGTERM)
    try:
        with subprocess.Popen(command) as process:
            signal.signal(signal.SIGTERM, lambda number, _frame: process.send_signal(number))
            while True:
                try:
                    status = process.wait()
                except KeyboardInterrupt:
                    continue
                return status if status >= 0 else 128 - status  # as a shell tells of a signal
    finally:
        signal.signal(signal.SIGHUP, before[0])
        signal.signal(signal.SIGTERM, before[1])


def _end(system: Actor, options: argparse.Namespace) -> int:
    of_job = WindowWork.objects.running().filter(job=options.job, wave=options.wave, region=options.region)
    work = of_job.first()
    if work is None:
        raise Problem(f"“{words.job(options.job)}” does not run.")
    end_work(system, work=work, ok=options.ended == "done")
    return 0
