"""Bad input ends in a clear sentence that names file, source or column, and nothing is published or sent.

Mistakes in what the company writes are refused by the command before it starts anything: those tests name a Prefect
server that is not there. What only the extracts can show is asked of the same stages in this process, with one worker
for the checks. The whole command, Prefect and all, and back to a good report: test_refused_then_mended.py.
"""

from __future__ import annotations

import gzip
import os
import resource
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flows import stages
from flows.errors import CxError, WorkspaceHeld
from flows.figures import rows
from flows.held import held
from flows.ledger import Ledger
from flows.period import Period
from flows.settings import PROJECT_ROOT
from flows.workers import Worker
from flows.workspace import Workspace

#: Stands in every bad cell; whatever is printed, logged or kept in the ledger must not hold it.
CANARY = "canary"
SEPTEMBER = Period(2026, 9)
NOBODY = {"PREFECT_API_URL": "http://127.0.0.1:9/api"}
SURVEY = """\
files: {glob: extracts/survey.csv}
key: [response]
dates: answered
keys: {customer: {names: customer}}
mappings:
  nps:
    contract: feedback
    scale: {minimum: 0, maximum: 10}
    columns:
      {response_id: response, customer_key: customer, respondent_role: "'customer'", question_kind: "'nps'",
       channel: channel, score: ltr, answered_at: answered}
"""
ORDERS = """\
files: {glob: extracts/orders.csv.gz, compression: gzip}
key: [order]
keys: {customer: {names: customer}}
mappings:
  orders:
    contract: orders
    columns:
      {order_key: '"order"', customer_key: customer, channel: channel, ordered_at: ordered, promised_at: promised,
       delivered_at: delivered}
"""


def survey(months: tuple[int, ...] = (8, 9)) -> list[list[str]]:
    """Forty answers a month, every third a 4 and the others a 10, with a name that no mapping may take along."""
    table = [["response", "customer", "channel", "ltr", "answered", "name"]]
    for month in months:
        for number in range(40):
            answered = f"2026-{month:02d}-{1 + number % 28:02d} 10:00:00"
            score = "10" if number % 3 else "4"
            table.append([f"r{month}-{number}", f"k{number}", "email", score, answered, CANARY])
    return table


def orders() -> list[list[str]]:
    """Forty orders a month, promised for the ninth; all come by the tenth."""
    table = [["order", "customer", "channel", "ordered", "promised", "delivered"]]
    for month in ("2026-08", "2026-09"):
        for number in range(40):
            came = f"{month}-{8 + number % 3:02d} 10:00:00"
            table.append([f"o{month}-{number}", f"k{number}", "web", f"{month}-02 10:00:00", f"{month}-09", came])
    return table


def csv(table: list[list[str]]) -> str:
    return "".join(",".join(row) + "\n" for row in table)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A company with a survey and orders, and two recipients."""
    return company(tmp_path / "company")


def company(root: Path) -> Path:
    for folder in ("sources", "extracts"):
        (root / folder).mkdir(parents=True)
    (root / "cx.toml").write_text(
        'name = "Acme"\ntimezone = "Europe/Warsaw"\nlast_period = "2026-09"\nwindow_months = 3\n', encoding="utf-8"
    )
    (root / "recipients.csv").write_text("email,name\nboss@example.com,Boss\nboard@example.com,\n", encoding="utf-8")
    (root / "sources" / "survey.yml").write_text(SURVEY, encoding="utf-8")
    (root / "sources" / "orders.yml").write_text(ORDERS, encoding="utf-8")
    put_survey(root, survey())
    (root / "extracts" / "orders.csv.gz").write_bytes(gzip.compress(csv(orders()).encode(), mtime=0))
    return root


def put_survey(root: Path, table: list[list[str]]) -> None:
    (root / "extracts" / "survey.csv").write_text(csv(table), encoding="utf-8")


def cx(root: Path, *arguments: str, environment: dict[str, str] = NOBODY, **more) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flows.cli", *arguments, "--workspace", str(root)]
    return subprocess.run(
        command, cwd=PROJECT_ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=300, **more
    )


def assert_nothing_left(root: Path) -> None:
    """Nothing published, nobody mailed, and no bad cell where somebody could read it."""
    assert not list((root / "var" / "published").rglob("*"))
    assert not list((root / "var" / "outbox").rglob("*"))
    read = [*(root / "var").glob("ledger.db*"), *(root / "var" / "builds").rglob("*.log")]
    for path in read:
        assert CANARY.encode() not in path.read_bytes(), f"a cell of the extract stands in {path.name}"
    if (root / "var" / "ledger.db").is_file():
        ledger = Ledger.open(root / "var" / "ledger.db")
        assert ledger.publications() == []
        assert ledger.runs()[0].status == "failed"


def assert_clear(result: subprocess.CompletedProcess[str], *told: str) -> None:
    assert result.returncode == 1, result.stdout + result.stderr
    for fragment in told:
        assert fragment in result.stderr
    assert result.stderr.count("✗") == 1
    assert "→" in result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    assert CANARY not in result.stdout + result.stderr


# What the company writes: refused by the command itself, before anything is started


def write(name: str, text: str) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    return spoil


def replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        text = (root / name).read_text(encoding="utf-8")
        assert old in text
        (root / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


DECLARATIONS = {
    "no recipients": (write("recipients.csv", "email,name\n"), ["recipients.csv", "there are no recipients"]),
    "no recipients.csv": (lambda root: (root / "recipients.csv").unlink(), ["recipients.csv", "no recipients"]),
    "unknown key in TOML": (replace("cx.toml", "window", "widow"), ["cx.toml", "unknown key 'widow_months'"]),
    "TOML that does not parse": (replace("cx.toml", '"Acme"', "Acme"), ["cx.toml", "line 1"]),
    "unknown key in YAML": (
        replace("sources/survey.yml", "key:", "kay:"),
        ["sources/survey.yml", "unknown key 'kay'"],
    ),
    "unknown key deep in YAML": (
        replace("sources/survey.yml", "minimum:", "minmum:"),
        ["sources/survey.yml", "unknown key 'mappings.nps.scale.minmum'"],
    ),
    "YAML that does not parse": (
        replace("sources/survey.yml", "[response]", "[response"),
        ["sources/survey.yml", "line"],
    ),
    "unknown key of a KPI": (write("kpis/mine.yml", "fact: calls\nkpi: []\n"), ["kpis/mine.yml", "unknown key 'kpi'"]),
    "no sources": (
        lambda root: [path.unlink() for path in (root / "sources").iterdir()],
        ["the workspace has no sources"],
    ),
    "no workspace": (lambda root: (root / "cx.toml").unlink(), ["has no cx.toml", "cx init"]),
}


@pytest.mark.parametrize("mistake", DECLARATIONS)
def test_a_mistake_in_what_the_company_writes_is_refused_before_anything_starts(root: Path, mistake: str) -> None:
    spoil, told = DECLARATIONS[mistake]
    spoil(root)
    assert_clear(cx(root, "run"), *told)
    assert not (root / "var").exists()


def test_a_month_that_is_none_is_refused(root: Path) -> None:
    assert_clear(cx(root, "run", "September"), "'September' is not a month", "YYYY-MM")


# What only the extracts can show


@pytest.fixture(scope="module")
def checks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """One process with Great Expectations for all of these tests."""
    with Worker(stages.GATES, tmp_path_factory.mktemp("checks") / "gates.log") as worker:
        yield worker


def refusal(root: Path, checks: Worker | None = None) -> str:
    """The sentence with which landing, or else the first gate, refuses the month."""
    workspace = Workspace.load(root)
    with pytest.raises(CxError) as caught, stages.opened(workspace, SEPTEMBER) as run:  # noqa: PT012
        if checks:
            run._workers[stages.GATES] = checks
        stages.land(run)
        assert checks, "landing let it through"
        stages.check_deliveries(run)
    sentence = caught.value.sentence
    assert "→" in sentence
    assert CANARY not in sentence
    assert_nothing_left(root)
    return sentence


def test_the_good_delivery_that_all_of_these_spoil_passes(root: Path, checks: Worker) -> None:
    with stages.opened(Workspace.load(root), SEPTEMBER) as run:
        run._workers[stages.GATES] = checks
        stages.land(run)
        stages.check_deliveries(run)
    assert Ledger.open(root / "var" / "ledger.db").inputs_of(SEPTEMBER)


def test_a_missing_file_is_named(root: Path) -> None:
    (root / "extracts" / "survey.csv").unlink()
    assert "sources/survey.yml, files.glob: no file matches extracts/survey.csv" in refusal(root)


def test_a_column_that_vanished_is_named_with_source_and_file(root: Path) -> None:
    put_survey(root, [[cell if cell != "ltr" else "rating" for cell in row] for row in survey()])
    told = refusal(root)
    assert "survey" in told
    assert "survey.csv" in told
    assert "ltr" in told


def test_a_column_that_changed_its_type_is_named_with_the_lines(root: Path, checks: Worker) -> None:
    table = survey()
    table[2][3] = f"{CANARY} ten"
    put_survey(root, table)
    told = refusal(root, checks)
    assert "survey.nps, column score: type" in told
    assert "survey.csv line 3" in told


def test_dates_in_another_notation_are_a_changed_type(root: Path, checks: Worker) -> None:
    put_survey(
        root, [[*row[:4], f"{row[4][8:10]}/{row[4][5:7]}/2026", row[5]] if i else row for i, row in enumerate(survey())]
    )
    told = refusal(root, checks)
    assert "survey" in told
    assert "answered_at" in told or "date" in told


def test_a_file_of_no_bytes_is_named(root: Path) -> None:
    (root / "extracts" / "survey.csv").write_bytes(b"")
    told = refusal(root)
    assert "survey.csv" in told
    assert "empty" in told


def test_an_extract_with_headers_only_is_named(root: Path) -> None:
    put_survey(root, survey()[:1])
    told = refusal(root)
    assert "survey.csv" in told
    assert "no rows" in told


def test_a_mapping_whose_condition_leaves_nothing_is_an_empty_extract(root: Path, checks: Worker) -> None:
    replace("sources/survey.yml", "    contract: feedback\n", "    contract: feedback\n    where: ltr = '11'\n")(root)
    assert "survey.nps: has rows" in refusal(root, checks)


@pytest.mark.parametrize("score", ["11", "-1", "4711", "10.5"])
def test_a_score_off_its_scale_is_named_with_its_line_and_without_its_value(
    root: Path, checks: Worker, score: str
) -> None:
    table = survey()
    table[7][3] = score
    put_survey(root, table)
    told = refusal(root, checks)
    assert "survey.nps, column score: on scale" in told
    assert "1 rows: survey.csv line 8" in told
    assert "4711" not in told


def test_duplicate_keys_are_named_with_both_lines_and_without_the_key(root: Path, checks: Worker) -> None:
    table = survey()
    table[4][0] = table[9][0] = CANARY
    put_survey(root, table)
    told = refusal(root, checks)
    assert "key unique: each response comes once" in told
    assert "survey.csv line 5, survey.csv line 10" in told


def test_a_blank_key_is_named_with_its_line(root: Path, checks: Worker) -> None:
    table = survey()
    table[4][0] = ""
    put_survey(root, table)
    told = refusal(root, checks)
    assert "column response: key present" in told
    assert "survey.csv line 5" in told


def test_a_file_in_another_encoding_than_declared_is_named_with_its_line(root: Path) -> None:
    table = survey()
    table[5][2] = f"łącze {CANARY}"
    (root / "extracts" / "survey.csv").write_bytes(csv(table).encode("cp1250"))
    told = refusal(root)
    assert "survey.csv" in told
    assert "line 6" in told
    assert "utf-8" in told.lower()


def test_a_file_in_two_bytes_a_letter_is_not_what_utf_8_means(root: Path) -> None:
    (root / "extracts" / "survey.csv").write_bytes(csv(survey()).encode("utf-16"))
    told = refusal(root)
    assert "survey.csv" in told
    assert "utf-8" in told.lower()


def test_a_file_whose_last_line_does_not_end_is_half_written(root: Path) -> None:
    whole = csv([*survey(), ["r9-99", "k1", CANARY, "9", "2026-09-30 10:00:00", "x"]])
    (root / "extracts" / "survey.csv").write_text(whole[: whole.rindex(CANARY) + 3], encoding="utf-8")
    told = refusal(root)
    assert "survey.csv" in told
    assert "half-written" in told or "last line" in told


def test_a_compressed_file_that_breaks_off_is_half_written(root: Path) -> None:
    path = root / "extracts" / "orders.csv.gz"
    path.write_bytes(path.read_bytes()[:-20])
    told = refusal(root)
    assert "orders.csv.gz" in told


def test_a_row_with_a_cell_too_few_is_named_with_its_line(root: Path) -> None:
    table = survey()
    table[5] = table[5][:3]
    put_survey(root, table)
    told = refusal(root)
    assert "survey.csv" in told
    assert "line 6" in told


def test_a_month_with_no_data_is_told_by_its_name(root: Path, checks: Worker) -> None:
    put_survey(root, survey(months=(7, 8)))
    told = refusal(root, checks)
    assert "survey" in told
    assert "month delivered: the extract has rows dated in 2026-09" in told


def test_every_critical_failure_is_told_not_only_the_first(root: Path, checks: Worker) -> None:
    table = survey()
    table[7][3] = "11"
    table[4][0] = table[9][0]
    put_survey(root, table)
    told = refusal(root, checks)
    assert "on scale" in told
    assert "key unique" in told


def test_a_mapping_onto_a_column_that_the_contract_lacks_names_the_mapping(root: Path) -> None:
    replace("sources/survey.yml", "channel: channel", "chanel: channel")(root)
    assert "sources/survey.yml, mappings.nps: feedback has no column chanel" in refusal(root)


def test_sql_that_cannot_be_read_names_its_source(root: Path) -> None:
    replace("sources/survey.yml", "score: ltr", "score: 'cast(ltr as'")(root)
    assert "sources/survey.yml" in refusal(root)


def test_another_run_that_holds_the_workspace_is_named(root: Path) -> None:
    workspace = Workspace.load(root)
    with (
        held(workspace, "the run of 2026-09"),
        pytest.raises(WorkspaceHeld, match=rf"the run of 2026-09 \(process {os.getpid()} "),
        stages.opened(workspace, SEPTEMBER),
    ):
        pytest.fail("two runs at once")
    assert not workspace.ledger_path.exists()


def newer(path: Path) -> None:
    """Mark a DuckDB file as of a storage version that is not known yet: a 64-bit number after the four letters DUCK."""
    import duckdb

    with duckdb.connect(str(path)) as connection:
        connection.execute("create table survey as select 1 as response")
    header = bytearray(path.read_bytes())
    assert header[8:12] == b"DUCK"
    header[12:20] = (999).to_bytes(8, "little")
    # The header's own check sum, in its first eight bytes, as DuckDB computes it: it would be called damaged otherwise.
    checksum = 5381
    for (word,) in struct.iter_unpack("<Q", header[8:4096]):
        checksum ^= word * 0xBF58476D1CE4E5B9 % 2**64
    header[:8] = checksum.to_bytes(8, "little")
    path.write_bytes(header)


def test_a_duckdb_file_of_a_newer_version_is_told_as_such_with_what_to_do(tmp_path: Path) -> None:
    newer(tmp_path / "warehouse.duckdb")
    with pytest.raises(CxError, match=r"(?s)warehouse\.duckdb: .*newer DuckDB than the 1\.\S+ installed.*make setup"):
        rows(tmp_path / "warehouse.duckdb", "select 1")


def test_a_file_that_is_no_duckdb_file_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "warehouse.duckdb").write_text(CANARY * 9000, encoding="utf-8")
    with pytest.raises(CxError, match=r"(?s)warehouse\.duckdb: .*cannot be opened as a DuckDB") as caught:
        rows(tmp_path / "warehouse.duckdb", "select 1")
    assert CANARY not in caught.value.sentence


def test_a_source_that_is_a_duckdb_file_of_a_newer_version_is_told_as_such(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer(root / "survey.duckdb")
    monkeypatch.setenv("CX_SURVEY", f"duckdb:///{root / 'survey.duckdb'}")
    database = "database: {url_env: CX_SURVEY, query: 'select * from survey'}"
    replace("sources/survey.yml", "files: {glob: extracts/survey.csv}", database)(root)
    told = refusal(root)
    assert "survey" in told
    assert "version" in told
    assert str(root) not in told


def test_a_full_disk_is_told_with_where_and_how_much_is_needed(root: Path) -> None:
    """The kernel refuses files above a limit, as a full disk would, to a process of its own."""
    import random

    chance = random.Random(7)
    table = survey() + [
        [f"r{number}", f"{chance.random()}", "email", "9", "2026-09-03 10:00:00", ""] for number in range(60_000)
    ]
    put_survey(root, table)

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    code = (
        "import sys; from flows import cli; "
        "sys.argv = ['cx', 'backfill', '--from', '2026-09', '--workspace', sys.argv[1]]; cli.main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(root)],
        cwd=PROJECT_ROOT, env=os.environ | NOBODY, capture_output=True, text=True, timeout=120, preexec_fn=limited,
    )  # fmt: skip
    assert_clear(result, "the disk is full", "make room")
    assert_nothing_left(root)
    assert not list((root / "var" / "lake" / "survey").iterdir()), "half a package was left"


def test_a_disk_that_runs_full_at_any_other_place_is_told_too(root: Path) -> None:
    import errno

    with pytest.raises(CxError, match=r"(?s)the disk is full; nothing was published or sent.*make room"):  # noqa: SIM117
        with stages.opened(Workspace.load(root), SEPTEMBER):
            raise OSError(errno.ENOSPC, "No space left on device", CANARY)
    assert_nothing_left(root)
