"""The first of the operator's staff is invited on the command line: there is nobody else who could."""

import argparse
import json

import pytest

from tillit.foundation.tenancy import in_tenant
from tillit.site.commands import operator as command
from tillit.site.problems import Problem
from tillit.tenants.models import Invitation


@pytest.fixture
def invite(operator_tenant, capsys):
    """`tillit operator ... --json`, answering what it told."""

    def run(*arguments):
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        assert command.run(parser.parse_args([*arguments, "--json"])) == 0
        return json.loads(capsys.readouterr().out)

    return run


def path_of(link):
    return link[link.index("/invitation/") :]


def test_the_link_that_is_told_lets_somebody_join(invite, public):
    told = invite("Edda@Example.org", "--name", "Edda Beispiel")
    assert told["email"] == "edda@example.org"
    assert "Edda Beispiel" in public.get(path_of(told["link"])).content.decode()


def test_asking_again_sends_a_new_link_and_the_old_one_ends(invite, operator_tenant, public):
    first, second = invite("edda@example.org"), invite("EDDA@example.org")
    assert first["link"] != second["link"]
    assert "no longer works" in public.get(path_of(first["link"])).content.decode()
    assert "no longer works" not in public.get(path_of(second["link"])).content.decode()
    with in_tenant(operator_tenant):
        assert Invitation.objects.count() == 1


def test_what_is_no_address_or_works_here_already_is_refused_in_a_sentence(invite, operator):
    with pytest.raises(Problem, match=r"nobody: .*valid email address"):
        invite("nobody")
    with pytest.raises(Problem, match="already works here"):
        invite(operator.user.email)
