"""The cloud as its evidence sees it: what the register says, and what shows it."""

from __future__ import annotations

from functools import cached_property

from tillit.trust import cloud
from tillit.trust.agreements.models import AgreementVersion
from tillit.trust.proof.queries import checks as proof


class Cloud(cloud.Cloud):
    """With the checks, canaries and texts."""

    @cached_property
    def measures(self) -> list[proof.ProvenMeasure]:
        return proof.proven_measures(self.at)

    @cached_property
    def certificates(self) -> list[proof.HeldCertificate]:
        return proof.held_certificates(self.at)

    @cached_property
    def checks(self) -> dict[str, proof.CheckState]:
        return {state.name: state for state in proof.check_states()}

    @cached_property
    def rules(self) -> list[proof.KeptRule]:
        return proof.kept_rules(self.at)

    @cached_property
    def numbers(self) -> dict[str, AgreementVersion]:
        """The version in force of each agreement, without its texts."""
        versions = AgreementVersion.objects.in_force(self.at).defer("texts", "values")
        return {row.agreement: row for row in versions}
