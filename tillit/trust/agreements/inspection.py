"""What is wrong with the texts of an agreement. Pure functions: texts and variables in, problems out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from tillit.trust.agreements.documents import (
    BLOCKS,
    LANGUAGES,
    Clause,
    Document,
    Front,
    Problem,
    Unreadable,
    file_name,
    read_document,
)
from tillit.trust.agreements.figures import dates_in, figures_in
from tillit.trust.agreements.literals import Variables, literals_in
from tillit.trust.agreements.rendering import ALLOWED_LINK, MARKDOWN
from tillit.trust.agreements.variables import BRACES, PLACE, keys_in

HTML = re.compile(r"</?[a-zA-Z][^<>\n]*>|<!--")
# Bounded and possessive: a text must not be able to keep the one who reads it busy for hours.
LINK = re.compile(r"\[((?:[^\[\]\\]|\\.){0,1000}+)\]\(([^)\s]{0,2000}+)[^)]{0,500}+\)")
IMAGE = re.compile(r"!\[[^\]]{0,1000}+\]\(")
OTHER_AGREEMENT = re.compile(r"^\.\./([a-z0-9-]+)/")
NUMBER = re.compile(r"^\d+(?:\.\d+)*$")


@dataclass(frozen=True)
class Inspection:
    """What was read, by language, and what is wrong with it."""

    documents: dict[str, Document]
    problems: list[Problem]

    @property
    def is_green(self) -> bool:
        return bool(self.documents) and not self.problems


def inspect(
    slug: str, texts: Mapping[str, str], variables: Variables, *, agreements: Collection[str] = ()
) -> Inspection:
    """Read the texts of one agreement and check them. `agreements`: slugs that links may lead to; empty: any."""
    documents, problems = {}, []
    for language in sorted(texts):
        if language not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            told = _("“%(code)s” is none of the languages %(known)s.") % {"code": language, "known": known}
            problems.append(Problem(file_name(slug, language), 0, told))
            continue
        try:
            documents[language] = read_document(texts[language], slug=slug, language=language)
        except Unreadable as refused:
            problems += refused.problems
    for document in documents.values():
        for check in (_numbering, _headings, _links, _markup, _variables, _literals):
            problems += check(document, variables)
        problems += _other_agreements(document, agreements)
    problems += _languages(slug, documents)
    return Inspection(documents, sorted(set(problems)))


def out_of_step(values: Mapping[str, Mapping[str, str]], variables: Variables) -> list[str]:
    """Names of the variables whose value is no longer the one a version was published with."""
    return sorted(
        key
        for key, texts in values.items()
        if key not in variables or any(variables[key].text.get(code) != said for code, said in texts.items())
    )


# One text


def _problem(document: Document, line: int, sentence: str) -> Problem:
    return Problem(document.file, line, sentence)


def _numbering(document: Document, _variables: Variables) -> Iterator[Problem]:
    seen: set[str] = set()
    names: set[str] = set()
    before: list[int] = []
    for clause in document.clauses:
        if clause.anchor and clause.anchor in names:
            told = _("The name “%(name)s” stands twice.") % {"name": clause.anchor}
            yield _problem(document, clause.line, told)
        names.add(clause.anchor)
        if not clause.number:
            continue
        number = [int(part) for part in clause.number.split(".")]
        if clause.number in seen:
            yield _problem(document, clause.line, _("Clause %(n)s stands twice.") % {"n": clause.number})
        elif number not in _allowed(before):
            wanted = ".".join(map(str, _allowed(before)[-1]))
            told = _("Clause %(n)s cannot follow here; a number is left out or out of order (%(wanted)s?).")
            yield _problem(document, clause.line, told % {"n": clause.number, "wanted": wanted})
        seen.add(clause.number)
        before = number
    if not before:
        yield _problem(document, 0, _("There is no numbered clause."))


def _allowed(before: list[int]) -> list[list[int]]:
    """The numbers that may follow: the next one on every level, or the first one below."""
    if not before:
        return [[1]]
    following = [[*before[:depth], before[depth] + 1] for depth in range(len(before))]
    return [[*before, 1], *following]


def _headings(document: Document, _variables: Variables) -> Iterator[Problem]:
    known = {clause.line: clause for clause in document.clauses if clause.level}
    for token in BLOCKS.parse(document.body):
        if token.type != "heading_open" or token.map is None:
            continue
        line = document.body_line + token.map[0]
        clause = known.get(line)
        if clause is None:
            yield _problem(document, line, _("A heading begins with its clause's number and stands by itself."))
        elif clause.level != clause.depth + 1:
            told = _("The heading of clause %(n)s has %(wanted)s “#”, one more than its number has parts.")
            yield _problem(document, line, told % {"n": clause.number, "wanted": clause.depth + 1})
        elif not clause.title:
            yield _problem(document, line, _("The heading of clause %(n)s has no title.") % {"n": clause.number})


def _links(document: Document, _variables: Variables) -> Iterator[Problem]:
    for line, said, address in _addresses(document):
        if address.startswith("#"):
            clause = document.clause(address[1:])
            if clause is None:
                told = _("The link to “%(to)s” leads to no clause of this text.") % {"to": address}
                yield _problem(document, line, told)
            elif NUMBER.match(said) and said != clause.number:
                told = _("The link says %(said)s and leads to %(to)s.") % {"said": said, "to": clause.number}
                yield _problem(document, line, told)
        elif not ALLOWED_LINK.match(PLACE.sub("x", address)):
            told = _("“%(to)s”: links lead to https:, mailto: or a page of this server.") % {"to": address}
            yield _problem(document, line, told)


def _other_agreements(document: Document, agreements: Collection[str]) -> Iterator[Problem]:
    for line, _said, address in _addresses(document):
        found = OTHER_AGREEMENT.match(address)
        if agreements and found and found[1] not in agreements:
            told = _("The register has no agreement “%(slug)s”.") % {"slug": found[1]}
            yield _problem(document, line, told)


def _addresses(document: Document) -> Iterator[tuple[int, str, str]]:
    for found in LINK.finditer(document.body):
        yield document.line_at(found.start()), found[1].strip(), found[2]


def _markup(document: Document, _variables: Variables) -> Iterator[Problem]:
    for number, line in _lines(document):
        if found := HTML.search(line):
            yield _problem(document, number, _("HTML is not used here: “%(html)s”.") % {"html": found[0]})
        if IMAGE.search(line):
            yield _problem(document, number, _("Images are not used here."))
        if "`" in line:
            yield _problem(document, number, _("Code is not used here: “`”."))


def _variables(document: Document, variables: Variables) -> Iterator[Problem]:
    for number, line in _lines(document):
        for key in keys_in(line):
            if key not in variables:
                yield _problem(document, number, _("The register has no variable “%(key)s”.") % {"key": key})
            elif not variables[key].text.get(document.language):
                told = _("The variable “%(key)s” says nothing in this language.") % {"key": key}
                yield _problem(document, number, told)
        if BRACES.search(PLACE.sub("", line)):
            yield _problem(document, number, _("Braces that hold neither a variable nor a literal."))


def _literals(document: Document, variables: Variables) -> Iterator[Problem]:
    for at, said, key in literals_in(document.body, document.language, variables):
        told = _("“%(said)s” is a value of the register: write {{ %(key)s }}, or {{ literal … }} if it is not.")
        yield _problem(document, document.line_at(at), told % {"said": " ".join(said.split()), "key": key})


def _lines(document: Document) -> Iterator[tuple[int, str]]:
    lines = document.text.split("\n")
    return ((number, lines[number - 1]) for number in range(document.body_line, len(lines) + 1))


# Between languages


def _languages(slug: str, documents: Mapping[str, Document]) -> Iterator[Problem]:
    if not documents:
        return
    binding = Counter(one.front.binding_language for one in documents.values()).most_common(1)[0][0]
    if binding not in documents:
        told = _("The binding language is “%(code)s”, and there is no text in it.") % {"code": binding}
        yield Problem(file_name(slug, binding), 0, told)
    measure = documents.get(binding) or next(iter(documents.values()))
    for document in documents.values():
        if document is not measure:
            yield from _front_parity(document, measure)
            yield from _parity(document, measure)


def _front_parity(document: Document, measure: Document) -> Iterator[Problem]:
    for key in set(Front.model_fields) - {"title", "changes"}:
        said, wanted = getattr(document.front, key), getattr(measure.front, key)
        if said != wanted:
            told = _("“%(key)s” says %(said)s, and %(wanted)s in %(file)s.")
            yield _problem(document, 1, told % {"key": key, "said": said, "wanted": wanted, "file": measure.file})
    if bool(document.front.changes.strip()) != bool(measure.front.changes.strip()):
        told = _("“changes” is said in one of %(file)s and %(other)s only.")
        yield _problem(document, 1, told % {"file": document.file, "other": measure.file})


def _parity(document: Document, measure: Document) -> Iterator[Problem]:
    own = {clause.number: clause for clause in document.clauses}
    others = {clause.number: clause for clause in measure.clauses}
    for number, clause in others.items():
        if number not in own:
            told = _("Clause %(n)s is missing; %(file)s has it.") % {"n": _named(clause), "file": measure.file}
            yield _problem(document, 0, told)
    for number, clause in own.items():
        if number not in others:
            told = _("Clause %(n)s is not in %(file)s.") % {"n": _named(clause), "file": measure.file}
            yield _problem(document, clause.line, told)
        else:
            yield from _clause_parity(document, clause, others[number], measure)


def _clause_parity(document: Document, clause: Clause, other: Clause, measure: Document) -> Iterator[Problem]:
    for name, found in FACTS.items():
        said, wanted = found(clause, document.language), found(other, measure.language)
        if said != wanted:
            told = _("Clause %(n)s: %(what)s differ: %(said)s here, %(wanted)s in %(file)s.") % {
                "n": _named(clause),
                "what": _what(name),
                "said": _listed(said - wanted),
                "wanted": _listed(wanted - said),
                "file": measure.file,
            }
            yield _problem(document, clause.line, told)


def _named(clause: Clause) -> str:
    return clause.number or _("0 (before the first)")


def _listed(values: Counter[str]) -> str:
    return ", ".join(sorted(values.elements())) or "–"


def _what(name: str) -> str:
    return {
        "names": _("names"),
        "variables": _("variables"),
        "links": _("links"),
        "dates": _("dates"),
        "numbers": _("numbers"),
        "points": _("points of a list"),
    }[name]


def _written(clause: Clause) -> str:
    """Without variables and without the addresses of links; a literal is what it says."""
    text = PLACE.sub(lambda found: found["literal"] or "", clause.source)
    return LINK.sub(lambda found: found[1], text)


def _points(clause: Clause) -> Counter[str]:
    tokens = MARKDOWN.parse(clause.body)
    return Counter(token.type.removesuffix("_open") for token in tokens if token.type in ("list_item_open", "tr_open"))


FACTS: dict[str, Callable[[Clause, str], Counter[str]]] = {
    "names": lambda clause, _language: Counter([clause.anchor] if clause.anchor else []),
    "variables": lambda clause, _language: Counter(keys_in(clause.source)),
    "links": lambda clause, _language: Counter(found[2] for found in LINK.finditer(clause.source)),
    "dates": lambda clause, language: Counter(map(date.isoformat, dates_in(_written(clause), language)[0])),
    "numbers": lambda clause, language: Counter(figures_in(dates_in(_written(clause), language)[1], language)),
    "points": lambda clause, _language: _points(clause),
}
