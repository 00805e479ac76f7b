"""`cx doctor`: what could stop a run, found before it does, each problem with its remedy."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flows.errors import CxError
from flows.sources.declaration import Source
from flows.workspace import Workspace

FONTS = {"Inter": "fonts-inter", "Noto Sans CJK": "fonts-noto-cjk"}
#: A build of the demo needs about a tenth of this.
FREE_BYTES = 2_000_000_000


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it is well, and if not what to do."""

    what: str
    well: bool
    remedy: str = ""


def examine(root: Path) -> Iterator[Finding]:
    """Everything a run needs, in the order it needs it. Never raises: a problem is a finding."""
    yield Finding(f"Python {sys.version.split()[0]}", sys.version_info >= (3, 11), "install Python 3.11 or later")
    yield from _libraries()
    yield from _fonts()
    try:
        workspace = Workspace.load(root)
    except CxError as error:
        yield Finding(f"workspace: {error.where}: {error.what}", False, error.remedy)
        return
    yield Finding(f"workspace {workspace.settings.name}, {workspace.settings.timezone}", True)
    yield _writable(workspace)
    yield from _declarations(workspace)
    yield _mail_server(workspace)


def _libraries() -> Iterator[Finding]:
    code = (
        "import weasyprint, sys; from weasyprint.text.ffi import harfbuzz_subset; sys.exit(0 if harfbuzz_subset else 3)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    remedy = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
    yield Finding("WeasyPrint's libraries (Pango, HarfBuzz)", result.returncode == 0, remedy)


def _fonts() -> Iterator[Finding]:
    lister = shutil.which("fc-list")
    if lister is None:
        yield Finding("fontconfig", False, "apt-get install fontconfig")
        return
    families = subprocess.run([lister, ":", "family"], capture_output=True, text=True).stdout
    for family, package in FONTS.items():
        yield Finding(f"font {family}", family in families, f"apt-get install {package}")


def _writable(workspace: Workspace) -> Finding:
    try:
        workspace.var.mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=workspace.var):
            pass
        free = shutil.disk_usage(workspace.var).free
    except OSError as error:
        return Finding(
            f"var/ is not writable: {os.strerror(error.errno or 0)}", False, "make it writable for this user"
        )
    return Finding(f"var/ is writable, {free / 1e9:.1f} GB free", free > FREE_BYTES, "make room: at least 2 GB")


def _declarations(workspace: Workspace) -> Iterator[Finding]:
    from flows.delivery.addresses import require_recipients
    from flows.kpis import declared_facts
    from flows.lexicon import terms_of
    from flows.sources.declaration import load_sources

    try:
        facts = declared_facts(workspace)
        yield Finding(f"{sum(len(meta.kpis) for meta in facts.values())} KPIs declared", True)
    except CxError as error:
        yield Finding(f"{error.where}: {error.what}", False, error.remedy)
    try:
        yield Finding(f"{len(terms_of(workspace))} terms in the lexicon", True)
    except CxError as error:
        yield Finding(f"{error.where}: {error.what}", False, error.remedy)
    try:
        yield Finding(f"{len(require_recipients(workspace))} recipients", True)
    except CxError as error:
        yield Finding(f"{error.where}: {error.what}", False, error.remedy)
    try:
        sources = load_sources(workspace)
    except CxError as error:
        yield Finding(f"{error.where}: {error.what}", False, error.remedy)
        return
    for source in sources:
        try:
            yield Finding(f"source {source.name}: {_readable(workspace, source)}", True)
        except CxError as error:
            yield Finding(f"source {source.name}: {error.what}", False, error.remedy)


def _readable(workspace: Workspace, source: Source) -> str:
    """What a source would pull now, its first file opened; raises CxError when it cannot."""
    from contextlib import closing

    from flows.sources.columns import is_personal_field, kept_columns, named_columns
    from flows.sources.databases import QueryExtract
    from flows.sources.declaration import load_sources
    from flows.sources.extract import Origin
    from flows.sources.files import files_of, open_extract

    period = workspace.last_period()
    if source.database:
        with closing(QueryExtract(source, period, lambda name: is_personal_field(source, name))) as extract:
            return f"a query with {len(extract.headers)} columns"
    found = files_of(workspace, source, period)
    path, name = found[-1]
    origin = Origin(source.name, name)
    with closing(open_extract(path, source.files, origin, lambda header: is_personal_field(source, header))) as extract:
        named = named_columns(load_sources(workspace))[source.name]
        kept = kept_columns(source, named, extract.headers, where=str(origin))
        return f"{len(found)} files, {len(kept)} of {len(extract.headers)} columns kept"


def _mail_server(workspace: Workspace) -> Finding:
    mail = workspace.settings.mail
    if mail.transport == "outbox":
        return Finding("mail goes into var/outbox as .eml files", True)
    try:
        with socket.create_connection((mail.host, mail.port), timeout=10):
            return Finding(f"mail server {mail.host}:{mail.port} answers", True)
    except OSError as error:
        return Finding(
            f"mail server {mail.host}:{mail.port} does not answer ({error.strerror or type(error).__name__})",
            False,
            'check [mail] in cx.toml and the network, or use transport = "outbox" meanwhile',
        )
