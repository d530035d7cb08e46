"""What forgers do to an export: lists made anew, a chain built again with right hashes, all signed by another."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from storage import bag, merkle
from storage.canonical import canonical_bytes
from storage.chained import ZERO, CheckpointRecord, entry_hash, payload_hash, read_checkpoint
from storage.keys import Signer
from storage.verify import Report


def codes(report: Report) -> list[tuple[str, str]]:
    return [(finding.code, finding.path) for finding in report.findings]


def files_of(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def lines_of(folder: Path, path: str) -> list[bytes]:
    return (folder / path).read_bytes().splitlines(keepends=True)


def make_lists_anew(folder: Path, signer: Signer | None = None) -> None:
    """What somebody does who knows BagIt, with a key of his own or none."""
    hashes = {
        path: hashlib.sha256((folder / path).read_bytes()).hexdigest()
        for path in files_of(folder)
        if path.startswith("data/")
    }
    signature = (folder / bag.SIGNATURE).read_bytes()
    heads = json.loads(signature).get("chains", {})
    if signer is not None:
        heads = {chain: head for path in hashes if path.endswith(bag.CHAIN) for chain, head in _head(folder, path)}
    bag.finish(
        folder, hashes, heads, {}, "2026-02-02T00:00:00.000000Z", signer or Signer.load_or_create(folder.parent / "k")
    )
    if signer is None:
        (folder / bag.SIGNATURE).write_bytes(signature)


def _head(folder: Path, path: str) -> Iterator[tuple[str, dict[str, int | str]]]:
    for raw in lines_of(folder, path)[-1:]:
        try:
            line = json.loads(raw)
            yield line["entry"]["chain"], {"seq": line["entry"]["seq"], "head": line["hash"]}
        except (ValueError, KeyError):
            return


def rebuild_chain(folder: Path, chain_path: str, change: Callable[[dict[str, object]], None]) -> None:
    """A chain made anew with right hashes: everything but the signature can be forged."""
    previous, out = ZERO, []
    for raw in lines_of(folder, chain_path):
        line = json.loads(raw)
        change(line["payload"])
        line["entry"]["payload_hash"] = payload_hash(line["salt"], line["payload"])
        line["entry"]["previous"] = previous
        previous = line["hash"] = entry_hash(canonical_bytes(line["entry"]))
        out.append(canonical_bytes(line) + b"\n")
    (folder / chain_path).write_bytes(b"".join(out))


def sign_anew(folder: Path, parent: str, signer: Signer, at: str | None = None) -> None:
    """All checkpoints of a chain by another key, over the chain as it now lies there."""
    hashes = [bytes.fromhex(json.loads(raw)["hash"]) for raw in lines_of(folder, f"{parent}/{bag.CHAIN}")]
    previous, out = ZERO, []
    for raw in lines_of(folder, f"{parent}/{bag.CHECKPOINTS}"):
        record = read_checkpoint(json.loads(raw))
        record = replace(
            record,
            at=at or record.at,
            head=hashes[record.seq - 1].hex(),
            root=merkle.root(hashes[: record.seq]).hex(),
            key_id=signer.key_id,
            previous=previous,
        )
        record = signed(record, signer)
        previous = record.mark()
        out.append(canonical_bytes(record.line()) + b"\n")
    (folder / parent / bag.CHECKPOINTS).write_bytes(b"".join(out))


def signed(record: CheckpointRecord, signer: Signer) -> CheckpointRecord:
    return replace(record, signature=signer.sign(record.signed_bytes()).hex())


def take_over(folder: Path, thief: Signer) -> None:
    """Everything signed by a key of the thief's own, which lies in the folder as the hub's does; no stamp is left."""
    for path in files_of(folder):
        if path.startswith((f"{bag.KEYS}/", f"{bag.AUTHORITIES}/")) or path.endswith(bag.TOKEN):
            (folder / path).unlink()
    (folder / bag.KEYS / f"{thief.key_id}.pem").write_text(thief.public_pem)
    (folder / bag.SUCCESSIONS).unlink(missing_ok=True)
    for path in files_of(folder):
        if path.endswith(bag.CHECKPOINTS):
            sign_anew(folder, path.rpartition("/")[0], thief)
    make_lists_anew(folder, thief)
