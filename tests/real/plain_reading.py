"""A second, plain way from the raw files to a figure, to hold the workspaces' declarations against.

It shares the declarations with the product (they are what is tested) and none of its code after ``load_sources``: no
lake, no hashing, no dbt; and it knows only what the real workspaces need.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flows.kpis import Kpi, declared_facts
from flows.settings import expand
from flows.sources.declaration import Mapping, Source, load_sources
from flows.workspace import Workspace


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


class PlainReading:
    """A workspace's sources as tables, its mappings as ``<source>__<mapping>`` and its contracts by their names."""

    def __init__(self, root: Path) -> None:
        import duckdb

        self.workspace = Workspace.load(root)
        self.sources = {source.name: source for source in load_sources(self.workspace)}
        self.facts = declared_facts(self.workspace)
        self.connection = duckdb.connect()
        #: (source, kind, reason) → rows.
        self.handled: dict[tuple[str, str, str], int] = {}
        for source in self.sources.values():
            self._load(source)
        contracts: dict[str, list[str]] = {}
        for source in self.sources.values():
            for name, mapping in source.mappings.items():
                self._map(source, name, mapping)
                contracts.setdefault(mapping.contract, []).append(f"{source.name}__{name}")
        for contract, views in contracts.items():
            united = " union all by name ".join(f"select * from {view}" for view in views)
            self.connection.execute(f"create view fct_{contract} as {united}")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def one(self, sql: str) -> Any:
        [(value,)] = self.rows(sql)
        return value

    def kpi(self, kpi: str) -> tuple[Kpi, str]:
        """The declaration of ``kpi`` and the model it stands beside."""
        for model, meta in self.facts.items():
            for each in meta.kpis:
                if each.id == kpi:
                    return each, model
        raise AssertionError(f"no KPI {kpi} is declared")

    def figure(self, kpi: str, period: str, slice_name: str | None = None, slice_value: str = "") -> tuple[float, int]:
        """(value, n) of a KPI in a month, straight from its declared SQL."""
        declared, model = self.kpi(kpi)
        conditions = [f"({declared.base})", f"strftime({self._month(declared)}, '%Y-%m') = '{period}'"]
        if slice_name:
            conditions.append(f"({self.facts[model].slices[slice_name]}) = {text(slice_value)}")
        weight = declared.weight or "1"
        if declared.kind == "proportion":
            counted = f"100 * sum(case when {declared.hit} then {weight} else 0 end) / sum({weight})"
        elif declared.kind == "nps":
            side = f"case when {declared.measure} >= 9 then 1 when {declared.measure} <= 6 then -1 else 0 end"
            counted = f"100 * sum(({side}) * {weight}) / sum({weight})"
        elif declared.kind == "mean":
            counted = f"avg({declared.measure})"
        else:
            counted = f"quantile_cont({declared.measure}, {declared.quantile})"
        [(value, n)] = self.rows(
            f"select cast({counted} as double), count(*) from {model} where {' and '.join(conditions)}"
        )
        return value, n

    def _month(self, declared: Kpi) -> str:
        return f"(cast({declared.month} as timestamp) + interval {declared.window_days} day)"

    def _load(self, source: Source) -> None:
        files = source.files
        assert files is not None
        path = Path(expand(files.glob))
        if files.format == "xlsx":
            self._load_workbook(source, path)
        else:
            [found] = sorted(path.parent.glob(path.name))
            self.connection.read_csv(
                str(found), all_varchar=True, header=True, delimiter=files.delimiter, encoding=files.encoding
            ).create(f"raw_{source.name}")
        relation = self.connection.table(f"raw_{source.name}")
        markers = {
            name: ", ".join(text(marker) for marker in [*source.missing, *source.missing_in.get(name, [])])
            for name in relation.columns
        }
        blanked = ", ".join(
            f"case when trim({quoted(name)}) not in ({known}) then {quoted(name)} end as {quoted(name)}"
            for name, known in markers.items()
        )
        table = f"landed_{source.name}"
        self.connection.execute(
            f"create table {table} as select {blanked}, 'file' as _source_file,"
            f" row_number() over () as _source_line from raw_{source.name}"
        )
        for drop in source.drops:
            self._count(source, "drop", drop.reason, f"delete from {table} where {drop.when}")
        for mend in source.mends:
            set_to = f"{quoted(mend.column)} = {mend.to}"
            self._count(source, "mend", mend.reason, f"update {table} set {set_to} where {mend.when}")
        if source.duplicates == "keep_first":
            key = ", ".join(quoted(name) for name in source.key)
            again = f"row_number() over (partition by {key} order by _source_line) > 1"
            later = f"select _source_line from {table} qualify {again}"
            self._count(source, "duplicate", f"same {key}", f"delete from {table} where _source_line in ({later})")
        elif source.key:
            key = ", ".join(quoted(name) for name in source.key)
            twice = self.rows(f"select count(*) from {table} group by {key} having count(*) > 1")
            assert not twice, f"{source.name}: the declared key repeats"
        self.connection.execute(f"create view {source.name} as from {table}")

    def _count(self, source: Source, kind: str, reason: str, sql: str) -> None:
        self.handled[source.name, kind, reason] = self.one(sql)

    def _load_workbook(self, source: Source, path: Path) -> None:
        import pyarrow
        from python_calamine import load_workbook

        assert source.files is not None
        workbook = load_workbook(str(path))
        try:
            headers, *rows = workbook.get_sheet_by_name(source.files.sheet or "").to_python()
        finally:
            workbook.close()
        columns = {str(header): [_as_text(row[place]) for row in rows] for place, header in enumerate(headers)}
        self.connection.register("workbook", pyarrow.table(columns))
        self.connection.execute(f"create table raw_{source.name} as from workbook")
        self.connection.unregister("workbook")

    def _map(self, source: Source, name: str, mapping: Mapping) -> None:
        view = f"{source.name}__{name}"
        if mapping.select:
            inner = f"select * from ({mapping.select}\n) as selected"
        else:
            given = [f"({sql}) as {column}" for column, sql in mapping.columns.items()]
            pairs = ", ".join(f"{text(key)}, {sql}" for key, sql in mapping.extra.items())
            where = f" where {mapping.where}" if mapping.where else ""
            inner = f"select {', '.join(given)}, json_object({pairs}) as extra from {source.name}{where}"
        mapped = []
        columns = self.connection.execute(f"describe {inner}").fetchall()
        for column, *_ in columns:
            value = column
            if known := mapping.values.get(column):
                cases = " ".join(f"when {text(given)} then {text(meant)}" for given, meant in known.items())
                value = f"case {column} {cases} else {column} end"
            mapped.append(f"cast({value} as {_type(column)}) as {column}" if _type(column) else f"{value} as {column}")
        if mapping.contract == "feedback":
            assert mapping.scale is not None
            mapped.append(f"{mapping.scale.minimum} as scale_minimum, {mapping.scale.maximum} as scale_maximum")
            # Answers are anonymous, or one a customer and month, wherever a KPI of these workspaces asks.
            mapped.append("true as is_last_in_month")
        self.connection.execute(f"create view {view} as select {', '.join(mapped)} from ({inner}) as given")


def _as_text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _type(column: str) -> str | None:
    if column.endswith("_at"):
        return "timestamp"
    return {"score": "decimal(9, 3)", "weight": "decimal(12, 6)", "amount": "decimal(18, 4)"}.get(column)
