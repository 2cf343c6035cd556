"""Somebody rehearses an import on the command line: columns and first rows as they would be taken."""

import argparse
import json

import pytest

from tillit.crm.imports.models import Import
from tillit.crm.models import Company
from tillit.foundation.tenancy import in_tenant
from tillit.site.commands import import_
from tillit.site.problems import Problem

FIRMS = "Name,Town,Since,E-mail\nNordlys AS,Oslo,founded 1999,\nSolvik AS,Bergen,,nobody\n"


@pytest.fixture
def bring_in(anna, tmp_path):
    """Run the command for anna; its exit status."""

    def run(*wishes, content=FIRMS):
        file = tmp_path / "firms.csv"
        file.write_text(content)
        parser = argparse.ArgumentParser()
        import_.add_arguments(parser)
        return import_.run(parser.parse_args([anna.tenant.slug, str(file), "--as", anna.user.email, *wishes]))

    return run


def test_a_rehearsal_shows_the_first_rows_with_what_is_wrong_and_keeps_nothing(anna, bring_in, capsys):
    assert bring_in("--dry-run", "--map", "Since=founded") == 0
    told = capsys.readouterr().out
    assert "  Since -> founded" in told
    assert "  row 2 name: Nordlys AS; city: Oslo; founded: 1999 (" in told
    assert "  row 3 would be rejected: “nobody” is no e-mail address." in told
    with in_tenant(anna.tenant):
        assert not Import.objects.exists()


def test_a_rehearsal_shows_rows_that_are_too_wide(bring_in, capsys):
    bring_in("--dry-run", "--json", content="Name,City\n" + "Nordlys AS,Oslo\n" * 3 + "Solvik AS,Bergen,Norway\n")
    rows = json.loads(capsys.readouterr().out)["first_rows"]
    assert rows[0]["values"] == {"name": "Nordlys AS", "city": "Oslo"}
    assert "there are only 2 columns" in rows[3]["problem"]


def test_columns_are_mapped_by_hand(anna, bring_in):
    wishes = ("--map", "Town=name", "--map", "name=note", "--map", "E-mail=", "--map", "Since=")
    assert bring_in(*wishes) == 0
    with in_tenant(anna.tenant):
        companies = sorted(Company.objects.values_list("name", "note", "founded", "email"))
    assert companies == [("Bergen", "Solvik AS", None, ""), ("Oslo", "Nordlys AS", None, "")]


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [("Place=city", "no such column"), ("Town", "no such column"), ("Town=place", "no field place")],
)
@pytest.mark.parametrize("rehearsed", [("--dry-run",), ()])
def test_a_column_or_field_that_is_not_there_is_refused_and_nothing_is_kept(anna, bring_in, wish, sentence, rehearsed):
    with pytest.raises(Problem, match=sentence):
        bring_in("--map", wish, *rehearsed)
    with in_tenant(anna.tenant):
        assert not Import.objects.exists()
