"""Which wave a customer belongs to by itself: a function of a published seed, so that anybody can recompute it.

The rule, also told at `/status/releases.json`:

1. `key` is the SHA-256 of the tenant's address (its slug, UTF-8), in hexadecimal.
2. `draw` is the first eight bytes of the SHA-256 of `seed + ":" + key`, as a whole number without sign, most
   significant byte first, divided by 2 to the power of 64: a number from 0 to 1.
3. The waves stand in the order of their letters. The wave is the first one up to which the percents add up to more
   than 100 times `draw`.

Nobody else is needed to know one's own wave, and no list of customers is published. While the seed stays, a customer in
the first wave stays there when its percent grows.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from hashlib import sha256

SIZE = 2**64
RULE = (
    "key = sha256(slug); draw = first 8 bytes of sha256(seed + ':' + key), big-endian, / 2^64; "
    "the wave is the first, by letter, up to which the percents add up to more than 100 * draw"
)


def new_seed() -> str:
    return secrets.token_hex(16)


def key_of(slug: str) -> str:
    """What stands for a tenant in the draw."""
    return sha256(slug.encode()).hexdigest()


def drawn(seed: str, key: str) -> int:
    """The draw in units of 1/2^64, so that nothing is rounded."""
    return int.from_bytes(sha256(f"{seed}:{key}".encode()).digest()[:8])


def wave_of(seed: str, key: str, percents: Mapping[str, int]) -> str:
    """The wave by itself. `percents`: wave to percent, adding up to 100; raises ValueError where they do not."""
    if not percents or sum(percents.values()) != 100 or min(percents.values()) < 0:
        raise ValueError("The percents of the waves must add up to 100.")
    draw, reached = drawn(seed, key) * 100, 0
    for wave in sorted(percents):
        reached += percents[wave] * SIZE
        if draw < reached:
            return wave
    raise AssertionError("unreachable: the draw is below 1")
