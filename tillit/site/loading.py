"""Load a WSGI application with all that its first visitors would wait for: once in a process and those it forks."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template
from django.template.utils import get_app_template_dirs
from django.urls import get_resolver
from django.utils import translation

Application = Callable[..., Any]


@functools.cache
def loaded(name: str) -> Application:
    """The application `module:attribute`, once it has answered one request and every template is compiled."""
    module, _, attribute = name.partition(":")
    application: Application = getattr(import_module(module), attribute or "application")
    try:
        _ask(application)
        if settings.configured:
            _compile_templates()
            _load_languages()
    except Exception:
        logging.getLogger(__name__).exception("The first request failed; serving all the same.")
    return application


def _ask(application: Application) -> None:
    environ: dict[str, Any] = {"PATH_INFO": "/healthz", "HTTP_HOST": os.environ.get("TILLIT_BASE_HOST", "localhost")}
    setup_testing_defaults(environ)
    answer = application(environ, lambda *_args: None)
    for _part in answer:
        pass
    getattr(answer, "close", lambda: None)()


def _load_languages() -> None:
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            translation.gettext("Sign in")
            get_resolver().reverse_dict  # noqa: B018 - it is made for each language when first asked for


def _compile_templates() -> None:
    for folder in get_app_template_dirs("templates"):
        for place in Path(folder).rglob("*.html"):
            with suppress(TemplateSyntaxError, TemplateDoesNotExist):  # fragments that only others complete
                get_template(str(place.relative_to(folder)))
