"""Proof that some computing was done: what tells one person from a thousand made-up ones when many come at once.

The challenge is made from the tab's own token, so nothing is kept, and a proof serves nobody else.
"""

from __future__ import annotations

from hashlib import sha256

LONGEST = 20
"""Characters of an answer: more than any counter of an honest page has."""


def challenge_for(token: str, bits: int) -> str:
    """What is asked of the tab that `token` names; the page sends back a number that goes with it."""
    return f"{bits}:{token}"


def is_proof(challenge: str, answer: str) -> bool:
    """Whether SHA-256 of `challenge:answer` begins with as many zero bits as the challenge says."""
    if not answer or len(answer) > LONGEST:
        return False
    bits = int(challenge.partition(":")[0])
    digest = sha256(f"{challenge}:{answer}".encode()).digest()
    return int.from_bytes(digest) >> (256 - bits) == 0
