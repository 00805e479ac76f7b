"""A made-up company of any size: its extracts are made by DuckDB, always the same for the same sizes."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flows.period import Period
from flows.staging import literal
from flows.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

#: Everything of the workspace but its extracts.
DECLARED = Path(__file__).parent / "large_company"
MONTHS = 24
#: One case in so many is told anew in the next month's extract, as an upsert does.
TOLD_AGAIN = 33


@dataclass(frozen=True)
class Sizes:
    """Rows of each extract over all months; the defaults are those of issue 3."""

    customers: int = 200_000
    feedback: int = 1_000_000
    cases: int = 1_000_000
    orders: int = 5_000_000

    def times(self, share: float) -> Sizes:
        """The same company smaller (or larger): its rows by ``share``, at least a thousand customers."""
        return Sizes(
            max(1000, round(self.customers * share)),
            *(round(rows * share) for rows in (self.feedback, self.cases, self.orders)),
        )


#: One customer in ten has changed its segment once; the register holds both versions.
CUSTOMERS = """
    select
        'C' || i as customer,
        case when version = 1 then getvariable('first') + to_days(cast(30 + draw(i, 1, 600) as integer)) end as valid,
        ['Home', 'Business', 'Public'][1 + draw(i, 2 + version, 3)] as segment,
        ['North', 'East', 'South', 'West', null][1 + draw(i, 4, 5)] as region,
        ['gold', 'silver', 'bronze'][1 + draw(i, 5, 3)] as tier,
        since,
        case when draw(i, 7, 5) = 0
        then greatest(since, cast(getvariable('first') as date)) + 1 + draw(i, 8, 600)::integer end as closed,
    from (
        select *, cast(getvariable('first') as date) + 500 - cast(draw(i, 6, 2500) as integer) as since,
        from range($customers) as made (i)
    )
    cross join (values (0), (1)) as versions (version)
    where version = 0 or draw(i, 9, 10) = 0
    order by i, version
"""

#: Of every extract: row ``i`` of the month's ``rows`` from ``low`` on, at the time ``moment``; ``who`` is its customer,
#: some have many rows and most have few.
FEEDBACK = """
    select
        'R' || i as response,
        case when draw(i, 1, 10) > 0 then who end as customer,
        case when draw(i, 2, 20) = 0 then 'frontline' else 'customer' end as role,
        ['nps', 'csat', 'csat', 'ces'][1 + kind] as question,
        ['support case', 'order', 'delivery', null][1 + draw(i, 3, 4)] as touchpoint,
        ['email', 'phone', 'chat', 'web', null][1 + draw(i, 4, 5)] as channel,
        cast([greatest(draw(i, 5, 11), draw(i, 6, 11)), 1 + greatest(draw(i, 5, 5), draw(i, 6, 5)),
              1 + greatest(draw(i, 5, 5), draw(i, 6, 5)), 1 + draw(i, 5, 7)][1 + kind] as decimal(9, 3)) as score,
        cast([0, 1, 1, 1][1 + kind] as integer) as lowest,
        cast([10, 5, 5, 7][1 + kind] as integer) as highest,
        cast(0.5 + draw(i, 7, 200) / 100 as decimal(12, 6)) as weight,
        moment as answered,
    from (select *, draw(i, 0, 4) as kind from made)
"""

CASES = f"""
    select
        'T' || i as case_no,
        who as customer,
        ['email', 'phone', 'chat', 'web', 'messaging'][1 + draw(i, 1, 5)] as channel,
        ['delivery', 'invoice', 'product', 'contract', 'other', null][1 + draw(i, 2, 6)] as topic,
        moment as created,
        case when draw(i, 3, 12) > 0 then moment + to_seconds(reply) end as first_reply,
        case when draw(i, 4, 15) > 0 then moment + to_seconds(reply + solved) end as first_solved,
        case when draw(i, 4, 15) > 0 and (is_later or not is_reopened)
        then moment + to_seconds(reply + solved + case when is_reopened then 4 * solved else 0 end) end as last_solved,
        case when is_reopened and is_later then moment + to_seconds(reply + 2 * solved) end as reopened,
        cast(1 + draw(i, 5, 3) * draw(i, 6, 3) as integer) as contacts,
        draw(i, 7, 9) = 0 as complaint,
        'A' || (50 * draw(i, 8, 6) + draw(i, 9, 50)) as agent,
        'team ' || draw(i, 8, 6) as team,
        moment + case when is_later then interval 40 day else interval 5 day end as updated,
    from (
        select
            *,
            cast(exp(6 + draw(i, 10, 600) / 100.0) as bigint) as reply,
            cast(exp(8 + draw(i, 11, 600) / 100.0) as bigint) as solved,
            draw(i, 4, 15) > 1 and draw(i, 12, {TOLD_AGAIN}) = 0 as is_reopened,
        from made
    )
"""

ORDERS = """
    select
        'O' || i as order_no,
        who as customer,
        moment as ordered,
        cast(exp(3 + draw(i, 1, 400) / 100.0) as decimal(18, 4)) as amount,
        cast(exp(3 + draw(i, 1, 400) / 100.0) * (draw(i, 2, 40) - 5) / 100 as decimal(18, 4)) as margin,
        ['web', 'app', 'phone', 'store'][1 + draw(i, 3, 4)] as channel,
        case when draw(i, 4, 10) > 0 then moment + to_seconds(86400 * (3 + draw(i, 5, 3))) end as promised,
        case when draw(i, 6, 50) > 0
        then moment + to_seconds(40000 + draw(i, 7, 260000) + draw(i, 8, 260000)) end as delivered,
        case when draw(i, 9, 14) = 0 then moment + to_seconds(600000 + draw(i, 10, 3000000)) end as returned,
    from made
"""


def make(root: Path, sizes: Sizes) -> Period:
    """Write a workspace with ``sizes`` into the new directory ``root``; returns its newest month."""
    import duckdb

    shutil.copytree(DECLARED, root)
    (root / "extracts").mkdir()
    workspace = Workspace.load(root)
    last, zone = workspace.last_period(), workspace.settings.timezone
    months = last.shift(1 - MONTHS).until(last)
    with duckdb.connect() as connection:
        connection.execute(f"set timezone = {literal(zone)}")
        connection.execute("create macro draw(i, salt, n) as cast(hash(i, salt) % n as bigint)")
        connection.execute("set variable first = $at::timestamptz", {"at": months[0].start(zone)})
        extracts = root / "extracts"
        _write(connection, CUSTOMERS.replace("$customers", str(sizes.customers)), extracts / "customers.parquet")
        for place, month in enumerate(months):
            for name, query in (("feedback", FEEDBACK), ("cases", CASES), ("orders", ORDERS)):
                made = _made(months, place, getattr(sizes, name), sizes.customers, zone)
                if name == "cases" and place:
                    before = _made(months, place - 1, sizes.cases, sizes.customers, zone)
                    again = f"select * replace (true as is_later) from ({before}) where draw(i, 12, {TOLD_AGAIN}) = 0"
                    made += f" union all {again}"
                _write(connection, f"with made as ({made}) {query}", extracts / f"{name}_{month}.parquet")
    return last


def _made(months: list[Period], place: int, rows: int, customers: int, zone: str) -> str:
    """The rows of a month, of ``rows`` over all months, evenly over it in their order."""
    month, low, high = months[place], rows * place // MONTHS, rows * (place + 1) // MONTHS
    start, seconds = month.start(zone), int((month.end(zone) - month.start(zone)).total_seconds())
    return f"""
        select
            i,
            timestamptz '{start.isoformat()}' + to_seconds((i - {low}) * {seconds} // {high - low}) as moment,
            'C' || (draw(i, 30, {customers}) * draw(i, 31, {customers}) // {customers}) as who,
            false as is_later,
        from range({low}, {high}) as numbered (i)
    """


def _write(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    connection.execute(f"copy ({query}) to {literal(str(path))} (format parquet, compression zstd)")
