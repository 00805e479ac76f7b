"""What CONTRIBUTING.md says about the code, asked of the code: who imports whom, names, sizes, descriptions, paths."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from flows.settings import DBT_PROJECT, PROJECT_ROOT

#: Which files may import what is slow or belongs to one room (CONTRIBUTING.md, "Who may import whom").
ROOMS = {
    "prefect": {"flows/monthly_report.py", "flows/node_tasks.py", "flows/deployments.py"},
    "prefect_dbt": {"flows/node_tasks.py"},
    "dbt": {"flows/node_tasks.py"},
    "dbt_common": {"flows/node_tasks.py"},
    "great_expectations": {"expectations/"},
    "weasyprint": {"report_templates/"},
    "altair": {"report_templates/"},
    "vl_convert": {"report_templates/"},
}
HEAVY = {"duckdb", "pyarrow", "pandas", "sqlalchemy", "great_expectations", "weasyprint", "altair", "prefect", "dbt"}
CODE = ("flows", "expectations", "report_templates", "dbt_project")
#: Settings reads; a worker hands its children the whole environment; the parent tells dbt's child where it builds;
#: WeasyPrint and Prefect are told something that they read nowhere else. None of the others reads a setting.
ENVIRONMENT = {
    "flows/settings.py": {"get", "setdefault"},
    "flows/workers.py": {"whole"},
    "flows/node_tasks.py": {"update"},
    "flows/cli.py": {"setdefault"},
    "report_templates/pdf.py": {"get", "set", "delete"},
}


@cache
def tracked() -> tuple[str, ...]:
    """Every file of the project, also those about to be added, as posix paths."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, check=True, text=True).stdout
    return tuple(sorted(name for name in listed.split("\0") if name and (PROJECT_ROOT / name).is_file()))


def modules(*folders: str) -> list[str]:
    return [name for name in tracked() if name.endswith(".py") and name.startswith(tuple(f"{f}/" for f in folders))]


@cache
def parsed(name: str) -> ast.Module:
    return ast.parse((PROJECT_ROOT / name).read_text(encoding="utf-8"), name)


@cache
def texts() -> dict[str, str]:
    """Every tracked file that is text."""
    found = {}
    for name in tracked():
        data = (PROJECT_ROOT / name).read_bytes()
        if b"\0" not in data:
            found[name] = data.decode("utf-8", "replace")
    return found


def imported(name: str) -> set[str]:
    """Top-level packages a module imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(parsed(name)):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").split(".")[0])
        elif (  # importlib.import_module("x"), __import__("x")
            isinstance(node, ast.Call)
            and (getattr(node.func, "attr", "") or getattr(node.func, "id", "")) in {"import_module", "__import__"}
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            found.add(str(node.args[0].value).split(".")[0])
    return found


def test_the_search_for_imports_sees_those_inside_functions() -> None:
    assert "prefect" in imported("flows/node_tasks.py")
    assert "great_expectations" in imported("expectations/gates.py")


@pytest.mark.parametrize("package", sorted(ROOMS))
def test_only_its_own_room_imports(package: str) -> None:
    importing = {name for name in modules(*CODE) if package in imported(name)}
    elsewhere = {
        name for name in importing if not any(name == room or name.startswith(room) for room in ROOMS[package])
    }
    assert importing, f"nothing imports {package} any more: take it out of this test and of pyproject.toml"
    assert not elsewhere, f"{package} is imported by {sorted(elsewhere)}; move that into {sorted(ROOMS[package])}"


@pytest.mark.parametrize("room", ["expectations", "report_templates"])
def test_a_room_of_its_own_knows_little_of_the_flows(room: str) -> None:
    """They are started as processes of their own; what they need of a run comes with the request."""
    allowed = {"flows.errors", "flows.settings", "flows.workers", "flows.period"}
    for name in modules(room):
        for node in ast.walk(parsed(name)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "flows":
                assert node.module in allowed, f"{name} imports {node.module}; let the request carry what it needs"


def _uses_of_the_environment(name: str) -> Iterator[str]:
    tree = parsed(name)
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            yield from (alias.name for alias in node.names if alias.name in {"environ", "getenv"})
        if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os"):
            continue
        if node.attr == "getenv":
            yield "getenv"
        elif node.attr in {"environ", "environb"}:
            parent = parents[node]
            if isinstance(parent, ast.Attribute):
                yield parent.attr
            elif isinstance(parent, ast.Subscript):
                yield {"Load": "get", "Store": "set", "Del": "delete"}[type(parent.ctx).__name__]
            else:
                yield "whole"


def test_only_settings_reads_the_environment() -> None:
    found = {name: set(_uses_of_the_environment(name)) for name in modules(*CODE)}
    for name, uses in found.items():
        beyond = uses - ENVIRONMENT.get(name, set())
        assert not beyond, f"{name} uses os.environ ({', '.join(beyond)}); ask flows.settings instead"
    assert found["flows/settings.py"] == ENVIRONMENT["flows/settings.py"]


@pytest.mark.parametrize("word", ["utils", "util", "helpers", "helper", "common", "misc"])
def test_no_module_or_folder_has_a_name_that_says_nothing(word: str) -> None:
    named = [name for name in tracked() if word in {part.removesuffix(".py") for part in Path(name).parts}]
    assert not named, f"name {named} after what is in it"


def test_no_file_is_longer_than_one_can_read_at_a_sitting() -> None:
    code = {name: text for name, text in texts().items() if name.endswith((".py", ".sql", ".j2", ".css", ".yml"))}
    long = {name: text.count("\n") for name, text in code.items() if text.count("\n") > 500}
    assert not long, f"look for a seam in {long}"


def test_the_command_line_starts_without_a_heavy_import() -> None:
    """`cx --help` and a mistake in cx.toml answer at once; what a verb needs is imported by the verb."""
    code = "import sys, json, flows.cli; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    result = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    loaded = set(json.loads(result.stdout))
    assert "typer" in loaded
    assert not loaded & HEAVY, f"import {sorted(loaded & HEAVY)} inside the functions that use it"


def test_the_stages_of_a_run_are_there_without_a_heavy_import() -> None:
    """Their processes are started before anything else is imported, so that slow imports overlap."""
    code = "import sys, json, flows.stages; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    result = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    loaded = set(json.loads(result.stdout)) & HEAVY
    assert not loaded, f"import {sorted(loaded)} inside the functions that use it"


MODELS = sorted((DBT_PROJECT / "models").rglob("*.sql")) + sorted((DBT_PROJECT / "models").rglob("*.py"))


def _declared_models() -> dict[str, dict]:
    found = {}
    for path in (DBT_PROJECT / "models").rglob("*.yml"):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            found[model["name"]] = model | {"file": path}
    return found


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_every_model_says_its_grain_in_a_yml_beside_it(path: Path) -> None:
    declared = _declared_models()
    assert path.stem in declared, f"describe {path.stem} in {path.with_suffix('.yml').name}"
    assert declared[path.stem]["file"].parent == path.parent, f"the yml of {path.stem} stands elsewhere"
    description = declared[path.stem].get("description", "").strip()
    assert description.startswith("One row per "), f"begin the description of {path.stem} with its grain: One row per …"


def test_no_yml_describes_a_model_that_is_not_there() -> None:
    assert set(_declared_models()) == {path.stem for path in MODELS}


def test_every_column_of_a_contract_is_described() -> None:
    for name, model in _declared_models().items():
        if name.startswith("fct_"):
            bare = [column["name"] for column in model["columns"] if not column.get("description", "").strip()]
            assert not bare, f"{name}: say what {bare} hold"


def test_every_test_of_dbt_written_by_hand_says_what_it_is_for() -> None:
    singular = sorted((DBT_PROJECT / "tests").rglob("*.sql"))
    for path in singular:
        text = path.read_text(encoding="utf-8").lstrip()
        assert text.startswith(("--", "{#", "{{")), f"begin {path.name} with a comment that says what must hold"


#: Where a check is made: the position of its description among the arguments.
CHECK_MAKERS = {"Check": 1, "no_rows_where": 1, "refused_by": 1, "has_rows": 0, "not_null": 1, "unique": 1, "Part": 1}


def test_every_check_has_a_description() -> None:
    """One list entry with a description is what a check is; the trust page and the refusal print it."""
    seen = 0
    for name in modules("expectations"):
        for node in ast.walk(parsed(name)):
            maker = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if maker not in CHECK_MAKERS:
                continue
            seen += 1
            place = CHECK_MAKERS[maker]
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            description = given.get("description") or (node.args[place] if len(node.args) > place else None)
            assert description is not None, f"{name}:{node.lineno}: {maker} without a description"
            if isinstance(description, ast.Constant):
                assert len(str(description.value)) > 10, f"{name}:{node.lineno}: say what must hold, in words"
    assert seen > 15


#: Written apart so that this file does not hold what it looks for.
PLACES = ("/" + "work/", "/" + "root/", "/" + "home/", "/" + "Users/")
INDEX_HOSTS = ("pypi." + "org", "files.python" + "hosted.org", "index" + "-url", "npm" + "js.org", "arti" + "factory")


def test_no_tracked_file_names_a_path_of_a_machine() -> None:
    found = [
        f"{name}:{number}"
        for name, text in texts().items()
        for number, line in enumerate(text.splitlines(), 1)
        if any(re.search(rf"(?<![\w.\-*]){re.escape(place)}\w", line) for place in PLACES)
    ]
    assert not found, f"make the path relative or ask for it: {found}"


def test_no_tracked_file_names_a_package_index() -> None:
    found = [
        f"{name}:{number}"
        for name, text in texts().items()
        for number, line in enumerate(text.splitlines(), 1)
        # The lock records the command it came from, which asks for no address to be written.
        if any(host in line.replace("--no-emit-index" + "-url", "") for host in INDEX_HOSTS)
    ]
    assert not found, f"which index is used is the machine's own business: {found}"


@pytest.mark.parametrize("name", ["requirements.lock", ".ci/uv.lock"])
def test_a_lock_pins_every_package_with_hashes_and_no_address(name: str) -> None:
    text = (PROJECT_ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text, f"{name} holds an address; run make lock"
    entries = re.split(r"(?m)^(?=[a-zA-Z0-9])", "\n".join(re.sub(r"(?m)^\s*#.*$", "", text).splitlines()))
    packages = [entry for entry in entries if entry.strip()]
    assert packages
    for entry in packages:
        pin = entry.split("\\")[0].strip()
        assert "==" in pin, f"{name}: {pin} is not pinned"
        assert "--hash=sha256:" in entry, f"{name}: {pin} has no hash"


def test_the_lock_holds_every_package_that_the_project_asks_for() -> None:
    import tomllib

    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lock = (PROJECT_ROOT / "requirements.lock").read_text(encoding="utf-8").lower().replace("_", "-")
    for requirement in [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]:
        package = re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-")
        assert re.search(rf"(?m)^{re.escape(package)}==", lock), f"{package} is not in the lock; run make lock"


#: CxErrors whose sentence is the remedy already, or that only pass on somebody else's remedy.
ERRORS = {"CxError", "ConfigurationError", "DeliveryError", "GateError", "BuildError", "WorkspaceHeld"}


def _failures() -> Iterator[tuple[str, ast.Call]]:
    for name in modules("flows", "expectations", "report_templates"):
        for node in ast.walk(parsed(name)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ERRORS:
                yield name, node


def test_every_failure_says_what_to_do() -> None:
    found = list(_failures())
    assert len(found) > 60
    silent = [
        f"{name}:{node.lineno}"
        for name, node in found
        if len(node.args) < 2 and "remedy" not in {keyword.arg for keyword in node.keywords}
    ]
    assert not silent, f"give these a remedy, the second argument: {silent}"


def test_no_failure_holds_a_format_of_the_whole_exception_of_a_reader_of_data() -> None:
    """A library's message can quote a cell: ``{error}`` may stand only where no data was read."""
    reading = {"flows/landing.py", "flows/lake.py", "flows/sources/text.py", "flows/sources/databases.py",
               "flows/sources/json_lines.py", "flows/sources/workbooks.py", "flows/sources/files.py"}  # fmt: skip
    for name, node in _failures():
        if name not in reading:
            continue
        whole = [
            part
            for part in ast.walk(node)
            if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name) and part.value.id == "error"
        ]
        assert not whole, f"{name}:{node.lineno}: say what is wrong in words of our own"


def test_no_workspace_of_the_tests_holds_what_a_run_made() -> None:
    assert not [name for name in tracked() if "/var/" in f"/{name}" or name.endswith((".duckdb", ".eml", ".parquet"))]


def test_the_last_column_of_a_select_has_its_comma():
    """What sqlfluff's CV03 would ask, but for a lone `*` and for selects on one line."""
    missing = []
    for path in sorted((PROJECT_ROOT / "dbt_project").rglob("*.sql")):
        before = ""
        if "macros" in path.parts:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            text = line.strip()
            one_line = before.startswith("select ")
            if text.startswith("from ") and not one_line and not before.endswith((",", "*", "}}")):
                missing.append(f"{path.name}:{number}")
            before = text or before
    assert not missing, f"end the select list with a comma before {', '.join(missing)}"
