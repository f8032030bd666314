"""`chatline <command>`: Django's management behind one word."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatline.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    # Settings are read before a command can parse its options, so what they decide is handed on here.
    os.environ.setdefault("CHATLINE_ROLE", command)
    if command == "demo":
        os.environ.setdefault("CHATLINE_DEMO", "1")
        if "--port" in sys.argv[:-1]:
            port = sys.argv[sys.argv.index("--port") + 1]
            os.environ.setdefault("CHATLINE_PUBLIC_URL", f"http://127.0.0.1:{port}")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
