"""The register's `[[maintenance_rules]]` and `[[components]]`, read into nouns and written back as they were.

What each key means stands in `trust/profiles/blank.toml`. Texts are tables by language. A key that says only what
would hold without it is left out when written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from types import NoneType
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from tillit.availability import recurrence
from tillit.availability.models import A_FEW_SECONDS, Component, Effect, MaintenanceRule
from tillit.foundation.errors import Refused
from tillit.foundation.models import Tenant

Entry = Mapping[str, Any]
RULE_TEXTS = ("name", "text", "schedule", "note")
RULE_VALUES = (
    "kind",
    "zone",
    "rrule",
    "anchor",
    "as_needed",
    "start",
    "end",
    "end_days_later",
    "effect",
    "exceptions",
    "components",
    "region",
    "job",
)
RULE_KEYS = {"key", "interruption_seconds", "waves", *RULE_TEXTS, *RULE_VALUES}
FORMS: dict[str, tuple[type, ...]] = {
    "rrule": (str,),
    "anchor": (date, NoneType),
    "as_needed": (bool,),
    "start": (time,),
    "end": (time, NoneType),
    "end_days_later": (int,),
    "exceptions": (list,),
    "components": (list,),
    "region": (str,),
    "job": (str,),
}
RULE_DEFAULTS: dict[str, Any] = {
    "rrule": "",
    "anchor": None,
    "as_needed": False,
    "end": None,
    "end_days_later": 0,
    "effect": Effect.SECONDS,
    "exceptions": [],
    "components": [],
    "region": "",
    "job": "",
}
COMPONENT_KEYS = {"slug", "name", "text", "probes"}


def read_rule(entry: Entry, position: int) -> MaintenanceRule:
    """The rule an entry describes, not saved. Refuses what cannot be kept; `field` of the refusal is the rule."""
    key = str(entry.get("key", ""))
    try:
        _know(entry, RULE_KEYS)
        rule = MaintenanceRule(key=key, position=position)
        for name in RULE_VALUES:
            setattr(rule, name, _plain(name, entry.get(name, RULE_DEFAULTS.get(name))))
        for name in RULE_TEXTS:
            setattr(rule, name, _texts(entry.get(name, {}), name))
        rule.exceptions = [_day(one).isoformat() for one in rule.exceptions]
        rule.components = [str(slug) for slug in rule.components]
        rule.least_seconds, rule.most_seconds = _seconds(entry.get("interruption_seconds"))
        rule.waves = [_wave(wave) for wave in entry.get("waves", [])]
        # Empty texts and lists are fine here; whether the key is taken is asked when it is stored.
        rule.clean_fields(
            exclude=["text", "schedule", "note", "waves", "rrule", "anchor", "end", "retired_at", "exceptions"]
        )
        _check_waves(rule)
        for schedule in rule.schedules():
            recurrence.check(schedule)
        _check_interruption(rule)
    except ValidationError as error:
        raise Refused(_sentences(error), field=f"maintenance_rules[{key}]") from error
    except recurrence.BadRule as error:
        raise Refused(_(error.sentence) % error.facts, field=f"maintenance_rules[{key}]") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise Refused(str(error), field=f"maintenance_rules[{key}]") from error
    return rule


def write_rule(rule: MaintenanceRule) -> dict[str, Any]:
    """The entry that `read_rule` would turn into this rule."""
    entry: dict[str, Any] = {"key": rule.key}
    for name in RULE_VALUES:
        value = getattr(rule, name)
        if name not in RULE_DEFAULTS or value != RULE_DEFAULTS[name]:
            entry[name] = [date.fromisoformat(day) for day in value] if name == "exceptions" else value
    if rule.most_seconds is not None:
        entry["interruption_seconds"] = [rule.least_seconds, rule.most_seconds]
    if rule.waves:
        entry["waves"] = [dict(wave) for wave in rule.waves]
    return entry | {name: dict(getattr(rule, name)) for name in RULE_TEXTS if getattr(rule, name)}


def read_component(entry: Entry, position: int) -> Component:
    """The part an entry describes, not saved."""
    slug = str(entry.get("slug", ""))
    try:
        _know(entry, COMPONENT_KEYS)
        name, text = _texts(entry.get("name", {}), "name"), _texts(entry.get("text", {}), "text")
        component = Component(
            slug=slug, name=name, text=text, position=position, probes=_names(entry.get("probes", []))
        )
        component.clean_fields(exclude=["text", "retired_at"])
    except ValidationError as error:
        raise Refused(_sentences(error), field=f"components[{slug}]") from error
    except ValueError as error:
        raise Refused(str(error), field=f"components[{slug}]") from error
    return component


def write_component(component: Component) -> dict[str, Any]:
    entry: dict[str, Any] = {"slug": component.slug, "name": dict(component.name)}
    entry |= {"text": dict(component.text)} if component.text else {}
    return entry | ({"probes": list(component.probes)} if component.probes else {})


def _know(entry: Entry, known: set[str]) -> None:
    for name in entry:
        if name not in known:
            raise ValueError(_("“%(name)s” is not a key that is known here.") % {"name": name})


def _plain(name: str, value: Any) -> Any:
    """The value in its proper form; a text without the wrapping of a TOML reader that keeps comments."""
    if not isinstance(value, FORMS.get(name, (object,))):
        raise ValueError(_("“%(name)s” has the wrong form.") % {"name": name})
    return str(value) if isinstance(value, str) else value


def _day(value: Any) -> date:
    """A day of TOML; a moment is none."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError(_("“%(name)s” has the wrong form.") % {"name": "exceptions"})
    return date(value.year, value.month, value.day)


def _texts(value: Any, name: str) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(text, str) and text for text in value.values()):
        raise ValueError(_("“%(name)s” must be texts by language.") % {"name": name})
    return {str(language): str(text) for language, text in value.items()}


def _names(value: Any) -> list[str]:
    """Which probes prove a part; none: those that its slug is known for."""
    if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value):
        raise ValueError(_("“%(name)s” has the wrong form.") % {"name": "probes"})
    return [str(name) for name in value]


def _seconds(value: Any) -> tuple[int | None, int | None]:
    if value is None:
        return None, None
    least, most = (int(seconds) for seconds in value)
    if not 0 <= least <= most:
        raise ValueError(_("interruption_seconds must be the least and the most, in this order."))
    return least, most


def _check_interruption(rule: MaintenanceRule) -> None:
    most = rule.most_seconds or 0
    if rule.effect == Effect.SECONDS and most > A_FEW_SECONDS:
        raise ValueError(
            _("With the effect seconds, interruption_seconds are %(most)s at most.") % {"most": A_FEW_SECONDS}
        )
    if rule.end:
        clocks = datetime.combine(date.min, rule.end) - datetime.combine(date.min, rule.start)
        if most > (clocks + timedelta(days=rule.end_days_later)).total_seconds():
            raise ValueError(_("interruption_seconds must not be longer than the window itself."))


def _wave(value: Any) -> dict[str, Any]:
    if not {"wave", "percent"} <= set(value):
        raise ValueError(_("Each wave needs its name and its percent."))
    days_later = {"days_later": int(value["days_later"])} if "days_later" in value else {}
    return {"wave": str(value["wave"]), "percent": int(value["percent"])} | days_later


def _check_waves(rule: MaintenanceRule) -> None:
    names = [wave["wave"] for wave in rule.waves]
    if not set(names) <= set(Tenant.Wave.values) or len(set(names)) != len(names):
        raise ValueError(_("Each wave must be one of a to f, and stand once."))
    if rule.waves and sum(wave["percent"] for wave in rule.waves) != 100:
        raise ValueError(_("The percents of the waves must add up to 100."))


def _sentences(error: ValidationError) -> str:
    """Django's complaints, each with the key it is about."""
    return " ".join(f"{key}: {sentence}" for key, found in error.message_dict.items() for sentence in found)
