"""A Monday morning in Oslo with the plan of the example register, and people who want to hear."""

from tillit.availability.tests.conftest import announced, clock, plan, prove, register

__all__ = ["announced", "clock", "plan", "prove", "register"]
