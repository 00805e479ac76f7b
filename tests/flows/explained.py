"""A small company with one build, and another with publications too, for asking what is behind their figures."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import yaml

from flows import publishing, stages
from flows.explain import answer
from flows.figures import FIGURE_COLUMNS, rows
from flows.inference.figures import infer
from flows.kpis import project_facts
from flows.ledger import Ledger
from flows.period import Period
from flows.records import Records
from flows.warehouse import Build
from flows.workspace import Workspace

Ask = Callable[[dict[str, Any]], dict[str, Any]]
HAND = Path(__file__).parent.parent / "dbt_project" / "hand_computed"
#: What a customer wrote, and what a source carries along: neither may be told.
COMMENT, EXTRA = "Call me back, Zofia Kowalska", "gold-plated"
#: A region that would end a string of SQL, or begin a markup.
ODD = "it's [red]North"
WEIGHTED = {
    "fact": "feedback",
    "slices": {"given": "extra->>'remark'"},
    "kpis": [
        {"id": f"weighted_{kind}", "label": "Weighted", "definition": "A weighted one.", "unit": unit, "kind": kind,
         "direction": "up", "base": "score is not null", "month": "answered_at", "weight": "weight", "section": "voice",
         "smallest_change": 1, "edge_cases": "None.", "slices": ["channel", "given"]} | counted
        for kind, unit, counted in [
            ("proportion", "%", {"hit": "score >= 5"}),
            ("nps", "points", {"measure": "score"}),
            ("mean", "score", {"measure": "score / 3"}),
        ]
    ],
}  # fmt: skip
#: Every KPI of the company with its kind: the project's, those that the fixture declares, and the weighted ones.
KPIS = {kpi.id: kpi.kind for meta in project_facts().values() for kpi in meta.kpis} | {
    kpi["id"]: kpi["kind"]
    for declared in [*(yaml.safe_load(path.read_text(encoding="utf-8")) for path in HAND.glob("kpis/*.yml")), WEIGHTED]
    for kpi in declared["kpis"]
}
#: Those of which the rows computed by hand show a figure; a KPI can be declared for more than a few rows.
SHOWN = {kpi for kpi in KPIS if kpi.startswith("weighted_")} | {
    row["kpi"]
    for path in sorted((HAND / "expected").glob("*.csv"))
    for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    if row["value"]
}
#: What is not copied of a company that is only asked.
_NOT_ASKED = ("extracts", "lake", "compiled", "deliveries.duckdb", "partial_parse.msgpack", "*.gpickle")
UNPUBLISHED, MOVED, LAST = Period(2025, 4), Period(2025, 12), Period(2026, 1)


def _write_extracts(root: Path) -> None:
    """The rows computed by hand, with comments, weights, a remark beside the contract, and an odd region."""
    path = root / "extracts" / "feedback.csv"
    with path.open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    for number, row in enumerate(read):
        row |= {"comment": COMMENT, "remark": EXTRA if number % 3 else "", "weight": str(number % 4 / 2)}
    # In the company's zone the one is in January and the other in February.
    edge = read[0] | {"kind": "nps", "role": "customer", "low": "0", "high": "10"}
    for response, answered in [
        ("edge1", "2025-01-31 23:59:00"),
        ("edge2", "2025-02-01 00:01:00"),
        ("edge3", "2025-02-01 00:02:00"),
    ]:
        read.append(edge | {"response": response, "customer": response, "answered": answered})
    _write_csv(path, read)
    source = root / "sources" / "feedback.yml"
    declared = yaml.safe_load(source.read_text(encoding="utf-8"))
    declared["mappings"]["ratings"]["columns"] |= {"comment": "comment", "weight": "weight"}
    declared["mappings"]["ratings"]["extra"] = {"remark": "remark"}
    source.write_text(yaml.safe_dump(declared), encoding="utf-8")
    path = root / "extracts" / "customers.csv"
    with path.open(encoding="utf-8", newline="") as file:
        read = [row | {"region": ODD if row["region"] == "north" else row["region"]} for row in csv.DictReader(file)]
    _write_csv(path, read)
    (root / "kpis").mkdir(exist_ok=True)
    (root / "kpis" / "weighted.yml").write_text(yaml.safe_dump(WEIGHTED), encoding="utf-8")


def _write_csv(path: Path, read: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, read[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(read)


def built_at(root: Path) -> Workspace:
    """One build of LAST in which nothing is hidden, so that every KPI has a figure; nothing is published."""
    shutil.copytree(HAND, root)
    _write_extracts(root)
    company = Workspace.load(root)
    with stages.opened(company, LAST, send=False) as run:
        run.warm_up(stages.DBT)
        stages.land(run)
        stages.build(run)
    return company


def copied(company: Workspace, root: Path, *besides: str) -> Workspace:
    """A copy that can be changed, without what nobody asks and what is named ``besides``."""
    shutil.copytree(company.root, root, ignore=shutil.ignore_patterns(*_NOT_ASKED, *besides))
    return Workspace.load(root)


def company_at(root: Path, built: Workspace) -> Workspace:
    """The build with groups of fewer than three hidden; each month that has figures is published, but UNPUBLISHED,
    as if frozen a month earlier."""
    company = copied(built, root)
    settings = (root / "cx.toml").read_text(encoding="utf-8")
    (root / "cx.toml").write_text(settings.replace("hidden_below = 1", "hidden_below = 3"), encoding="utf-8")
    company = Workspace.load(root)
    [directory] = company.builds.iterdir()
    build = Build(directory)
    hide_below(build, company.settings.thresholds.hidden_below)
    ledger = Ledger.open(company.ledger_path)
    earlier = ledger.start_run(LAST.shift(-1), "backfill")
    ledger.finish_run(earlier, "succeeded")
    for month in sorted({row["period"] for row in rows(build.database, "select period from figures")}):
        period = Period.parse(month)
        if period == UNPUBLISHED:
            continue
        scratch = directory / f"frozen-{month}"
        scratch.mkdir()
        publishing.freeze(build.database, period, scratch)
        if period == MOVED:
            _move(scratch / "figures.parquet")
        publishing.publish(
            ledger, company, period, scratch, run_id=directory.name if period == LAST else earlier, revision=0,
            kind="backfill", reason=None, recipients=[],
        )  # fmt: skip
    return company


def hide_below(build: Build, people: int) -> None:
    """Make the figures again from what was observed, as a build with another threshold does."""
    told = json.loads(build.results.read_text(encoding="utf-8"))
    told["args"]["vars"]["hidden_below"] = people
    build.results.write_text(json.dumps(told), encoding="utf-8")
    with duckdb.connect(str(build.database)) as connection:
        observed, kpis, targets = (connection.table(name).df() for name in ("observations", "kpis", "targets"))
        connection.register("inferred_again", infer(observed, kpis, targets, hidden_below=people))
        connection.execute("delete from figures")
        connection.execute("insert into figures by name select * from inferred_again")


def _move(figures: Path) -> None:
    """As if more orders had been late when the month was published."""
    with duckdb.connect() as connection:
        connection.execute(f"create table f as select * replace (value - 1 as value) from read_parquet('{figures}')")
        connection.execute(f"copy f to '{figures}' (format parquet)")


def figures_of(company: Workspace) -> list[dict[str, Any]]:
    """Every figure of the only build."""
    [database] = company.builds.glob("*/warehouse.duckdb")
    return rows(database, f"select {', '.join(FIGURE_COLUMNS)} from figures order by all")


def shown_of(figures: list[dict[str, Any]], kpi: str) -> list[dict[str, Any]]:
    """What is not hidden of the KPI in the month that has the most parts."""
    shown = [figure for figure in figures if figure["kpi"] == kpi and figure["verdict"] != "hidden"]
    parts = Counter(figure["period"] for figure in shown)
    fullest = max(parts, key=lambda month: (parts[month], month), default=None)
    return [figure for figure in shown if figure["period"] == fullest]


def asking(records: Records) -> Ask:
    """What is behind a figure, with all its rows; asked once for all the tests that look at it."""
    known: dict[tuple[Any, ...], dict[str, Any]] = {}

    def asked(figure: dict[str, Any]) -> dict[str, Any]:
        key = tuple(figure[name] for name in ("kpi", "period", "slice", "slice_value"))
        if key not in known:
            part = None if figure["slice_value"] is None else f"{figure['slice']}={figure['slice_value']}"
            known[key] = answer(records, figure["kpi"], Period.parse(figure["period"]), part, listed=1000)
        return known[key]

    return asked


def warehouse(company: Workspace) -> duckdb.DuckDBPyConnection:
    """That of the only build of a copy, to be changed."""
    [database] = company.builds.glob("*/warehouse.duckdb")
    return duckdb.connect(str(database))
