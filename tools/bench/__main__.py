"""Figures of this machine, each beside something to compare with: all of them, or one.

python -m tools.bench                    all, one after another
python -m tools.bench chat --help        messages per second beside a bare relay
python -m tools.bench desks --help       a full shift: queue, claims and flags on every screen, beside a bare group
python -m tools.bench texts --help       queued texts handed to the provider's stand-in
python -m tools.bench webhook --help     a text taken in, beside a view that inserts one row
"""

import sys

from tools.bench import chat, desks, texts, webhook

PARTS = {"chat": chat.main, "desks": desks.main, "texts": texts.main, "webhook": webhook.main}


def main() -> None:
    part, *arguments = sys.argv[1:] or ["all"]
    if part == "all":
        for one in PARTS.values():
            one([])
    elif part in PARTS:
        PARTS[part](arguments)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
