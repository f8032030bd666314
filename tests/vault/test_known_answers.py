"""What was sealed yesterday opens tomorrow: stored answers, made once by a separate program.

Should one of these fail, the format has changed and no installation can read its rows: give it a new version.
"""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from chatline.vault import Fingerprinter, Keyring, Place, Sealer, box, seal, unseal

pytestmark = [pytest.mark.requirement("R-04")]

ANSWERS: dict[str, Any] = json.loads(Path(__file__).with_name("vectors.json").read_text())
OWNER = UUID(ANSWERS["owner"])
KEY = bytes.fromhex(ANSWERS["key"])
PLACE = Place(owner=OWNER, **ANSWERS["place"])

envelopes = pytest.mark.parametrize("answer", ANSWERS["envelopes"], ids=range(len(ANSWERS["envelopes"])))


@pytest.fixture
def fixed_nonce(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box, "fresh_nonce", lambda: bytes.fromhex(ANSWERS["nonce"]))


@pytest.fixture
def keyring() -> Keyring:
    return Keyring.parse(base64.b64encode(bytes.fromhex(ANSWERS["root"])).decode())


@envelopes
@pytest.mark.usefixtures("fixed_nonce")
def test_words_seal_to_the_stored_envelope(answer: dict[str, str]) -> None:
    assert seal(KEY, answer["words"], PLACE).hex() == answer["sealed"]


@envelopes
def test_a_stored_envelope_opens_to_its_words(answer: dict[str, str]) -> None:
    assert unseal(KEY, bytes.fromhex(answer["sealed"]), PLACE) == answer["words"]


@pytest.mark.parametrize("answer", ANSWERS["contents"], ids=range(len(ANSWERS["contents"])))
@pytest.mark.usefixtures("fixed_nonce")
def test_a_content_seals_to_the_stored_envelope_which_opens_to_it(answer: dict[str, Any]) -> None:
    content, sealer = bytes.fromhex(answer["unit"]) * answer["repeat"], Sealer(KEY)
    sealed = sealer.seal_bytes(content, PLACE)
    assert hashlib.sha256(sealed).hexdigest() == answer["sealed_sha256"]
    assert sealer.unseal_bytes(sealed, PLACE) == content


@pytest.mark.usefixtures("fixed_nonce")
def test_a_key_wraps_to_the_stored_answer(keyring: Keyring) -> None:
    assert keyring.wrap(KEY, OWNER).hex() == ANSWERS["wrapped"]


def test_a_stored_wrapped_key_unwraps(keyring: Keyring) -> None:
    assert keyring.unwrap(bytes.fromhex(ANSWERS["wrapped"]), OWNER) == KEY


@pytest.mark.parametrize("answer", ANSWERS["fingerprints"], ids=range(len(ANSWERS["fingerprints"])))
def test_a_number_has_the_stored_fingerprint(answer: dict[str, Any]) -> None:
    fingerprinter = Fingerprinter(bytes.fromhex(ANSWERS["secret"]), memory_kib=answer["memory_kib"])
    assert fingerprinter.of(answer["number"], UUID(ANSWERS["line"])).hex() == answer["fingerprint"]
