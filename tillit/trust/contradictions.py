"""What no single key of a register shows: names used twice, ends before beginnings, other figures in a text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from django.utils.translation import gettext as _

from tillit.foundation.holdings import holding
from tillit.trust.choices import Transfer
from tillit.trust.parts import CertificatePart, Parts, ProcessorPart, PromisesPart, StatementPart
from tillit.trust.problems import Problem
from tillit.trust.routes import parse_reached_at


def contradictions(parts: Parts) -> Iterator[Problem]:
    for name, key in (("statements", "key"), *((list_name, "slug") for list_name in LISTS_BY_SLUG)):
        counted = Counter(getattr(entry, key) for entry in getattr(parts, name))
        for slug in [slug for slug, times in counted.items() if times > 1]:
            yield Problem(f"{name}[{slug}].{key}", _("“%(slug)s” occurs more than once.") % {"slug": slug})
    if parts.operator.source and not parts.operator.example_data:
        yield Problem("operator.source", _("is only shown together with example_data = true."))
    for statement in parts.statements:
        yield from _missing_figures(statement, parts.promises)
    for processor in parts.processors:
        yield from _unclear_seat(processor)
        yield from _other_retention(processor)
        yield from _half_a_route(processor)
    yield from _shared_hosts(parts.processors)
    yield from _strangers(parts)
    yield from _backward_times(parts.certificates)
    yield from _retention(parts)
    for measure in parts.measures:
        if bool(measure.checked_by) != bool(measure.period_hours):
            key = "period_hours" if measure.checked_by else "checked_by"
            yield Problem(f"measures[{measure.slug}].{key}", _("is missing: a check and its period belong together."))
        if not measure.checked_by and not measure.place:
            yield Problem(f"measures[{measure.slug}].place", _("is missing; a measure without a check has a place."))


def _half_a_route(processor: ProcessorPart) -> Iterator[Problem]:
    path = f"processors[{processor.slug}]"
    if processor.reached_at and not processor.purposes:
        yield Problem(f"{path}.purposes", _("is missing: what is it reached for?"))
    basis = processor.transfer_basis
    if basis and basis != Transfer.NONE and not processor.transfer_document:
        yield Problem(f"{path}.transfer_document", _("is missing: which document is the basis of the transfer?"))


def _shared_hosts(processors: list[ProcessorPart]) -> Iterator[Problem]:
    """A host belongs to one processor, or nobody could say who received what."""
    owners: dict[tuple[str, int], str] = {}
    for processor in processors:
        for url in processor.reached_at or []:
            _protocol, host, port = parse_reached_at(url)
            owner = owners.setdefault((host, port), processor.slug)
            if owner != processor.slug:
                words = {"host": host, "port": port, "other": owner}
                sentence = _("%(host)s, port %(port)s is already an address of “%(other)s”.") % words
                yield Problem(f"processors[{processor.slug}].reached_at", sentence)


def _strangers(parts: Parts) -> Iterator[Problem]:
    """Names of processors that the file does not have, and chains that bite their own tail."""
    parents = {processor.slug: processor.parent for processor in parts.processors}
    named = [(f"data_centres[{entry.slug}].processor", entry.processor) for entry in parts.data_centres]
    named += [(f"certificates[{entry.slug}].processor", entry.processor) for entry in parts.certificates]
    named += [(f"processors[{slug}].parent", parent) for slug, parent in parents.items()]
    for path, slug in named:
        if slug and slug not in parents:
            yield Problem(path, _("“%(slug)s” is no processor of this register.") % {"slug": slug})
    for slug in parents:
        seen, above = {slug}, parents[slug]
        while above and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if above == slug:
            yield Problem(f"processors[{slug}].parent", _("leads back to itself."))


def _retention(parts: Parts) -> Iterator[Problem]:
    """What is kept for two different times is kept for neither; and what is needed for longer, not at all."""
    seen: dict[str, str] = {}
    for rule in parts.retention:
        other = seen.setdefault(rule.holding, rule.slug)
        if other != rule.slug:
            sentence = _("“%(holding)s” has a rule already: “%(other)s”.")
            yield Problem(f"retention[{rule.slug}].holding", sentence % {"holding": rule.holding, "other": other})
        least = getattr(holding(rule.holding), "least_hours", 0)
        if rule.hours < least:
            sentence = _("“%(holding)s” is kept for %(hours)s hours at least.")
            yield Problem(f"retention[{rule.slug}].hours", sentence % {"holding": rule.holding, "hours": least})


def _backward_times(certificates: list[CertificatePart]) -> Iterator[Problem]:
    for entry in certificates:
        for first, last in (("valid_from", "valid_to"), ("report_from", "report_to")):
            begins, ends = getattr(entry, first), getattr(entry, last)
            if begins and ends and ends < begins:
                path = f"certificates[{entry.slug}].{last}"
                yield Problem(path, _("lies before %(first)s.") % {"first": first})


LISTS_BY_SLUG = ("agreements", "regions", "data_centres", "measures", "certificates", "retention", "processors")


def _missing_figures(statement: StatementPart, promises: PromisesPart) -> Iterator[Problem]:
    promised = promises.model_dump(exclude_none=True)
    for figure in statement.figures or []:
        path = f"statements[{statement.key}]"
        if figure not in promised:
            yield Problem(f"{path}.figures", _("“%(figure)s” is no figure of [promises].") % {"figure": figure})
            continue
        for language, text in statement.text.items():
            if not re.search(rf"(?<!\d){promised[figure]}(?!\d)", text):
                words = {"figure": figure, "number": promised[figure]}
                yield Problem(
                    f"{path}.text.{language}", _("must contain %(number)s, the figure of %(figure)s.") % words
                )


def _unclear_seat(processor: ProcessorPart) -> Iterator[Problem]:
    path = f"processors[{processor.slug}]"
    if processor.seat and processor.seat_country:
        yield Problem(f"{path}.seat", _("is only for a seat without a country; remove it or seat_country."))
    elif not processor.seat and not processor.seat_country:
        yield Problem(f"{path}.seat_country", _("is missing; where no country can be named, write seat instead."))


# Per language, since "time" is an hour in Norwegian only. "1 000 hours" is one number.
NUMBER = r"(?<!\d)(\d{1,3}(?:[.,'’\s]\d{3})+|\d+)"
SPOKEN_HOURS = {
    language: re.compile(rf"{NUMBER}[\s-]*(?:{word})\b", re.IGNORECASE)
    for language, word in (("de", "Stunden?"), ("en", "hours?"), ("nb", "timer?"))
}


def _other_retention(processor: ProcessorPart) -> Iterator[Problem]:
    """A text need not name the hours; where it names some, they are those of `retention_hours`."""
    if processor.retention_hours is None:
        return
    for language, text in processor.service.items():
        said = {int(re.sub(r"\D", "", number)) for number in SPOKEN_HOURS[language].findall(text)}
        if said and processor.retention_hours not in said:
            words = {"figure": "retention_hours", "number": processor.retention_hours}
            yield Problem(
                f"processors[{processor.slug}].service.{language}",
                _("must contain %(number)s, the figure of %(figure)s.") % words,
            )
