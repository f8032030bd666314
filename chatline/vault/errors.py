"""What can go wrong in the vault. No message ever holds a key, a word or a number."""


class VaultError(Exception):
    """The vault refuses; the parent of every error it raises on purpose."""


class BadKeys(VaultError):
    """Keys that cannot be used; the message says what the operator has to do."""


class KeyUnknown(VaultError):
    """Sealed under a key that is not at hand: a wrong one was given, or a root key was removed too soon."""


class Tampered(VaultError):
    """What was sealed is damaged, was changed, or lies in another place than it was sealed for."""
