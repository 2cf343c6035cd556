"""What rooms declare as public changes, and what an event of theirs puts into the log.

    published = {"availability.maintenance_announced": "tillit.availability.publishing.window"}

The named function gets the event, inside its tenant, and returns None (nothing public), one item, or a list of items:

    {"subject": "windows/12", "content": {...}}      what is public of this subject from now on; None: it is gone
    {"subject": "processors/*", "content": {"mailgun": {...}}}      all there are: what is missing here is gone

A subject is `section/name`. What hangs on it (`agreements/dpa/2`) is another subject, left alone by the second form.

Content is JSON without fractions and without anything about a person. What did not change is not logged again.
"""

from __future__ import annotations

import functools
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.module_loading import import_string

from tillit.foundation.models import Event
from tillit.trust.proof import entries

ALL = "/*"
Item = dict[str, Any]
Published = Callable[[Event], Item | list[Item] | None]


@functools.cache
def declared() -> Mapping[str, tuple[str, ...]]:
    """Event name to the dotted names of the functions that say what it changed in public."""
    found = defaultdict(list)
    for room in apps.get_app_configs():
        for event, function in getattr(room, "published", {}).items():
            found[event].append(function)
    return {event: tuple(functions) for event, functions in found.items()}


def items_of(event: Event) -> Iterator[Item]:
    for name in declared().get(event.name, ()):
        function: Published = import_string(name)
        said = function(event)
        yield from [said] if isinstance(said, dict) else said or ()


def as_text(content: Any) -> str:
    """Content in the one way of writing that is hashed; dates as the public JSON writes them."""
    return entries.canonical(json.loads(json.dumps(content, cls=DjangoJSONEncoder)))
