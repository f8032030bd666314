"""What pages say, gathered into `locale/*/LC_MESSAGES/django.po`, and what is translated there, compiled beside it.

python -m tools.messages

Spanish has every page. Arabic has those of visitors, so that nothing in its catalogue waits for a translator in vain; a
new template is a visitor's until it is named in `FOR_STAFF`. The compiled catalogues are kept in the repository: whoever
runs the line needs no gettext. `tests/web/test_messages.py` says what is missing.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"

NOT_OURS = (".venv/*", "var/*", "tests/*", "tools/*", "node_modules/*")
FOR_STAFF = (
    "templates/demo/*",
    "templates/manage/*",
    "templates/registration/*",
    "templates/staff/*",
    "templates/desk.html",
    "templates/supervise.html",
    "templates/refused.html",
)
LEFT_OUT = {"es": NOT_OURS, "ar": (*NOT_OURS, *FOR_STAFF)}
"""By language: which files it has nothing of."""


def gather(language: str) -> None:
    """Takes new sentences into the catalogue of this language and drops those that no page says any more."""
    ignored = [argument for one in LEFT_OUT[language] for argument in ("--ignore", one)]
    # One line a sentence and no line numbers: what changes in a catalogue is what changed in words.
    _django(
        "makemessages", "--locale", language, "--no-wrap", "--no-obsolete", "--add-location=file", *ignored
    )


def compile_all() -> None:
    _django("compilemessages", "--ignore", ".venv")


def _django(*arguments: str) -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    subprocess.run([sys.executable, "-m", "django", *arguments], cwd=ROOT, env=environment, check=True)


def main() -> None:
    for language in LEFT_OUT:
        gather(language)
    compile_all()


if __name__ == "__main__":
    main()
