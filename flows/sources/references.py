"""What a select refers to: which tables and which of their columns, read from DuckDB's own syntax tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

Tree = dict[str, Any]


@dataclass(frozen=True)
class _Table:
    """A table of a FROM clause: the sources whose columns it passes on, and the columns it makes itself."""

    through: frozenset[str]
    made: frozenset[str] = frozenset()
    #: Whether a column that is not made here must be a column of the one source it passes on.
    sure: bool = True


@dataclass(frozen=True)
class _Scope:
    tables: dict[str, _Table]
    parent: _Scope | None = None
    #: Whether names may also belong to the query around this one (a subquery in an expression).
    correlated: bool = False
    #: Names the select list has given so far, and the parameters of lambdas.
    given: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()


@dataclass
class Reading:
    """Collects, over one or more queries, (source, column) pairs: ``required`` for certain, or only ``possible``.

    A table is a source by its name, with or without the prefix ``landed_``. ``owner`` is the source whose
    declaration is read.
    """

    sources: Iterable[str]
    owner: str
    tables: set[str] = field(default_factory=set)
    required: set[tuple[str, str]] = field(default_factory=set)
    possible: set[tuple[str, str]] = field(default_factory=set)

    def query(self, node: Tree, parent: _Scope | None = None, ctes: dict[str, _Table] | None = None, *,
              correlated: bool = False) -> _Table:  # fmt: skip
        """Read one query; returns what it passes on to the query around it."""
        ctes = dict(ctes or {})
        for entry in (node.get("cte_map") or {}).get("map", []):
            # A CTE does not see itself: `orders as (select * from orders)` reads the source.
            ctes[entry["key"].casefold()] = self._renamed(
                self.query(entry["value"]["query"]["node"], parent, ctes), entry["value"].get("aliases")
            )
        if node["type"] != "SELECT_NODE":
            return self._set_operation(node, parent, ctes, correlated=correlated)
        tables: dict[str, _Table] = {}
        self._from(node.get("from_table") or {}, tables, _Scope(tables, parent, correlated), ctes)
        scope = _Scope(tables, parent, correlated)
        made: set[str] = set()
        through: set[str] = set()
        for item in node.get("select_list", []):
            self._walk(item, replace(scope, given=frozenset(made)), ctes)
            if item.get("class") == "STAR":
                through.update(*(table.through for table in tables.values()))
                made.update(*(table.made for table in tables.values()))
            elif item.get("alias") or item.get("class") == "COLUMN_REF":
                made.add((item.get("alias") or item["column_names"][-1]).casefold())
        after = replace(scope, given=frozenset(made))
        for key, part in node.items():
            if key not in {"select_list", "from_table", "cte_map", "type"}:
                self._walk(part, after, ctes)
        sure = all(table.sure for table in tables.values())
        return _Table(frozenset(through), frozenset(made), sure)

    def _set_operation(self, node: Tree, parent: _Scope | None, ctes: dict[str, _Table], *, correlated: bool) -> _Table:
        """Union and its kin, and recursive queries: what any side passes on may be meant."""
        name = (node.get("cte_name") or node.get("ctename") or "").casefold()
        sides: list[_Table] = []
        for key in ("left", "right", "query", "child"):
            side = node.get(key)
            if isinstance(side, dict) and str(side.get("type", "")).endswith("_NODE"):
                sides.append(self.query(side, parent, ctes, correlated=correlated))
                if name:  # the second side of a recursive query reads the first
                    ctes = ctes | {name: sides[-1]}
        for child in node.get("children") or []:
            sides.append(self.query(child, parent, ctes, correlated=correlated))
        through = frozenset().union(*(side.through for side in sides))
        return _Table(through, sides[0].made if sides else frozenset(), sure=False)

    def _from(self, table: Tree, tables: dict[str, _Table], scope: _Scope, ctes: dict[str, _Table]) -> None:
        kind = table.get("type")
        alias = (table.get("alias") or "").casefold()
        if kind == "BASE_TABLE":
            name = table["table_name"].casefold()
            tables[alias or name] = self._renamed(
                ctes[name] if name in ctes else self._base(name), table.get("column_name_alias")
            )
        elif kind == "SUBQUERY":
            inner = self.query(table["subquery"]["node"], scope, ctes)
            tables[alias or f"?{len(tables)}"] = self._renamed(inner, table.get("column_name_alias"))
        elif kind == "JOIN":
            for side in ("left", "right"):
                self._from(table[side], tables, scope, ctes)
            for name in table.get("using_columns") or []:
                self._unqualified(name, scope)
            self._walk(table.get("condition"), scope, ctes)
        elif kind == "PIVOT":
            self._pivot(table, tables, scope, ctes, alias)
        elif kind and kind != "EMPTY":  # a table function or a list of values
            tables[alias or f"?{len(tables)}"] = _Table(frozenset(), sure=False)
            self._walk({key: part for key, part in table.items() if key != "type"}, scope, ctes)

    def _pivot(
        self, table: Tree, tables: dict[str, _Table], scope: _Scope, ctes: dict[str, _Table], alias: str
    ) -> None:
        inside: dict[str, _Table] = {}
        inner = replace(scope, tables=inside)
        self._from(table["source"], inside, inner, ctes)
        made = {name.casefold() for name in table.get("unpivot_names") or []}
        for pivot in table.get("pivots") or []:
            unpivoted = pivot.get("unpivot_names") or []
            made.update(name.casefold() for name in unpivoted)
            self._walk(pivot.get("pivot_expressions"), inner, ctes)
            for entry in pivot.get("entries") or []:
                self._walk(entry.get("expr"), inner, ctes)
                for value in entry.get("values") or []:
                    if unpivoted and isinstance(value.get("value"), str):  # a column; when pivoting it is a value
                        self._unqualified(value["value"], inner)
        self._walk(table.get("aggregates"), inner, ctes)
        for name in table.get("groups") or []:
            self._unqualified(name, inner)
        through = frozenset().union(*(each.through for each in inside.values()))
        tables[alias or f"?{len(tables)}"] = _Table(through, frozenset(made), sure=False)

    def _base(self, name: str) -> _Table:
        known = {source.casefold(): source for source in self.sources}
        source = known.get(name) or known.get(name.removeprefix("landed_"))
        if source is None:  # not ours: a seed, or a mistake that the build will name
            return _Table(frozenset(), sure=False)
        self.tables.add(source)
        return _Table(frozenset({source}))

    def _renamed(self, table: _Table, aliases: list[str] | None) -> _Table:
        return replace(table, made=table.made | {alias.casefold() for alias in aliases}) if aliases else table

    def _walk(self, part: Any, scope: _Scope, ctes: dict[str, _Table]) -> None:
        if isinstance(part, list):
            for each in part:
                self._walk(each, scope, ctes)
        elif isinstance(part, dict):
            kind = part.get("class")
            if kind == "COLUMN_REF":
                self._column(part["column_names"], scope)
            elif kind == "LAMBDA":
                parameters = _names(part["lhs"])
                self._walk(part["expr"], replace(scope, parameters=scope.parameters | parameters), ctes)
            elif str(part.get("type", "")).endswith("_NODE"):
                self.query(part, scope, ctes, correlated=True)
            else:
                for each in part.values():
                    self._walk(each, scope, ctes)

    def _column(self, names: list[str], scope: _Scope) -> None:
        if len(names) > 1:
            around: _Scope | None = scope
            while around:
                if table := around.tables.get(names[-2].casefold()):
                    self._of(table, names[-1])
                    return
                if table := around.tables.get(names[0].casefold()):  # a field of a column of that table
                    self._of(table, names[1])
                    return
                around = around.parent
        self._unqualified(names[0], scope)

    def _of(self, table: _Table, name: str) -> None:
        """``name`` is a column of ``table``."""
        if name.casefold() in table.made:
            return
        certain = table.sure and len(table.through) == 1
        (self.required if certain else self.possible).update((source, name) for source in table.through)

    def _unqualified(self, name: str, scope: _Scope, *, sure: bool = True) -> None:
        folded = name.casefold()
        if folded in scope.parameters:
            return
        tables = list(scope.tables.values())
        if sure and len(tables) == 1 and not scope.correlated and folded not in scope.given:
            self._of(tables[0], name)
            return
        for table in tables:
            if folded not in table.made:
                self.possible.update((source, name) for source in table.through)
        if scope.parent and (scope.correlated or not tables):
            self._unqualified(name, scope.parent, sure=not tables)


def _names(parameters: Tree) -> frozenset[str]:
    """The parameters of a lambda: one column reference, or a row of them."""
    if parameters.get("class") == "COLUMN_REF":
        return frozenset({parameters["column_names"][-1].casefold()})
    return frozenset().union(*(_names(child) for child in parameters.get("children") or []))
