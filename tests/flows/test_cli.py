"""The command: what it prints, in which form, with which exit status; a user's mistake is a sentence."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import duckdb
import pytest

from flows import cli, publishing
from flows.errors import CxError
from flows.figures import FIGURE_COLUMNS
from flows.ledger import Ledger
from flows.period import Period
from flows.workspace import Workspace
from tests.flows.test_history import warehouse

SEPTEMBER = Period(2026, 9)
KEYS = [
    "period", "kpi", "slice", "slice_value", "value", "unit", "n", "low", "high", "previous", "change", "change_low",
    "change_high", "p", "q", "verdict", "target", "met", "precision_flag", "expected_low", "expected_high", "signal",
    "presentation",
]  # fmt: skip
#: A customer's word that a terminal library could take for its own markup.
ODD = '[/bold] it\'s, [red]"so"'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "company"
    root.mkdir()
    text = 'name = "Acme"\ntimezone = "Europe/Warsaw"\nlast_period = "2026-09"\n'
    (root / "cx.toml").write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def published(root: Path) -> Path:
    """September with one NPS, a part of it, and a part that is hidden."""
    workspace = Workspace.load(root)
    ledger = Ledger.open(workspace.ledger_path)
    run_id = ledger.start_run(SEPTEMBER, "backfill")
    figures = [
        ("2026-09", "nps", "overall", None, 39.84),
        ("2026-09", "nps", "region", ODD, 1234.5),
        ("2026-09", "nps", "region", "small", None),
    ]
    database = warehouse(root / "w.duckdb", figures)
    with duckdb.connect(str(database)) as connection:
        connection.execute("update figures set unit = 'points', verdict = 'better', n = 2746, met = true")
        connection.execute(
            "update figures set low = 36.7, high = 42.9, target = 40, met = false where slice = 'overall'"
        )
    scratch = workspace.builds / run_id
    scratch.mkdir(parents=True)
    publishing.freeze(database, SEPTEMBER, scratch)
    publishing.publish(
        ledger, workspace, SEPTEMBER, scratch, run_id=run_id, revision=0, kind="backfill", reason=None, recipients=[]
    )
    return root


@pytest.fixture
def cx(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run the command in this process: exit status, standard output, standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["cx", *arguments])
        status = 0
        try:
            cli.main()
        except SystemExit as stop:
            status = stop.code or 0
        out, err = capsys.readouterr()
        return status, out, err

    return run


def test_without_a_word_it_says_what_it_can_do(cx):
    status, out, err = cx()
    assert status in {0, 2}
    for command in ("init", "doctor", "run", "backfill", "kpis", "explain", "serve", "demo"):
        assert command in out + err


@pytest.mark.parametrize("command", ["init", "doctor", "run", "backfill", "kpis", "explain", "serve", "demo"])
def test_every_command_explains_itself(cx, command):
    status, out, _ = cx(command, "--help")
    assert status == 0
    assert "Usage" in out


def test_figures_as_json_are_a_list_of_rows_with_exactly_the_promised_keys(cx, published):
    status, out, err = cx("kpis", "--period", "2026-09", "--format", "json", "-w", str(published))
    assert (status, err) == (0, "")
    rows = json.loads(out)
    assert isinstance(rows, list)
    assert all(list(row) == KEYS for row in rows)
    whole = next(row for row in rows if row["slice"] == "overall")
    assert (whole["slice_value"], whole["value"], whole["n"], whole["met"]) == (None, 39.84, 2746, False)
    assert ODD in [row["slice_value"] for row in rows]
    assert list(FIGURE_COLUMNS) == KEYS


def test_figures_as_csv_have_the_same_columns_and_an_empty_cell_for_no_number(cx, published):
    status, out, _ = cx("kpis", "--period", "2026-09", "--format", "csv", "-w", str(published))
    assert status == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert list(rows[0]) == KEYS
    assert {row["slice_value"]: row["value"] for row in rows} == {"": "39.84", ODD: "1234.5", "small": ""}


def test_figures_as_a_table_show_value_interval_and_verdict(cx, published, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    status, out, err = cx("kpis", "--period", "2026-09", "-w", str(published))
    assert status == 0, err
    line = next(line for line in out.splitlines() if "overall" in line)
    for shown in ("nps", "39.84 points", "36.70 to 42.90", "2,746", "better"):
        assert shown in line


def test_a_table_shows_a_customers_word_as_it_is(cx, published, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    status, out, err = cx("kpis", "--period", "2026-09", "-w", str(published))
    assert status == 0, err
    assert ODD in out


def test_a_table_shows_a_zero_as_a_zero(cx, root, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    workspace = Workspace.load(root)
    ledger = Ledger.open(workspace.ledger_path)
    run_id = ledger.start_run(SEPTEMBER, "backfill")
    database = warehouse(root / "w.duckdb", [("2026-09", "nps", "overall", None, 0.0)])
    with duckdb.connect(str(database)) as connection:
        connection.execute("update figures set unit = 'points', n = 40, previous = 0, change = 0")
    scratch = workspace.builds / run_id
    scratch.mkdir(parents=True)
    publishing.freeze(database, SEPTEMBER, scratch)
    publishing.publish(
        ledger, workspace, SEPTEMBER, scratch, run_id=run_id, revision=0, kind="backfill", reason=None, recipients=[]
    )
    status, out, err = cx("kpis", "-w", str(root))
    assert status == 0, err
    assert out.count("0.00") == 3


def test_a_month_without_figures_is_told_with_the_command_that_makes_them(cx, root):
    status, out, err = cx("kpis", "--period", "2026-08", "-w", str(root))
    assert (status, out) == (1, "")
    assert err == ("✗ 2026-08 has no figures yet\n  → make them with: cx run 2026-08, or cx backfill --from 2026-08\n")
    assert not (root / "var").exists(), "asking leaves nothing behind"


def test_the_month_is_the_last_one_when_none_is_named(cx, published):
    status, out, _ = cx("kpis", "--format", "json", "-w", str(published))
    assert status == 0
    assert {row["period"] for row in json.loads(out)} == {"2026-09"}


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["kpis", "--format", "xml"], 1, "there is no format 'xml'"),
        (["kpis", "--period", "September"], 1, "'September' is not a month"),
        (["run", "2026-13"], 1, "'2026-13' is not a month"),
        (["backfill", "--from", "2026-9"], 1, "'2026-9' is not a month"),
        (["backfill", "--from", "2026-09", "--to", "2026-08"], 1, "2026-09 is after 2026-08"),
        (["backfill"], 2, "--from"),
        (["run", "--sned"], 2, "--sned"),
        (["rum"], 2, "rum"),
    ],
)
def test_a_mistake_on_the_command_line_is_a_sentence(cx, root, arguments, status, told):
    workspace = ["-w", str(root)] if arguments[0] in {"kpis", "run", "backfill"} and status == 1 else []
    found, out, err = cx(*arguments, *workspace)
    assert found == status
    assert told in err
    assert "→" in err
    assert "Traceback" not in out + err


def test_the_workspace_may_come_from_the_environment(cx, published, monkeypatch):
    monkeypatch.setenv("CX_WORKSPACE", str(published))
    status, out, _ = cx("kpis", "--format", "json")
    assert status == 0
    assert json.loads(out)


def test_an_error_of_the_program_itself_is_not_passed_off_as_the_users(cx, root, monkeypatch):
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("flows.workspace.Workspace.load", broken)
    with pytest.raises(ZeroDivisionError):
        cx("kpis", "-w", str(root))


def test_an_interrupted_run_says_so_and_ends_with_130(cx, root, monkeypatch):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("flows.workspace.Workspace.load", interrupted)
    status, _, err = cx("kpis", "-w", str(root))
    assert status == 130
    assert "Traceback" not in err


def test_a_doctor_that_finds_a_problem_ends_with_1(cx, tmp_path):
    status, out, _ = cx("doctor", "-w", str(tmp_path))
    assert "BAD  workspace" in out
    assert "→ create one with `cx init DIR`" in out
    assert status == 1


def test_a_failure_keeps_its_place_and_remedy_on_two_lines(cx, root, monkeypatch):
    def refused(*_: object) -> None:
        raise CxError("it is broken", "mend it", where="a.csv")

    monkeypatch.setattr("flows.workspace.Workspace.load", refused)
    assert cx("kpis", "-w", str(root)) == (1, "", "✗ a.csv: it is broken\n  → mend it\n")
