"""The lake: landed extracts as packages, directories of ``data.parquet`` and ``manifest.json`` that never change."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from flows import settings
from flows.errors import ConfigurationError, CxError, DeliveryError
from flows.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = re.compile(r"(?P<sequence>\d{6})-[0-9a-f]{12}(?:-(?P<edition>\d+))?")
_INCOMING = ".incoming-"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True)
class Package:
    """One landed extract. ``sha256`` and ``bytes`` are the original's, ``headers`` all it had, ``columns`` the kept.

    ``first_date`` and ``last_date`` are ISO text in the source's time zone, null when the source declares no dates.
    """

    package: str
    source: str
    sha256: str
    bytes: int
    origin: str
    rows: int
    headers: list[str]
    columns: list[str]
    pulled_at: str
    load: str
    first_date: str | None
    last_date: str | None
    data: Path
    data_sha256: str = ""
    #: Fingerprint of how the extract was read (encoding, delimiter, dates, ...).
    reading: str = ""
    #: Fingerprint of the keys' declarations and the salt; null when the source declares no keys.
    keyed: str | None = None

    @property
    def sequence(self) -> int:
        """The place among the source's extracts, from 1 in order of first landing."""
        return int(_NAME.fullmatch(self.package)["sequence"])

    @property
    def edition(self) -> int:
        """1 for the first landing of an extract, 2 when it was landed again with more columns, and so on."""
        return int(_NAME.fullmatch(self.package)["edition"] or 1)

    def verify(self) -> None:
        """Raise DeliveryError when data.parquet is not the bytes that were landed."""
        try:
            found = sha256_of(self.data)
        except OSError:
            found = ""
        if found != self.data_sha256:
            raise DeliveryError(
                f"the landed package {self.package} is damaged: its data is not what its manifest says",
                f"restore var/lake/{self.source}/{self.package} from a backup, or remove it and pull the extract again",
                where=self.source,
            )


def packages(lake: Path, source: str) -> list[Package]:
    """Every package of ``source`` in order of sequence; raises DeliveryError naming one whose manifest is damaged."""
    directory = lake / source
    if not directory.is_dir():
        return []
    found = [load(path) for path in directory.iterdir() if _NAME.fullmatch(path.name)]
    return sorted(found, key=lambda package: (package.sequence, package.edition))


def package(lake: Path, source: str, name: str) -> Package:
    """One package by name; raises DeliveryError when it is gone, damaged or not what its manifest says."""
    found = load(lake / source / name)
    found.verify()
    return found


def load(directory: Path) -> Package:
    """The package in ``directory`` from its manifest; raises DeliveryError when that cannot be read."""
    try:
        manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
        names = {field.name for field in fields(Package)} - {"data"}
        found = Package(data=directory / "data.parquet", **{name: manifest[name] for name in names})
    except (OSError, ValueError, KeyError, TypeError):
        found = None
    if found is None or found.package != directory.name or not found.data.is_file():
        raise DeliveryError(
            f"the landed package {directory.name} is missing or damaged",
            f"restore var/lake/{directory.parent.name}/{directory.name} from a backup, "
            "or remove it and pull the extract again",
            where=directory.parent.name,
        )
    return found


def latest_editions(found: list[Package]) -> list[Package]:
    """Each extract once, in order of sequence, in its newest edition."""
    by_sequence = {package.sequence: package for package in found}
    return [by_sequence[sequence] for sequence in sorted(by_sequence)]


def sweep(lake: Path, source: str) -> None:
    """Remove what a killed run left half-written. Only the run that holds the workspace may call it."""
    for left in (lake / source).glob(f"{_INCOMING}*"):
        shutil.rmtree(left, ignore_errors=True)


class Incoming:
    """A package being written beside the lake's packages; it becomes one by ``commit``, or leaves nothing behind.

    ``needed`` is a guess of the bytes it will take, for the sentence when the disk is full.
    """

    def __init__(self, lake: Path, source: str, *, needed: int) -> None:
        self._home = lake / source
        self.needed = needed
        self.directory = self._home / f"{_INCOMING}{os.getpid()}-{secrets.token_hex(4)}"
        self.data = self.directory / "data.parquet"

    def __enter__(self) -> Incoming:
        with self.storing():
            self._home.mkdir(parents=True, exist_ok=True)
            self.directory.mkdir(mode=0o700)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)

    @contextmanager
    def storing(self) -> Iterator[None]:
        """Turn a failure to write into a CxError that names the directory and what is needed."""
        try:
            yield
        except OSError as error:
            raise self._cannot_write(error) from None

    def commit(self, manifest: dict[str, Any]) -> Package:
        """Write ``manifest`` (all of Package but data, data_sha256 and pulled_at), make it durable and visible."""
        with self.storing():
            manifest |= {
                "data_sha256": sha256_of(self.data),
                "pulled_at": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            with (self.directory / "manifest.json").open("w", encoding="utf-8") as file:
                json.dump(manifest, file, ensure_ascii=False, indent=2)
                file.write("\n")
                make_durable(file)
            sync(self.directory)
            final = self._home / manifest["package"]
            if final.exists():
                raise CxError(
                    f"the package {manifest['package']} is already there",
                    "another run is landing the same source; wait for it and run again",
                    where=manifest["source"],
                )
            self.directory.rename(final)
            sync(self._home)
        return load(final)

    def _cannot_write(self, error: OSError) -> CxError:
        if error.errno not in _FULL:
            why = os.strerror(error.errno) if error.errno else type(error).__name__
            return CxError(f"{self._home} cannot be written: {why}", "check its owner and its file system, run again")
        free = ""
        with suppress(OSError):
            free = f", and {megabytes(shutil.disk_usage(self._home).free)} are free"
        return CxError(
            f"the disk is full, or a limit on file size is reached: {self._home} cannot take the extract{free}",
            f"make room for about {megabytes(self.needed)} there and run again; nothing half-written was left",
        )


def salt(workspace: Workspace) -> str:
    """What keys are hashed with: ``CX_SALT``, or ``var/salt``, made here when there is none yet (mode 0600)."""
    given = settings.optional("CX_SALT")
    if given:
        return given
    path = workspace.var / "salt"
    try:
        if not path.exists():
            workspace.var.mkdir(parents=True, exist_ok=True)
            _write_secret(path, secrets.token_hex(32))
        found = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CxError(
            f"the salt cannot be read or made: {type(error).__name__}",
            "check var/salt, or set CX_SALT",
            where=str(path),
        ) from None
    if not found:
        raise ConfigurationError(
            "the salt is empty", "restore var/salt from a backup; a new one would part customers from their past"
        )
    return found


def _write_secret(path: Path, text: str) -> None:
    """Write under another name first: a salt that is there is whole. The first of two writers wins."""
    draft = path.with_name(f".salt-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(text + "\n")
            make_durable(file)
        with suppress(FileExistsError):
            os.link(draft, path)
        sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def make_durable(file: Any) -> None:
    """Flush an open file down to the disk."""
    file.flush()
    os.fsync(file.fileno())


def sync(path: Path) -> None:
    """Flush a closed file, or a folder's list of names, down to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex; raises OSError."""
    with path.open("rb") as file:
        return _digest(file)


def _digest(file: BinaryIO) -> str:
    return hashlib.file_digest(file, "sha256").hexdigest()


def megabytes(count: int) -> str:
    """A number of bytes for reading, in MB of 1,000,000 bytes, rounded up."""
    return f"{-(-count // 1_000_000):,} MB"
