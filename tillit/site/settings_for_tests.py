"""Settings of the tests: a data folder of each test process's own, and both database roles."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

FOLDER = Path(tempfile.mkdtemp(prefix="tillit-test-"))
FOLDER.chmod(0o755)
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
(FOLDER / "static").mkdir()
os.environ.update(
    TILLIT_DATA=str(FOLDER),
    TILLIT_BASE_HOST="tillit.test",
    TILLIT_SECRET_KEY="only for tests",  # noqa: S106
    TILLIT_DSN="postgresql://tillit_app:app@unset/tillit",
    TILLIT_OWNER_DSN="postgresql://tillit_owner:owner@unset/tillit",
)

from tillit.site.settings import *  # noqa: E402, F403 - after the environment is set

STORAGES = {  # names as written: nothing is collected for a test
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

PASSWORD_HASHERS = ["tillit.foundation.testing.QuickArgon2"]

PUBLIC_PAGES_KEPT = 0.0  # a test that wants pages to be kept says so

COUNTS_WRITTEN_EVERY = 0.0
