"""What pages say, gathered into `locale/*/LC_MESSAGES/django.po`, and what is translated there, compiled beside it.

python -m tools.messages

Gathered is what visitors read; a new template is theirs until it is named in `FOR_STAFF`, whose pages are in English.
So nothing in a catalogue waits for a translator in vain, and `tests/web/test_messages.py` can say what is missing. The
compiled catalogues are kept in the repository: whoever runs the line needs no gettext.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
LANGUAGES = ("es", "ar")

NOT_OURS = (".venv/*", "var/*", "tests/*", "tools/*", "node_modules/*")
FOR_STAFF = (
    "chatline/people/passwords.py",
    "chatline/web/accounts/*",
    "chatline/web/false_flags.py",
    "chatline/web/grants.py",
    "chatline/web/manage/*",
    "chatline/web/reach.py",
    "chatline/web/report*.py",
    "chatline/web/sites.py",
    "chatline/web/walls.py",
    "templates/429.html",
    "templates/account/*",
    "templates/demo/*",
    "templates/embed/check.html",
    "templates/grants/*",
    "templates/manage/*",
    "templates/mfa/*",
    "templates/registration/*",
    "templates/reports/*",
    "templates/staff/*",
    "templates/walls/*",
    "templates/desk.html",
    "templates/supervise.html",
    "templates/supervise/*",
    "templates/refused.html",
)

_OF_THE_DAY = ('"POT-Creation-Date:', '"Report-Msgid-Bugs-To:')


def gather(language: str) -> None:
    """Takes new sentences into the catalogue of this language and drops those that no page says any more."""
    ignored = [argument for one in (*NOT_OURS, *FOR_STAFF) for argument in ("--ignore", one)]
    # One line a sentence, no line numbers and no date: what changes in a catalogue is what changed in words.
    _django(
        "makemessages", "--locale", language, "--no-wrap", "--no-obsolete", "--add-location=file", *ignored
    )
    catalogue = LOCALE / language / "LC_MESSAGES" / "django.po"
    lines = catalogue.read_text().splitlines(keepends=True)
    catalogue.write_text("".join(line for line in lines if not line.startswith(_OF_THE_DAY)))


def compile_all() -> None:
    _django("compilemessages", "--ignore", ".venv")


def _django(*arguments: str) -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "CHATLINE_TEST_DB": "sqlite"}
    subprocess.run([sys.executable, "-m", "django", *arguments], cwd=ROOT, env=environment, check=True)


def main() -> None:
    for language in LANGUAGES:
        gather(language)
    compile_all()


if __name__ == "__main__":
    main()
