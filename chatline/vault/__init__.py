"""Sealing words and numbers; knows no model and no Django.

Root keys (`Keyring`) wrap one key for each month, which (`Wrapper`) wraps one for each owner; an owner's key (`seal`,
`unseal`, or a `Sealer` for many) seals words, each for its `Place`; a `Fingerprinter` finds a number again without
keeping it; a `Signer` signs.
What the vault refuses, it refuses with a `VaultError`.
"""

from .envelope import Place, Sealer, seal, unseal
from .errors import BadKeys, KeyUnknown, Tampered, VaultError
from .fingerprint import Fingerprinter
from .keyring import Keyring, root_of
from .signing import Signer, signers, verify_signature
from .wrapping import Wrapper
from .written import read_keys

__all__ = [
    "BadKeys",
    "Fingerprinter",
    "KeyUnknown",
    "Keyring",
    "Place",
    "Sealer",
    "Signer",
    "Tampered",
    "VaultError",
    "Wrapper",
    "read_keys",
    "root_of",
    "seal",
    "signers",
    "unseal",
    "verify_signature",
]
