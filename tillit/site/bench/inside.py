"""The measuring itself, with Django set up for the Tillit that runs: fill, measure, report."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

import psycopg
from django.conf import settings

from tillit.site.bench import data, machine, options
from tillit.site.bench.client import sign_in
from tillit.site.bench.customers import NEIGHBOURS, PASSWORD, Customer, make_customers
from tillit.site.bench.importing import Importer
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
    progress = Progress(out=sys.stderr)
    setting = Setting(running(asked.data)["port"], asked.seconds, asked.rounds)
    cluster = Cluster(asked.data / EMBEDDED)
    facts = machine.facts() | {"before": machine.noise()}
    with psycopg.connect(cluster.admin_dsn(DATABASE), autocommit=True) as admin:
        facts["postgresql"] = admin.info.parameter_status("server_version")
        customer, neighbours = make_customers()
        with progress.step("Filling the tenants"):
            for neighbour in neighbours:
                data.load(admin, neighbour.tenant.pk, 0, NEIGHBOUR_PERSONS)
            data.load(admin, customer.tenant.pk, 0, asked.persons)
        report = Report(facts, _about(asked))
        cookies = sign_in(setting.port, customer.host, customer.administrator.email, PASSWORD)
        if asked.growth:
            _grow(admin, asked, setting, customer, cookies, report)
        else:
            report.results = _operations(asked, setting, customer, cookies, progress)
            if "import" in asked.only:
                _import(admin, asked, customer, report, progress)
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


def _operations(
    asked: argparse.Namespace, setting: Setting, customer: Customer, cookies: dict[str, str], progress: Progress
) -> list[Result]:
    results = []
    for operation in operations_of(customer, cookies, asked.only):
        with progress.step(operation.name):
            results += measure(setting, customer, operation, asked.clients)
    return results


def _grow(
    admin: psycopg.Connection[Any],
    asked: argparse.Namespace,
    setting: Setting,
    customer: Customer,
    cookies: dict[str, str],
    report: Report,
) -> None:
    progress = Progress(out=sys.stderr)
    present = asked.persons
    for wanted in asked.growth:
        with progress.step(f"Growing to {wanted:,} persons"):
            data.load(admin, customer.tenant.pk, present, wanted)
        present = wanted
        report.stages[wanted] = _operations(asked, setting, customer, cookies, progress)


def _import(
    admin: psycopg.Connection[Any], asked: argparse.Namespace, customer: Customer, report: Report, progress: Progress
) -> None:
    rows = min(asked.persons, MOST_IMPORTED)
    worker = machine.child_running(running(asked.data)["pid"], "tillit.site.worker")
    importer = Importer(admin, customer, asked.data, worker)
    for linked in (False, True):
        with progress.step("import with companies" if linked else "import"):
            report.imports.append(importer.compare(rows, linked=linked))


if __name__ == "__main__":
    sys.exit(main())
