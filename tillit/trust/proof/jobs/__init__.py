"""What the worker does for the log and for the checks."""

from tillit.trust.proof.jobs import checks, log

__all__ = ["checks", "log"]
