"""Static files under hashed names; a page that names a missing file is a bug of ours, not a 500 for a reader."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):
    manifest_strict = False
