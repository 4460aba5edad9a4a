"""A real MLflow server over TLS that wants a certificate from its clients as well."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from platformctl.adapters.registry.rest.registry import RestRegistry
from platformctl.domain.errors import NotFound, SpecError, Unreachable
from platformctl.domain.version_ref import Newest
from tests.mlflow_server import Server, mlflow_server

pytestmark = pytest.mark.quick

_CA, _CLIENT = "MLFLOW_TRACKING_SERVER_CERT_PATH", "MLFLOW_TRACKING_CLIENT_CERT_PATH"
_INSECURE = "MLFLOW_TRACKING_INSECURE_TLS"


def _self_signed(file: Path) -> Path:
    """Write a certificate for 127.0.0.1 that is its own authority, with its key, as one PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, file.stem)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(secret + certificate.public_bytes(Encoding.PEM))
    return file


@pytest.fixture(scope="module")
def pems(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("pems")
    return {name: str(_self_signed(folder / f"{name}.pem")) for name in ("server", "client", "stranger")}


@pytest.fixture(scope="module")
def secure(pems: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    trust = ssl.create_default_context(cafile=pems["server"])
    trust.load_cert_chain(pems["client"])
    options = (
        f"--ssl-keyfile {pems['server']} --ssl-certfile {pems['server']} "
        f"--ssl-ca-certs {pems['client']} --ssl-cert-reqs {int(ssl.CERT_REQUIRED)}"
    )
    folder = tmp_path_factory.mktemp("secure")
    with mlflow_server(folder, "--uvicorn-opts", options, scheme="https", trust=trust) as running:
        yield running


def _ask(server: Server, **environ: str) -> None:
    RestRegistry(server.uri, environ).resolve("churn", Newest())


def test_its_authority_and_our_certificate_let_in(secure: Server, pems: dict[str, str]) -> None:
    with pytest.raises(NotFound, match="the registry has no model 'churn'"):
        _ask(secure, **{_CA: pems["server"], _CLIENT: pems["client"]})


def test_what_requests_reads_is_read_too(secure: Server, pems: dict[str, str]) -> None:
    with pytest.raises(NotFound):
        _ask(secure, REQUESTS_CA_BUNDLE=pems["server"], **{_CLIENT: pems["client"]})


def test_insecure_asks_for_no_authority(secure: Server, pems: dict[str, str]) -> None:
    with pytest.raises(NotFound):
        _ask(secure, **{_INSECURE: "true", _CLIENT: pems["client"]})


@pytest.mark.parametrize("authority", [None, "stranger"])
def test_an_authority_that_is_not_known_says_which_variable(
    secure: Server, pems: dict[str, str], authority: str | None
) -> None:
    environ = {_CLIENT: pems["client"]} | ({_CA: pems[authority]} if authority else {})
    with pytest.raises(Unreachable, match="certificate") as answer:
        _ask(secure, **environ)
    assert _CA in str(answer.value.hint)


@pytest.mark.parametrize("certificate", [None, "stranger"])
def test_a_certificate_that_is_missing_or_wrong_says_which_variable(
    secure: Server, pems: dict[str, str], certificate: str | None
) -> None:
    environ = {_CA: pems["server"]} | ({_CLIENT: pems[certificate]} if certificate else {})
    with pytest.raises(Unreachable, match=r"TLS failed|broke off") as answer:
        _ask(secure, **environ)
    assert _CLIENT in str(answer.value.hint)


def test_values_that_cannot_be_meant(pems: dict[str, str], tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()
    wrong: list[tuple[dict[str, str], str]] = [
        ({_INSECURE: "true", _CA: pems["server"]}, _INSECURE),
        ({_INSECURE: "yes"}, _INSECURE),
        ({_CA: str(tmp_path / "none.pem")}, _CA),
        ({_CA: str(empty)}, _CA),
        ({_CLIENT: str(empty)}, _CLIENT),
        ({_CLIENT: str(tmp_path / "none.pem")}, _CLIENT),
    ]
    for environ, field in wrong:
        with pytest.raises(SpecError) as error:
            RestRegistry("https://mlflow.example", environ)
        assert (error.value.field, bool(error.value.hint)) == (field, True)
