"""What each process is told of the installation's secrets: no more than it has to know.

It is one more wall and not the only one: the processes of one system user can read one another's files.
"""

from __future__ import annotations

BROKER = "tillit.trust.broker.serve"
PROBER = "tillit.availability.probes.prober"
NIGHTLY = "tillit.site.nightly"
RESTARTS = "tillit.site.restarting"

SECRETS = (
    "TILLIT_DSN",
    "TILLIT_SECRET_KEY",
    "TILLIT_SMTP_URL",
    "TILLIT_IMAP_URL",
    "TILLIT_METRICS_TOKEN",
    "TILLIT_SEAL_PASSPHRASE",
)
STORAGE = "AWS_"  # how the names begin of what opens the object storage of the status copy
# Who has the open network, or is the superuser's, and works without most of them. The workers need what is left
KNOWN = {
    BROKER: ("TILLIT_DSN", "TILLIT_SECRET_KEY"),
    RESTARTS: ("TILLIT_DSN", "TILLIT_SECRET_KEY"),
    NIGHTLY: (),  # finds the database by the data folder
    PROBER: (),  # asks from outside, with an account and a key of its own
}


def fit_for(module: str, values: dict[str, str]) -> dict[str, str]:
    """Of these values of the environment those that a process of this module is told."""
    if module not in KNOWN:
        return values
    known = KNOWN[module]
    return {name: value for name, value in values.items() if name in known or not is_secret(name)}


def is_secret(name: str) -> bool:
    return name in SECRETS or name.startswith(STORAGE)
