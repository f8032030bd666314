"""A hook proves by its certificate who it is, though its address was looked up before."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from chatline.paging import request
from tests.paging.receivers import receiver


def certificate(of: str, folder: Path) -> Path:
    """One that vouches for itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, of)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(of))]), critical=False)
        .sign(key, SHA256())
    )
    file = folder / "certificate.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    return file


def server(file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def trust(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.create_default_context(cafile=str(file))
    monkeypatch.setattr(request, "_tls", lambda: context)


def test_a_certificate_that_nobody_vouches_for_is_refused_before_a_byte_is_told(tmp_path: Path) -> None:
    stranger = server(certificate("127.0.0.1", tmp_path))
    with receiver(tls=stranger) as system, pytest.raises(ssl.SSLCertVerificationError):
        request.post(system.url, b"{}", {})
    assert system.got == []


def test_a_certificate_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = certificate("127.0.0.2", tmp_path)
    trust(file, monkeypatch)
    with receiver(tls=server(file)) as system, pytest.raises(ssl.SSLCertVerificationError):
        request.post(system.url, b"{}", {})


def test_with_a_good_one_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = certificate("127.0.0.1", tmp_path)
    trust(file, monkeypatch)
    with receiver(tls=server(file)) as system:
        assert request.post(system.url, b"{}", {"Chatline-Id": "1"}) == 204
    assert system.got[0].body == b"{}"
