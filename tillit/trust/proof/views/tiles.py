"""The log for programs, as C2SP tlog-tiles lays it out: checkpoint, tiles, entry bundles; and what leaves stand for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from tillit.foundation.requests import Request
from tillit.trust import published
from tillit.trust.proof.merkle import TILE_WIDTH
from tillit.trust.proof.models.log import LogContent
from tillit.trust.proof.queries import log
from tillit.trust.proof.tiles import read_path

T = TypeVar("T")
TEXT, BYTES = "text/plain; charset=utf-8", "application/octet-stream"
FOR_SECONDS = "public, max-age=5"  # a checkpoint changes with every entry
FOR_EVER = "public, max-age=31536000, immutable"


def served(cached: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """For everybody and for scripts of other sites; kept for as long as said."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        def answer(request: Request, **arguments: str) -> HttpResponse:
            response = view(request, **arguments)
            response.headers["Cache-Control"] = cached
            response.headers["Access-Control-Allow-Origin"] = "*"
            return response

        return login_not_required(require_safe(answer))

    return decorate


@served(FOR_SECONDS)
def checkpoint(_request: Request) -> HttpResponse:
    return HttpResponse(_or_404(log.checkpoint_note()), content_type=TEXT)


@served(FOR_SECONDS)
def key(_request: Request) -> HttpResponse:
    """The log's verifier keys (C2SP signed-note vkey), one a line; more than one while a key is being replaced."""
    keys = _or_404(log.verifier_keys())
    return HttpResponse("".join(f"{one}\n" for one in keys), content_type=TEXT)


@served(FOR_EVER)
def tile(_request: Request, level: str, path: str) -> HttpResponse:
    index, width = _or_404(read_path(path))
    return HttpResponse(_or_404(log.tile(int(level), index, width)), content_type=BYTES)


@served(FOR_EVER)
def bundle(_request: Request, path: str) -> HttpResponse:
    index, width = _or_404(read_path(path))
    return HttpResponse(_or_404(log.bundle(index, width)), content_type=BYTES)


@served(FOR_SECONDS)
def content(_request: Request, index: str) -> JsonResponse:
    found = LogContent.objects.filter(entry_id=int(index)).first()
    return _json(log.content_as_json(_or_404(found)))


@served(FOR_SECONDS)
def contents(_request: Request, number: str) -> JsonResponse:
    """What the 256 leaves of a bundle stand for, in one answer."""
    return _json({"contents": log.contents(int(number) * TILE_WIDTH, TILE_WIDTH)})


@served(FOR_SECONDS)
def register(_request: Request) -> JsonResponse:
    """What the register says now, subject by subject, straight from its tables: the log has to say the same."""
    return _json({"format": 1, "subjects": published.subjects()})


def _json(told: object) -> JsonResponse:
    return JsonResponse(told, json_dumps_params={"ensure_ascii": False})


def _or_404(found: T | None) -> T:
    if not found:
        raise Http404("the log has nothing here")
    return found
