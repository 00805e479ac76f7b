"""What the documents say is there is there: commands, options, targets, keys, KPIs, links."""

from __future__ import annotations

import ast
import csv
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel

from flows.cli import app
from flows.kpis import Kpi, project_facts
from flows.settings import PROJECT_ROOT
from flows.sources.declaration import load_source
from flows.starter import start
from flows.workspace import Settings, Workspace

DOCUMENTS = sorted(
    path
    for path in [
        *PROJECT_ROOT.glob("*.md"),
        *(PROJECT_ROOT / "docs").rglob("*.md"),
        *PROJECT_ROOT.glob("tests/**/*.md"),
    ]
)
COMMANDS = typer.main.get_command(app).commands
KPIS = {kpi.id for meta in project_facts().values() for kpi in meta.kpis}
README = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
STARTER = PROJECT_ROOT / "flows" / "starter"


def _spoken_to_the_user() -> dict[str, str]:
    """Documents, and the code, whose remedies name commands too."""
    code = [
        path
        for folder in ("flows", "expectations", "report_templates")
        for path in (PROJECT_ROOT / folder).rglob("*")
        if path.is_file() and path.suffix in {".py", ".toml", ".example", ".j2"}
    ]
    made = [PROJECT_ROOT / "Makefile", *(PROJECT_ROOT / ".ci").iterdir()]
    return {
        str(path.relative_to(PROJECT_ROOT)): path.read_text(encoding="utf-8")
        for path in [*DOCUMENTS, *code, *made]
        if path.is_file()
    }


SPOKEN = _spoken_to_the_user()

#: In code and at the start of a line of a block: `cx run …`, `.venv/bin/cx run …`, "with: cx run {month}".
_CALL = re.compile(r"(?:(?<=[`(])|(?<=bin/)|(?<=: )|(?<=, )|(?<=; ))cx ([a-z]+)([^`\n;|#]*)")


def _calls() -> list[tuple[str, str, str]]:
    # The README also names what is not built, and says so.
    spoken = {name: re.sub(r"(?s)## What does not work yet\n.*", "", text) for name, text in SPOKEN.items()}
    return [(name, found[1], found[2]) for name, text in spoken.items() for found in _CALL.finditer(text)]


def _options(*commands: str) -> set[str]:
    return {
        option
        for command in commands
        for parameter in COMMANDS[command].params
        for option in [*parameter.opts, *parameter.secondary_opts]
    }


def test_the_search_finds_the_commands_of_the_readme() -> None:
    named = {command for name, command, _ in _calls() if name == "README.md"}
    assert {"init", "doctor", "backfill", "run", "kpis", "serve"} <= named


@pytest.mark.parametrize(("where", "command", "rest"), _calls(), ids=lambda part: str(part).strip()[:40] or "-")
def test_every_command_named_exists_with_its_options(where: str, command: str, rest: str) -> None:
    assert command in COMMANDS, f"{where} names `cx {command}`, which does not exist"
    options = _options(command)
    # Up to the next sentence or the next command on the line.
    mine = re.split(r"(?:, (?:or )?cx )|\)|(?<=[^.])\. ", rest)[0]
    for option in re.findall(r"(?<!\S)(--?[a-z][a-z-]*)", mine):
        assert option in options, f"{where} names `cx {command} {option}`, which does not exist"


def test_every_option_named_on_its_own_in_the_readme_exists() -> None:
    options = _options(*COMMANDS)
    named = set(re.findall(r"`(--[a-z-]+)[^`]*`", README)) | set(re.findall(r"; (--[a-z-]+)", README))
    assert named
    assert named <= options, f"the README names {sorted(named - options)}"


def test_every_option_that_a_message_names_exists() -> None:
    """The last string of a CxError is its remedy; an option it names can be typed."""
    errors = {"CxError", "ConfigurationError", "DeliveryError", "GateError", "BuildError", "WorkspaceHeld"}
    options = _options(*COMMANDS) | {"--help"}
    wrong = [
        f"{path.relative_to(PROJECT_ROOT)}:{call.lineno} {option}"
        for folder in ("flows", "expectations", "report_templates")
        for path in sorted((PROJECT_ROOT / folder).rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in errors
        for part in ast.walk(call)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", part.value)
        if option not in options
    ]
    assert not wrong, f"there is no such option: {wrong}"


def test_every_command_is_named_in_the_readme_or_is_the_demo() -> None:
    missing = [name for name in COMMANDS if not re.search(rf"\bcx {name}\b", README) and name != "demo"]
    assert not missing, f"say in the README what {missing} are for"


def test_every_command_and_option_says_what_it_does() -> None:
    for name, command in COMMANDS.items():
        assert command.help, f"cx {name} has no help"
        bare = [parameter.name for parameter in command.params if not getattr(parameter, "help", "x")]
        assert not bare, f"cx {name}: say what {bare} is"


def _listed_by_make() -> set[str]:
    result = subprocess.run(["make", "--no-print-directory"], cwd=PROJECT_ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return set(re.findall(r"^\s*make ([a-z-]+)", result.stdout, re.MULTILINE))


def test_every_target_named_exists_and_make_lists_it() -> None:
    listed = _listed_by_make()
    named = {
        (name, target)
        for name, text in SPOKEN.items()
        for target in [
            *re.findall(r"`make ([a-z-]+)`", text),
            *(re.findall(r"(?m)^make ([a-z-]+)", text) if name.endswith(".md") else []),
        ]
    }
    assert {"demo", "test"} <= {target for name, target in named if name == "README.md"}
    wrong = {(name, target) for name, target in named if target not in listed}
    assert not wrong, f"there is no such target: {wrong}"


def test_make_lists_every_target_there_is() -> None:
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.search(r"^\.PHONY:(.*)$", makefile, re.MULTILINE)[1].split())
    assert targets - {"help"} <= _listed_by_make()


def test_ci_runs_the_one_command_the_readme_names() -> None:
    assert re.search(r"(?m)^(exec )?make test$", (PROJECT_ROOT / ".ci" / "run").read_text(encoding="utf-8"))


def _keys(model: type[BaseModel], prefix: str = "") -> set[str]:
    found = set()
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found |= _keys(field.annotation, f"{prefix}{name}.")
        else:
            found.add(prefix + name)
    return found


def test_a_new_workspace_validates_and_names_every_setting_there_is() -> None:
    text = (STARTER / "cx.toml").read_text(encoding="utf-8")
    Settings.model_validate(tomllib.loads(text))
    # Settings that are commented out count as named, and must be right as well.
    uncommented = re.sub(r"(?m)^# ?(?=[a-z_]+ = |\[[a-z_]+\]$)", "", text)
    settings = Settings.model_validate(tomllib.loads(uncommented))
    given = {
        f"{name}.{inner}" if isinstance(value, dict) else name
        for name, value in tomllib.loads(uncommented).items()
        for inner in (value if isinstance(value, dict) else [None])
    }
    assert settings.last_period
    # A section that may be left out altogether is named as a whole.
    given |= {name.split(".")[0] for name in given}
    missing = _keys(Settings) - given
    assert not missing, f"show {sorted(missing)} in flows/starter/cx.toml, commented out if it is rarely needed"


def test_the_example_source_of_a_new_workspace_validates(tmp_path: Path) -> None:
    start(tmp_path / "company")
    example = tmp_path / "company" / "sources" / "survey.yml.example"
    source = load_source(example.rename(example.with_suffix("")))
    assert source.mappings


@pytest.mark.parametrize("model", ["Recipient", "Target", "Correction", "Experiment", "Benchmark"])
def test_a_new_workspace_has_each_table_with_its_columns(model: str) -> None:
    import flows.workspace

    fields = set(getattr(flows.workspace, model).model_fields)
    table = STARTER / f"{model.lower()}s.csv"
    with table.open(encoding="utf-8", newline="") as file:
        heading = next(csv.reader(file))
    assert set(heading) == fields


def test_the_readme_counts_the_figures_right_and_names_none_that_is_not_there() -> None:
    listed = re.search(r"(?s)## What it computes today\n(.*?)\n## ", README)[1]
    assert int(re.search(r"(\d+) figures", listed)[1]) == len(KPIS)
    assert set(re.findall(r"`([a-z0-9_]+)`", listed)) <= KPIS


def test_the_contracts_are_counted_right() -> None:
    from flows.contracts import contracts

    assert len(contracts()) == 16
    assert "sixteen contracts" in README.lower()


def test_every_key_of_a_kpi_is_explained() -> None:
    text = (PROJECT_ROOT / "docs" / "kpis.md").read_text(encoding="utf-8")
    keys = text.split("| kind | for |")[0]
    table = "\n".join(line.split("|")[1] for line in keys.splitlines() if line.startswith("| `"))
    explained = set(re.findall(r"`([a-z_]+)`", table))
    assert explained == set(Kpi.model_fields)


def test_the_example_of_a_kpi_declares_one(tmp_path: Path) -> None:
    from flows.kpis import declared_facts

    text = (PROJECT_ROOT / "docs" / "kpis.md").read_text(encoding="utf-8")
    [example] = re.findall(r"(?s)```yaml\n(.*?)```", text)
    (tmp_path / "kpis").mkdir()
    (tmp_path / "kpis" / "example.yml").write_text(example, encoding="utf-8")
    facts = declared_facts(Workspace(tmp_path, Settings(name="Acme", timezone="UTC")))
    by_id = {kpi.id: kpi for meta in facts.values() for kpi in meta.kpis}
    assert by_id.keys() - KPIS == {"churn_all"}
    assert "contract" in by_id["churn_logo"].slices


def _anchor(heading: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _links() -> list[tuple[Path, str]]:
    return [
        (path, target)
        for path in DOCUMENTS
        for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8"))
        if "://" not in target and not target.startswith("mailto:")
    ]


@pytest.mark.parametrize(("document", "target"), _links(), ids=lambda part: getattr(part, "name", part))
def test_every_link_leads_somewhere(document: Path, target: str) -> None:
    name, _, anchor = target.partition("#")
    linked = (document.parent / name) if name else document
    assert linked.exists(), f"{document.name} links to {target}"
    if anchor:
        headings = re.findall(r"(?m)^#+ (.*)$", linked.read_text(encoding="utf-8"))
        assert anchor in {_anchor(heading) for heading in headings}


#: `flows/stages.py`, `tests/real/telco`; a file of a workspace (`sources/`, `kpis/`, `var/lake`) is not the project's.
_NAMED = re.compile(r"`((?:flows|dbt_project|expectations|report_templates|tests|docs|\.ci)/[\w./-]*)`")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_of_the_project_that_is_named_exists(document: Path) -> None:
    named = set(_NAMED.findall(document.read_text(encoding="utf-8")))
    missing = [name for name in sorted(named) if not (PROJECT_ROOT / name).exists()]
    assert not missing, f"{document.name} names {missing}"
