"""The trust log (`log`) with its witnesses (`witness`), and what checks and canaries have found (`checks`)."""

from tillit.trust.proof.models import checks, log, witness

__all__ = ["checks", "log", "witness"]
