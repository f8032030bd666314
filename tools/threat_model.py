"""`python -m tools.threat_model`: writes deploy/threat-model.md anew from the facts."""

from pathlib import Path

from chatline.web.facts import threat_model

PLACE = Path(__file__).resolve().parent.parent / "deploy" / "threat-model.md"


def main() -> None:
    PLACE.write_text(threat_model(), encoding="utf-8")


if __name__ == "__main__":
    main()
