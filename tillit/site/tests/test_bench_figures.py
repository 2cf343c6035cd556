"""What the figures rest on: the invented names, the clock, the aims, the table."""

import pytest

from tillit.site.bench import data
from tillit.site.bench.importing import Comparison, Taken
from tillit.site.bench.loop import Figures, middle, run
from tillit.site.bench.measuring import Result
from tillit.site.bench.operations import Operation
from tillit.site.bench.options import parse
from tillit.site.bench.report import Report, table


def result(p50, sql, *, clients=1, page=True):
    operation = Operation("list", "list", [], page=page)
    return Result(operation, clients, Figures(p50, p50 * 2, 100), Figures(sql, sql * 2, 1000), 3.0, 2, 10, 20_000)


def comparison(*, seconds=4.0, copy_seconds=1.0, memory=100.0):
    return Comparison("persons", Taken(100, 1.0, 90.0), Taken(1000, seconds, memory), copy_seconds)


def test_ann_stands_in_six_of_a_hundred_names_as_in_the_comparison_with_others():
    rows = list(data.persons(0, 20_000, range(2_000)))
    name = [f"{row[0]} {row[1]} {row[4]}".lower() for row in rows]
    assert sum("ann" in one for one in name) / len(rows) == pytest.approx(0.06, abs=0.005)
    assert sum("uistor" in one for one in name) == 20


def test_companies_have_names_of_their_own_and_the_same_in_every_run():
    names = [row[0] for row in data.companies(0, 20_000)]
    assert len(set(names)) == len(names)
    assert names[5_000:5_010] == [row[0] for row in data.companies(5_000, 5_010)]


def test_people_have_addresses_of_their_own():
    some, others = (data.persons(0, 500, range(50), group=group) for group in ("a", "b"))
    addresses = [row[4] for row in [*some, *others]]
    assert len(set(addresses)) == len(addresses)


class Steady:
    def __init__(self, failing=False):
        self.failing, self.turns, self.closed = failing, 0, False

    def once(self, turn):
        self.turns += 1
        if self.failing:
            raise ValueError("no answer")

    def close(self):
        self.closed = True


def test_all_clients_work_until_the_time_is_over():
    clients = [Steady(), Steady()]
    figures = run(clients, 0.05)
    assert 0 < figures.p50 <= figures.p95
    assert figures.per_second > 100
    assert all(client.closed and client.turns for client in clients)


def test_a_client_that_fails_ends_the_round_with_its_reason():
    with pytest.raises(ValueError, match="no answer"):
        run([Steady(), Steady(failing=True)], 5)


def test_the_median_of_the_rounds_is_told():
    rounds = [Figures(1, 5, 30), Figures(9, 6, 10), Figures(2, 7, 20)]
    assert middle(rounds) == Figures(2, 6, 20)


@pytest.mark.parametrize(
    ("row", "kept"),
    [
        (result(15.9, 1.0), True),
        (result(16.1, 1.0), False),
        (result(99.0, 1.0, clients=8), None),
        (result(99.0, 1.0, page=False), None),
    ],
)
def test_a_page_may_cost_fifteen_milliseconds_above_its_sql(row, kept):
    assert row.kept is kept


@pytest.mark.parametrize(
    ("one", "kept"),
    [
        (comparison(), True),
        (comparison(seconds=4.1), False),
        (comparison(memory=130.0), False),
    ],
)
def test_an_import_reaches_a_quarter_of_copy_in_flat_memory(one, kept):
    assert one.kept is kept


def test_growth_is_judged_from_the_smallest_to_the_largest_tenant():
    report = Report({}, {}, stages={100: [result(4, 1)], 1_000: [result(9, 1)], 10_000: [result(6, 1)]})
    assert report.all_kept()
    report.stages[10_000] = [result(6.1, 1)]
    assert not report.all_kept()


def test_figures_stand_under_each_other():
    assert table(("", "p50"), [("list", "4.0"), ("search", "12.5")]).splitlines() == [
        "         p50",
        "------------",
        "list     4.0",
        "search  12.5",
    ]


def test_a_run_is_as_large_as_asked_for():
    assert parse([]).persons == 100_000
    assert parse(["--scale", "10"]).persons == 1_000_000
    assert parse(["--persons", "200"]).persons == 200
    grown = parse(["--growth"])
    assert (grown.growth, grown.persons, grown.only) == ([10_000, 100_000, 1_000_000], 1_000_000, ["list", "search"])


@pytest.mark.parametrize("wrong", [["--persons", "0"], ["--only", "everything"], ["--clients", "1,x"]])
def test_what_makes_no_sense_is_refused_in_a_sentence(wrong, capsys):
    with pytest.raises(SystemExit) as ended:
        parse(wrong)
    assert ended.value.code == 2
    assert wrong[1].rsplit(",", 1)[-1] in capsys.readouterr().err
