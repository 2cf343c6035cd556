"""The WSGI application the web workers serve."""

import os

from django.core.wsgi import get_wsgi_application

from tillit.site.handing import layered

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tillit.site.settings")
answering = get_wsgi_application()

from tillit.site.waves import wave_of  # noqa: E402 - Django is set up first

application = layered(answering, wave_of)
