"""Where files lie that somebody sends, until a view has read them."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import TemporaryFileUploadHandler


class NamelessOnDisk(TemporaryFileUploadHandler):
    """Nothing of the sender's name for the file is in the temporary one: its ending could be too long for any disk."""

    def new_file(self, field_name: str, file_name: str, *rest: Any, **more: Any) -> None:
        super().new_file(field_name, "file", *rest, **more)
        self.file_name = self.file.name = file_name
