"""The measuring itself, with Django set up for the Tillit that runs: fill, measure, report."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

import psycopg
from django.conf import settings

from tillit.site.bench import data, machine, options
from tillit.site.bench.client import sign_in
from tillit.site.bench.customers import NEIGHBOURS, PASSWORD, make_customers, put_register_into_force
from tillit.site.bench.importing import Comparison, Importer
from tillit.site.bench.measuring import Result, Setting, measure
from tillit.site.bench.operations import operations_of
from tillit.site.bench.report import Report
from tillit.site.bench.serving import RESULT
from tillit.site.postgres import Cluster
from tillit.site.preparation import EMBEDDED
from tillit.site.problems import Problem, complain
from tillit.site.progress import Progress
from tillit.site.runtime import DATABASE, running
from tillit.site.up import WEB_WORKERS

MISSED = 2
NEIGHBOUR_PERSONS = 300
MOST_IMPORTED = 100_000


def main(arguments: list[str] | None = None) -> int:
    asked = options.parse(arguments)
    try:
        report = _measure(asked)
    except Problem as problem:
        complain(problem)
        return 1
    (asked.data / RESULT).write_text(json.dumps(report.as_json(), indent=1, ensure_ascii=False) + "\n")
    sys.stdout.write(report.as_text())
    return MISSED if asked.strict and not report.all_kept() else 0


def _measure(asked: argparse.Namespace) -> Report:
    facts = machine.facts() | {"before": machine.noise()}
    with psycopg.connect(Cluster(asked.data / EMBEDDED).admin_dsn(DATABASE), autocommit=True) as admin:
        facts["postgresql"] = admin.info.parameter_status("server_version")
        report = Report(facts, _about(asked))
        Measurement(asked, admin).fill_in(report)
    facts["after"] = machine.noise()
    return report


def _about(asked: argparse.Namespace) -> dict[str, Any]:
    return {
        "release": settings.RELEASE,
        "persons": asked.persons,
        "companies": max(1, asked.persons // options.PERSONS_PER_COMPANY),
        "neighbours": NEIGHBOURS,
        "web_workers": WEB_WORKERS,
        "seconds": asked.seconds,
        "rounds": asked.rounds,
    }


class Measurement:
    """One run: the tenants it made, the Tillit it talks to."""

    def __init__(self, asked: argparse.Namespace, admin: psycopg.Connection[Any]) -> None:
        self.asked = asked
        self.admin = admin
        self.progress = Progress(out=sys.stderr)
        found = running(asked.data)
        workers = machine.children_running(found["pid"], "tillit.site.serve")
        self.setting = Setting(found["port"], workers, asked.seconds, asked.rounds, asked.patience)
        self.worker = next(iter(machine.children_running(found["pid"], "tillit.site.worker")), 0)
        self.customer, neighbours = make_customers()
        if "trust" in asked.only:
            put_register_into_force()
        for neighbour in neighbours:
            data.load(admin, neighbour.tenant.pk, 0, NEIGHBOUR_PERSONS)
        login = (self.customer.administrator.email, PASSWORD)
        self.cookies = sign_in(self.setting.port, self.customer.host, *login)

    def fill_in(self, report: Report) -> None:
        """List and search at every stage of growth; the rest once, where the tenant is as large as it gets."""
        others = self.asked.only
        present = 0
        for wanted in self.asked.growth:
            self._load(present, wanted)
            present = wanted
            growing = [part for part in self.asked.only if part in options.GROWING]
            others = [part for part in self.asked.only if part not in growing]
            report.stages[wanted] = self._operations(growing)
        self._load(present, self.asked.persons)
        report.results = self._operations(others)
        if "import" in others:
            report.imports = self._imports()

    def _load(self, present: int, wanted: int) -> None:
        if present < wanted:
            with self.progress.step(f"Filling the tenant with {wanted:,} persons"):
                data.load(self.admin, self.customer.tenant.pk, present, wanted)

    def _operations(self, parts: Sequence[str]) -> list[Result]:
        results = []
        for operation in operations_of(self.customer, self.cookies, parts):
            with self.progress.step(operation.name):
                results += measure(self.setting, self.customer, operation, self.asked.clients)
        return results

    def _imports(self) -> list[Comparison]:
        importer = Importer(self.admin, self.customer, self.asked.data, self.worker)
        rows = min(self.asked.persons, MOST_IMPORTED)
        compared = []
        for linked in (False, True):
            with self.progress.step("import, linked to companies" if linked else "import"):
                compared.append(importer.compare(rows, linked=linked))
        return compared


if __name__ == "__main__":
    sys.exit(main())
