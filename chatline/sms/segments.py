from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Segments:
    parts: int


def count(text: str) -> Segments:
    return Segments(-(-len(text) // 153) if len(text) > 160 else 1)
