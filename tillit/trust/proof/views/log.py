"""The trust log for people: its state, its entries in words, one entry with its proof, and a feed."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from tillit.foundation.requests import Request
from tillit.trust.proof import words
from tillit.trust.proof.queries import log as queries
from tillit.trust.publishing import public_page
from tillit.trust.queries import operator

SHOWN, IN_FEED, IN_PANEL = 25, 50, 5


@public_page
def log(request: Request) -> HttpResponse:
    """The newest entries; `?before=17` leads to the older ones."""
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isdecimal() and len(asked) < 18 else None
    found = queries.newest(SHOWN + 1, before)
    context = _state(request) | {
        "told": _lines(found[:SHOWN]),
        "older": f"?before={found[SHOWN - 1].entry.index}" if len(found) > SHOWN else "",
        "is_first_page": before is None,
        "witnesses": queries.witnesses(),
        "address": f"{request.scheme}://{request.get_host()}",
    }
    return render(request, "proof/log.html", context)


@public_page
def entry(request: Request, index: str) -> HttpResponse:
    """One leaf: what it stands for, its bytes, and the hashes that lead from it to the signed root."""
    found = queries.told(int(index))
    if found is None or found.entry.index >= queries.size():
        raise Http404("no such entry")
    try:
        size, proof = queries.inclusion_proof(found.entry.index)
    except LookupError:  # a tile is missing: the verifier says so, this page still shows the entry
        size, proof = queries.size(), []
    context = _state(request) | {
        "one": _lines([found])[0],
        "leaf": found.entry.as_bytes().decode(),
        "content": json.dumps(found.content, ensure_ascii=False, indent=1) if found.verb != "erased" else "",
        "size": size,
        "proof": proof,
    }
    return render(request, "proof/entry.html", context)


@public_page
def feed(request: Request) -> HttpResponse:
    """Atom, in the language asked for; an entry's id is the same in every language and for ever."""
    held = operator()
    here = f"{request.scheme}://{settings.BASE_HOST}"
    name = held.name if held else settings.BASE_HOST
    atom = Atom1Feed(
        title=_("Trust log of %(name)s") % {"name": name},
        link=f"{here}{reverse('proof:log')}",
        feed_url=f"{here}{request.get_full_path()}",
        feed_guid=f"tag:{settings.BASE_HOST.partition(':')[0]},2026:trust-log",
        description=_("Every public change, as it was logged."),
        language=request.LANGUAGE_CODE,
        author_name=name,
    )
    newest = queries.newest(IN_FEED)
    for one, told in zip(newest, _lines(newest), strict=True):
        atom.add_item(
            title=f"{': '.join(filter(None, [told['noun'], told['name']]))} ({told['verb']})",
            link=f"{here}{told['url']}",
            description=", ".join(one.keys) or str(told["verb"]),
            unique_id=f"tag:{settings.BASE_HOST.partition(':')[0]},2026:trust-log/{one.entry.index}",
            pubdate=one.entry.at,
            updateddate=one.entry.at,
            categories=[one.section],
        )
    response = HttpResponse(atom.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@login_not_required
def panel(request: Request) -> HttpResponse:
    """The part of the trust page that says that changes are logged, and which came last."""
    context = {
        "checkpoint": queries.last_signed(),
        "told": _lines(queries.newest(IN_PANEL)),
        "asked": _asked(request),
    }
    return render(request, "proof/log_panel.html", context)


def _state(request: Request) -> dict[str, Any]:
    checkpoint = queries.last_signed()
    return {
        "checkpoint": checkpoint,
        "root": bytes(checkpoint.root).hex() if checkpoint else "",
        "keys": queries.verifier_keys(),
        "asked": _asked(request),
    }


def _asked(request: Request) -> str:
    return f"?lang={request.LANGUAGE_CODE}" if "lang" in request.GET else ""


def _lines(found: list[queries.Told]) -> list[dict[str, Any]]:
    """Entries in words."""
    names = words.called(one.entry.subject for one in found)
    return [_line(one, names) for one in found]


def _line(one: queries.Told, names: dict[str, str]) -> dict[str, Any]:
    kind = words.kind(one.section, one.verb, one.content)
    return {
        "index": one.entry.index,
        "at": one.entry.at,
        "kind": one.entry.kind,
        "url": reverse("proof:entry", args=[one.entry.index]),
        "noun": words.noun(one.section),
        "name": names.get(one.entry.subject) or words.name_in(one.says, one.name),
        "verb": words.verb(kind),
        "tone": words.TONES[kind],
        "keys": one.keys,
    }
