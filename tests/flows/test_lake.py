from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing

import pytest

from flows import lake
from flows.errors import ConfigurationError, CxError, DeliveryError
from flows.lake import Incoming
from tests.flows.landed import run, source, workspace_with


@pytest.fixture
def landed(tmp_path):
    (tmp_path / "crm.csv").write_text("id,a\n1,x\n2,y\n")
    workspace = workspace_with(tmp_path, crm=source("crm.csv", "id"))
    [package] = run(workspace)["crm"]
    return workspace, package


def test_a_package_is_found_again_by_its_name(landed):
    workspace, package = landed
    assert lake.package(workspace.lake, "crm", package.package) == package
    assert lake.packages(workspace.lake, "crm") == [package]
    assert lake.packages(workspace.lake, "other") == []


def test_data_that_was_tampered_with_is_refused_at_use(landed):
    workspace, package = landed
    content = bytearray(package.data.read_bytes())
    content[len(content) // 2] ^= 1
    package.data.write_bytes(content)
    with pytest.raises(DeliveryError, match=f"{package.package} is damaged"):
        package.verify()
    with pytest.raises(DeliveryError, match=f"{package.package} is damaged"):
        run(workspace)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"package": "x"}'])
def test_a_manifest_that_cannot_be_read_is_refused_with_the_package(landed, content):
    workspace, package = landed
    (package.data.parent / "manifest.json").write_text(content)
    with pytest.raises(DeliveryError, match=f"{package.package} is missing or damaged"):
        lake.packages(workspace.lake, "crm")


def test_a_package_under_another_name_is_refused(landed):
    workspace, package = landed
    package.data.parent.rename(workspace.lake / "crm" / "000002-0123456789ab")
    with pytest.raises(DeliveryError, match="000002-0123456789ab is missing or damaged"):
        lake.packages(workspace.lake, "crm")


def test_what_a_killed_run_left_is_no_package_and_is_swept(landed):
    workspace, package = landed
    left = workspace.lake / "crm" / ".incoming-1-abc"
    left.mkdir()
    (left / "data.parquet").write_bytes(b"half")
    assert lake.packages(workspace.lake, "crm") == [package]
    run(workspace)
    assert not left.exists()


def test_an_error_while_writing_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), Incoming(tmp_path, "crm", needed=1) as incoming:  # noqa: PT012
        incoming.data.write_bytes(b"half")
        raise RuntimeError
    assert list((tmp_path / "crm").iterdir()) == []


def test_a_second_package_of_the_same_name_never_replaces_the_first(landed):
    workspace, package = landed
    manifest = json.loads((package.data.parent / "manifest.json").read_text())
    with Incoming(workspace.lake, "crm", needed=1) as incoming:
        incoming.data.write_bytes(b"other")
        with pytest.raises(CxError, match="is already there"):
            incoming.commit(manifest)
    package.verify()


def test_a_file_where_the_lake_should_be_is_named(tmp_path):
    (tmp_path / "lake").write_text("")
    with pytest.raises(CxError, match="cannot be written"), Incoming(tmp_path / "lake", "crm", needed=1):
        pass


LAND_UNDER_A_LIMIT = """
import resource, sys
from flows.errors import CxError
from flows.workspace import Workspace
from tests.flows.landed import run
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    run(Workspace.load(sys.argv[1]))
except CxError as error:
    sys.exit(str(error))
"""


@pytest.mark.parametrize(("kind", "limit"), [("file", 0), ("file", 100_000), ("query", 100_000)])
def test_a_full_disk_ends_in_a_sentence_and_leaves_nothing(tmp_path, monkeypatch, kind, limit):
    text = os.urandom(600_000).hex()
    content = "id,a\n" + "".join(f"{row},{text[row : row + 500]}\n" for row in range(0, 1_000_000, 500))
    (tmp_path / "crm.csv").write_text(content)
    declared = source("crm.csv", "id", "a")
    if kind == "query":
        with closing(sqlite3.connect(tmp_path / "crm.sqlite")) as connection, connection:
            connection.execute("create table crm (id, a)")
            connection.executemany(
                "insert into crm values (?, ?)", [line.split(",") for line in content.splitlines()[1:]]
            )
        declared = source(None, "id", "a", database={"url_env": "CRM_URL", "query": "select * from crm"})
        monkeypatch.setenv("CRM_URL", f"sqlite:///{tmp_path}/crm.sqlite")
    workspace = workspace_with(tmp_path, crm=declared)
    command = [sys.executable, "-W", "error", "-c", LAND_UNDER_A_LIMIT, str(tmp_path), str(limit)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("the disk is full, or a limit on file size is reached")
    assert str(workspace.lake / "crm") in done.stderr
    assert "MB are free" in done.stderr
    assert "make room for about" in done.stderr
    assert "Traceback" not in done.stderr
    assert list((workspace.lake / "crm").iterdir()) == []
    [package] = run(workspace)["crm"]
    assert package.rows == 2_000


def test_the_salt_is_made_once_for_its_owner_only(tmp_path, monkeypatch):
    monkeypatch.delenv("CX_SALT", raising=False)
    workspace = workspace_with(tmp_path)
    made = lake.salt(workspace)
    assert len(made) == 64
    assert lake.salt(workspace) == made
    assert stat.S_IMODE((workspace.var / "salt").stat().st_mode) == 0o600
    assert [path.name for path in workspace.var.iterdir()] == ["salt"]


def test_the_salt_of_the_environment_comes_first(tmp_path, monkeypatch):
    monkeypatch.setenv("CX_SALT", "pepper")
    assert lake.salt(workspace_with(tmp_path)) == "pepper"
    assert not (tmp_path / "var" / "salt").exists()


def test_an_emptied_salt_is_refused_and_not_made_anew(tmp_path, monkeypatch):
    monkeypatch.delenv("CX_SALT", raising=False)
    workspace = workspace_with(tmp_path)
    workspace.var.mkdir()
    (workspace.var / "salt").write_text("\n")
    with pytest.raises(ConfigurationError, match="the salt is empty"):
        lake.salt(workspace)
    assert (workspace.var / "salt").read_text() == "\n"
