"""A financial entity takes our part of its register of information along, checked before an authority does."""

import copy
import csv
import io
import json
import re
import zipfile
from datetime import UTC, date, datetime

import pytest

from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import happened
from tillit.trust.evidence import information
from tillit.trust.evidence.models import ReportingDetails
from tillit.trust.evidence.queries.cloud import Cloud
from tillit.trust.evidence.queries.fragment import Fragment, as_package, make_fragment, package_name

LEI = "549300FJORDLYSBANK02"
OURS = "549300TILLITDRIFT096"
PATH = "/my-trust/dora/register/"
TYPED = {
    "lei": LEI, "country": "NO", "scope": "IND", "reference_date": "2025-12-31", "contract_reference": "C-1",
    "arrangement": "eba_CO:x1", "function_ids": "F1, F2", "service_type": "eba_TA:S19", "critical": "on",
    "starts_on": "2025-02-01", "currency": "EUR", "yearly_cost": "12000", "sensitivity": "eba_ZZ:x792",
    "reliance": "eba_ZZ:x796", "governing_law": "NO", "notice_days_customer": "90", "notice_days_provider": "365",
    "substitutability": "eba_ZZ:x961", "exit_plan": "eba_BT:x28", "reintegration": "eba_ZZ:x966",
    "impact": "eba_ZZ:x792", "alternatives": "eba_BT:x28",
}  # fmt: skip


@pytest.fixture
def typed(linked, anna):
    """Anna has typed what only her company knows."""
    assert anna.post(PATH, TYPED).status_code == 302
    with in_tenant(anna.tenant):
        return ReportingDetails.objects.get()


def fragment_of(person, details) -> Fragment:
    with in_tenant(person.tenant):
        return make_fragment(Cloud(person.tenant), details)


def read_package(content: bytes) -> tuple[str, dict[str, str]]:
    """The root folder and the files in it, read as an authority's door does: one folder, known files, UTF-8."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        (root,) = {name.split("/")[0] for name in archive.namelist()}
        files = {name[len(root) + 1 :]: archive.read(name).decode() for name in archive.namelist()}
    return root, files


def table(files: dict[str, str], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[f"reports/{name}"])))


@pytest.mark.promise("dora-register-fragment")
def test_the_package_has_the_structure_that_authorities_ask_for(typed, anna):
    answer = anna.get(f"{PATH}package.zip")
    root, files = read_package(answer.content)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{root}.zip"'
    assert re.fullmatch(rf"{LEI}\.IND_NO_DORA010100_DORA_2025-12-31_\d{{17}}", root)
    assert set(files) == {
        "META-INF/reportPackage.json", "reports/report.json", "reports/parameters.csv", "reports/FilingIndicators.csv",
        *(f"reports/b_{name}.csv" for name in ("02.01", "02.02", "03.02", "05.01", "05.02", "07.01")),
    }  # fmt: skip
    package = json.loads(files["META-INF/reportPackage.json"])
    assert package["documentInfo"]["documentType"] == "https://xbrl.org/report-package/2023"
    report = json.loads(files["reports/report.json"])["documentInfo"]
    assert report["extends"] == ["http://www.eba.europa.eu/eu/fr/xbrl/crr/fws/dora/4.0/mod/dora.json"]
    parameters = {row["name"]: row["value"] for row in table(files, "parameters.csv")}
    assert parameters == {
        "entityID": f"rs:{LEI}.IND", "refPeriod": "2025-12-31", "baseCurrency": "iso4217:EUR",
        "decimalsInteger": "0", "decimalsMonetary": "0",
    }  # fmt: skip
    indicators = {row["templateID"]: row["reported"] for row in table(files, "FilingIndicators.csv")}
    assert len(indicators) == 15
    assert {name for name, reported in indicators.items() if reported == "true"} == {
        "B_02.01", "B_02.02", "B_03.02", "B_05.01", "B_05.02", "B_07.01",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "last"),
    [("02.01", 50), ("02.02", 180), ("03.02", 30), ("05.01", 120), ("05.02", 70), ("07.01", 120)],
)
def test_every_table_has_all_columns_in_order(typed, anna, name, last):
    _root, files = read_package(anna.get(f"{PATH}package.zip").content)
    header = files[f"reports/b_{name}.csv"].splitlines()[0].split(",")
    assert header == [f"c{number:04}" for number in range(10, last + 1, 10)]


def test_several_functions_and_countries_multiply_rows(typed, anna):
    _root, files = read_package(anna.get(f"{PATH}package.zip").content)
    rows = table(files, "b_02.02.csv")
    places = {(row["c0050"], row["c0150"], row["c0160"]) for row in rows}
    assert len(rows) == len(places) == 2 * 2 * 2
    assert {row["c0150"] for row in rows} == {"eba_GA:NO", "eba_GA:SE"}
    assert {row["c0080"] for row in rows} == {"9999-12-31"}


def test_the_chain_is_ranked_by_who_works_for_whom(typed, anna):
    chain = fragment_of(anna, typed).tables["B_05.02"]
    links = [(row["c0050"], row["c0030"], row["c0060"]) for row in chain]
    assert links == [
        ("1", OURS, OURS),
        ("2", "NOBRREG.912345678", OURS),
        ("3", "SEBOLREG.5561234567", "NOBRREG.912345678"),
    ]
    assert [row["c0040"] for row in chain] == ["eba_qCO:qx2000", "eba_qCO:qx2002", "eba_qCO:qx2002"]


def test_a_service_without_a_critical_function_has_no_chain_and_no_assessment(linked, anna):
    anna.post(PATH, {**TYPED, "critical": ""})
    _root, files = read_package(anna.get(f"{PATH}package.zip").content)
    assert "reports/b_07.01.csv" not in files
    assert len(table(files, "b_05.02.csv")) == 1
    assert "B_07.01,false" in files["reports/FilingIndicators.csv"]


def test_a_complete_register_passes_the_four_checks(typed, anna):
    made = fragment_of(anna, typed)
    assert made.problems == []
    assert made.gaps == []
    assert "find nothing" in anna.get(PATH).content.decode()


def broken(made: Fragment, change) -> list[tuple[int, str, int, str]]:
    tables = copy.deepcopy(made.tables)
    indicators = list(made.indicators)
    change(tables, indicators)
    return [(one.check, one.template, one.row, one.column) for one in information.problems(tables, indicators)]


def test_each_check_names_template_row_and_column(typed, anna):
    made = fragment_of(anna, typed)
    assert broken(made, lambda t, i: t["B_02.02"][2].update(c0150="")) == [(805, "B_02.02", 3, "c0150")]
    assert broken(made, lambda t, i: t["B_03.02"].append(dict(t["B_03.02"][0]))) == [(806, "B_03.02", 2, "c0010")]
    assert broken(made, lambda t, i: t["B_05.02"][2].update(c0060="XX.1")) == [(807, "B_05.02", 3, "c0060")]
    assert broken(made, lambda t, i: t["B_05.01"][1].update(c0110="XX.1")) == [(807, "B_05.01", 2, "c0110")]
    assert broken(made, lambda t, i: i.remove(("B_01.01", False))) == [(808, "B_01.01", 0, "templateID")]
    assert broken(made, lambda t, i: i.append(("B_02.01", True)))[0][:2] == (808, "B_02.01")
    assert broken(made, lambda t, i: i.append(("B_42.01", False)))[0][:2] == (808, "B_42.01")
    assert broken(made, lambda t, i: t.pop("B_03.02"))[0] == (808, "B_03.02", 8, "reported")


def test_what_the_operator_does_not_say_is_shown_before_the_download(in_force, linked_text, anna):
    in_force(linked_text.replace('registration = "NOBRREG.912345678"', 'registration = "912 345 678"', 1))
    anna.post(PATH, TYPED)
    sent = anna.get(PATH).content.decode()
    assert "Nordrack AS has neither LEI nor EUID in the register." in sent
    assert "805" in sent
    assert "Download it nevertheless" in sent


def test_the_example_register_is_honest_about_what_it_lacks(seed, anna):
    anna.post(PATH, TYPED)
    sent = anna.get(PATH).content.decode()
    assert "SuperOffice AS has neither LEI nor EUID in the register." in sent
    assert "No sub-processor is marked as critical in the register" in sent


def test_mandatory_values_that_only_the_customer_knows_are_listed(linked, anna):
    anna.post(PATH, {**TYPED, "substitutability": "", "yearly_cost": ""})
    with in_tenant(anna.tenant):
        details = ReportingDetails.objects.get()
    gaps = {(gap.template, gap.column, gap.whose) for gap in fragment_of(anna, details).gaps}
    assert gaps == {("B_07.01", "c0050", "customer"), ("B_02.01", "c0050", "customer")}


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("lei", "549300FJORDLYSBANK03", "The check digits of this LEI are wrong"),
        ("lei", "FJORDLYS", "An LEI has 20 capital letters and digits"),
        ("country", "XX", "XX"),
        ("ends_on", "2020-01-01", "The contract ends before it starts."),
    ],
)
def test_a_mistyped_value_is_said_and_nothing_is_kept(linked, anna, field, value, sentence):
    answer = anna.post(PATH, {**TYPED, field: value})
    assert answer.status_code == 422
    sent = answer.content.decode()
    assert sentence in sent
    assert 'value="C-1"' in sent
    with in_tenant(anna.tenant):
        assert not ReportingDetails.objects.exists()


def test_what_was_typed_is_remembered_for_this_customer_alone(typed, anna, chiara):
    sent = anna.get(PATH).content.decode()
    assert LEI in sent
    assert "F1, F2" in sent
    assert LEI not in chiara.get(PATH).content.decode()
    assert chiara.get(f"{PATH}package.zip").status_code == 404
    assert happened("evidence.details_remembered")


def test_typing_again_replaces_what_was_typed(typed, anna):
    anna.post(PATH, {**TYPED, "contract_reference": "C-2"})
    with in_tenant(anna.tenant):
        assert ReportingDetails.objects.get().contract_reference == "C-2"


def test_members_neither_see_nor_take_it(typed, mia):
    assert mia.get(PATH).status_code == 403
    assert mia.get(f"{PATH}package.zip").status_code == 403
    assert mia.post(PATH, TYPED).status_code == 403


def test_the_name_tells_who_what_and_when():
    details = ReportingDetails(lei=LEI, scope="CON", country="DE", reference_date=date(2025, 12, 31))
    at = datetime(2026, 3, 10, 14, 15, 0, 7000, tzinfo=UTC)
    assert package_name(details, at) == f"{LEI}.CON_DE_DORA010100_DORA_2025-12-31_20260310141500007"


def test_a_text_with_a_comma_stays_one_cell(typed, anna):
    typed.alternative_names = 'Nord, "Süd"'
    made = fragment_of(anna, typed)
    _root, files = read_package(as_package(made, "x"))
    assert table(files, "b_07.01.csv")[0]["c0120"] == 'Nord, "Süd"'


def test_the_page_needs_few_queries(typed, anna, django_assert_max_num_queries):
    anna.get(PATH)
    with django_assert_max_num_queries(25):
        anna.get(PATH)
