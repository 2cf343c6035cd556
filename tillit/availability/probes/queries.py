"""What was measured: samples of a day, minutes of a month, and what stands beside them to reckon them again."""

from __future__ import annotations

from tillit.foundation.models import Tenant


def probe_tenant() -> Tenant | None:
    return Tenant.objects.filter(kind=Tenant.Kind.PROBE).first()


def measured_wave() -> str:
    """The wave in which the probes' own tenant is upgraded: maintenance of another one is not theirs."""
    tenant = probe_tenant()
    return tenant.wave if tenant else ""
