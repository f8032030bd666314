"""The primitives give the published answers, so that ours rest on what others have checked."""

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def test_aes_256_gcm_gives_the_answer_of_its_specification() -> None:
    """McGrew and Viega, The Galois/Counter Mode of Operation, appendix B, test case 16."""
    key = bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2)
    nonce = bytes.fromhex("cafebabefacedbaddecaf888")
    bound = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    plain = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    sealed = bytes.fromhex(
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b"
    )
    assert AESGCM(key).encrypt(nonce, plain, bound) == sealed


def test_hkdf_sha256_gives_the_answer_of_its_specification() -> None:
    """RFC 5869, appendix A.3: no salt, as the vault uses it."""
    derived = HKDF(SHA256(), 42, salt=None, info=b"").derive(b"\x0b" * 22)
    assert derived.hex() == (
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    )


def test_argon2id_gives_the_answer_of_the_reference_implementation() -> None:
    """The reference implementation's src/test.c, Argon2id version 19, 256 KiB, two passes, one lane."""
    stretched = hash_secret_raw(b"password", b"somesalt", 2, 256, 1, 32, Type.ID)
    assert stretched.hex() == "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"
