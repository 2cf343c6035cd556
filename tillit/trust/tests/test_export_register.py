"""What was applied comes back unchanged, comments aside."""

import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tillit.trust.models import Agreement, Processor
from tillit.trust.queries import export_register
from tillit.trust.register import read_register
from tillit.trust.tests.conftest import profile
from tillit.trust.writing import as_toml

EXPORT = "/operator/register/operator.toml"
SEED = tomllib.loads(profile("seed"))
texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60).filter(str.strip)


@st.composite
def registers(draw):
    """The seed with entries dropped, in another order, with other texts and figures."""
    register = dict(SEED)
    for name in ("agreements", "measures", "regions", "processors", "statements"):
        register[name] = draw(st.lists(st.sampled_from(SEED[name]), unique_by=id, max_size=4))
    register["processors"] = [
        entry | {"name": draw(texts), "service": {"nb": draw(texts)}, "retention_hours": draw(st.integers(1, 87_600))}
        for entry in register["processors"]
    ]
    held = {entry["slug"] for entry in register["processors"]}
    for name in ("certificates", "data_centres"):
        register[name] = [entry for entry in SEED[name] if entry["processor"] in held]
    return {name: part for name, part in register.items() if part}


@pytest.mark.parametrize("name", ["seed", "blank"])
def test_a_profile_comes_back_as_it_was_applied(in_force, operator, name):
    in_force(profile(name))
    answer = operator.get(EXPORT)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="operator.toml"'
    assert tomllib.loads(answer.content.decode()) == tomllib.loads(profile(name))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(register=registers())
def test_any_register_comes_back_as_it_was_applied(in_force, register):
    in_force(as_toml(register))
    assert export_register() == register
    assert tomllib.loads(as_toml(export_register())) == register


def test_an_export_reads_as_the_same_register(seed):
    assert read_register(as_toml(export_register())).as_file() == export_register()


def test_entries_keep_their_identity_while_their_name_stays(seed, in_force, seed_text):
    before = dict(Processor.objects.values_list("slug", "pk"))
    in_force(seed_text.replace('slug = "ai-lab-terms"', 'slug = "ai-terms"').replace("Mailgun Inc.", "Mailgun LLC"))
    after = dict(Processor.objects.in_force().values_list("slug", "pk"))
    assert {slug for slug in after if after[slug] != before[slug]} == {"mailgun"}
    assert Agreement.objects.get(slug="ai-lab-terms").stage() == "ended"
    assert Agreement.objects.get(slug="ai-terms").stage() == "in-force"


def test_nothing_is_exported_before_the_first_register(operator):
    assert tomllib.loads(operator.get(EXPORT).content.decode()) == {}


def test_only_the_operator_exports(seed, anna, public):
    assert anna.get(EXPORT).status_code == 403
    assert public.get(EXPORT).status_code == 302
