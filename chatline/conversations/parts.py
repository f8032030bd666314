"""Splitting."""


def split(text: str, most: int = 1600) -> list[str]:
    return [text[at : at + most] for at in range(0, len(text), most)] or [text]
