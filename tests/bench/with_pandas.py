"""The figures of the large company as a straightforward script would make them: pandas, a groupby a slice (a worker).

It reads the extracts and computes each KPI of tests/bench/large_company with the interval and the test that a notebook
would use: statsmodels and scipy where they have one, resampled rows or customers where they have none. What it spends
is told by part: ``read``, ``conform``, ``values``, ``intervals``, ``resampling``.

Request: ``{"extracts": directory, "timezone", "first_period", "period", "resamples", "into": a Parquet
file}``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from flows.workers import serve
from tests.bench.measurement import clocked, processor_seconds

GIVEN = "not given"
SPENT: dict[str, float] = {}


@contextmanager
def part(name: str) -> Iterator[None]:
    """Add what the block takes to SPENT."""
    started = time.monotonic()
    yield
    SPENT[name] = SPENT.get(name, 0.0) + time.monotonic() - started


class Script:
    """The tables, and the figures found so far."""

    def __init__(self, extracts: Path, timezone: str, first: str, last: str, resamples: int) -> None:
        self.timezone, self.first, self.last, self.resamples = timezone, first, last, resamples
        self.figures: list[pd.DataFrame] = []
        with part("read"):
            self.customers = pd.read_parquet(extracts / "customers.parquet")
            self.feedback, self.cases, self.orders = (
                pd.concat([pd.read_parquet(path) for path in sorted(extracts.glob(f"{name}_*.parquet"))])
                for name in ("feedback", "cases", "orders")
            )
        with part("conform"):
            self.cases = self.cases.sort_values("updated").drop_duplicates("case_no", keep="last")
            self.versions = self.customers.assign(since_when=self._valid_from()).sort_values("since_when")
            self.feedback = self._with_customer(self.feedback, "answered")
            self.cases = self._with_customer(self.cases, "created")
            self.orders = self._with_customer(self.orders, "ordered")

    def _valid_from(self) -> pd.Series:
        """When each version became true; the earliest of a customer was always."""
        ever = pd.Timestamp("1900-01-01", tz="UTC")
        earliest = self.customers["valid"].isna() | ~self.customers["customer"].duplicated()
        return self.customers["valid"].dt.tz_convert("UTC").where(~earliest, ever).astype("datetime64[us, UTC]")

    def _with_customer(self, rows: pd.DataFrame, at: str) -> pd.DataFrame:
        """Segment, region and tier as they were at the time of the row."""
        rows = rows.sort_values(at, kind="stable")
        rows["at"] = rows[at].dt.tz_convert("UTC").astype("datetime64[us, UTC]")
        columns = ["customer", "since_when", "segment", "region", "tier"]
        # merge_asof matches missing keys with each other
        known = pd.merge_asof(
            rows[rows["customer"].notna()], self.versions[columns], left_on="at", right_on="since_when", by="customer"
        )
        return pd.concat([known, rows[rows["customer"].isna()]])

    def later(self, moments: pd.Series, **offset: int) -> pd.Series:
        """The same time of day, so many days or months later by the company's calendar."""
        wall_clock = moments.dt.tz_convert(self.timezone).dt.tz_localize(None) + pd.DateOffset(**offset)
        summer = np.ones(len(moments), bool)
        return wall_clock.dt.tz_localize(self.timezone, ambiguous=summer, nonexistent="shift_forward")

    def month(self, moments: pd.Series, days: int = 0) -> pd.Series:
        """The company's month of a moment, or of the day that comes ``days`` days later."""
        return (self.later(moments, days=days) if days else moments.dt.tz_convert(self.timezone)).dt.strftime("%Y-%m")

    def by_slice(self, rows: pd.DataFrame, month: pd.Series, slices: list[str]) -> Iterator[tuple[str, Any]]:
        """For the whole and each slice its name and the rows grouped by month and value."""
        rows = rows.assign(month=month)
        rows = rows[(rows["month"] >= self.first) & (rows["month"] <= self.last)]
        for name in ["overall", *slices]:
            value = "" if name == "overall" else rows[name].fillna(GIVEN)
            yield name, rows.assign(slice_value=value).groupby(["month", "slice_value"], sort=True)

    def tell(self, kpi: str, name: str, found: pd.DataFrame) -> pd.DataFrame:
        """Keep ``found`` (n and value, by month and value of the slice), and return it with the index as columns."""
        found = found.assign(kpi=kpi, slice=name).reset_index()
        self.figures.append(found[["kpi", "month", "slice", "slice_value", "n", "value"]])
        return found

    def with_previous(self, found: pd.DataFrame) -> pd.DataFrame:
        """Each cell with that of the month before, ``*_before``; cells without one are left out."""
        before = found.assign(month=(pd.PeriodIndex(found["month"], freq="M") + 1).strftime("%Y-%m"))
        return found.merge(before, on=["slice_value", "month"], suffixes=("", "_before"))

    def share(self, kpi: str, rows: pd.DataFrame, hit: pd.Series, month: pd.Series, slices: list[str]) -> None:
        """Proportions: Wilson's interval, the two-proportion z test."""
        from statsmodels.stats.proportion import proportion_confint, proportions_ztest

        for name, groups in self.by_slice(rows.assign(hit=hit.fillna(False).astype(bool)), month, slices):
            with part("values"):
                found = groups["hit"].agg(n="size", hits="sum")
                found = self.tell(kpi, name, found.assign(value=100 * found["hits"] / found["n"]))
            with part("intervals"):
                proportion_confint(found["hits"], found["n"], method="wilson")
                for row in self.with_previous(found).itertuples():
                    proportions_ztest([row.hits, row.hits_before], [row.n, row.n_before])

    def mean(
        self, kpi: str, rows: pd.DataFrame, x: pd.Series, month: pd.Series, slices: list[str],
        back: Callable[[Any], Any] = lambda value: value,
    ) -> None:  # fmt: skip
        """Means: Student's interval, Welch's test."""
        from scipy import stats

        for name, groups in self.by_slice(rows.assign(x=x.astype(float)), month, slices):
            with part("values"):
                found = groups["x"].agg(n="count", mean="mean", sd="std")
                found = self.tell(kpi, name, found.assign(value=back(found["mean"])))
            with part("intervals"):
                stats.t.interval(0.95, found["n"] - 1, found["mean"], found["sd"] / np.sqrt(found["n"]))
                for row in self.with_previous(found).itertuples():
                    stats.ttest_ind_from_stats(
                        row.mean, row.sd, row.n, row.mean_before, row.sd_before, row.n_before, equal_var=False
                    )

    def clustered(
        self, kpi: str, rows: pd.DataFrame, x: pd.Series, month: pd.Series, slices: list[str], per: int
    ) -> None:
        """Means of customers' answers: regression on a constant with cluster-robust errors, in each cell and pair."""
        import statsmodels.api as sm

        rows = rows.assign(x=x.astype(float), who=rows["customer"].fillna(rows["response"]))
        for name, groups in self.by_slice(rows, month, slices):
            with part("values"):
                found = groups["x"].agg(n="size", value="mean")
                self.tell(kpi, name, found.assign(value=per * found["value"]))
            with part("intervals"):
                cells = {key: cell[["x", "who"]] for key, cell in groups}
                for (month_, value), cell in cells.items():
                    before = cells.get((str(pd.Period(month_) - 1), value), cell.head(0))
                    both = pd.concat([cell.assign(later=1), before.assign(later=0)])
                    given = {"groups": pd.factorize(both["who"])[0]}
                    design = sm.add_constant(both["later"]) if len(before) else np.ones(len(both))
                    sm.OLS(both["x"], design).fit(cov_type="cluster", cov_kwds=given).conf_int()

    def quantile(
        self, kpis: dict[str, float], rows: pd.DataFrame, x: pd.Series, month: pd.Series, slices: list[str]
    ) -> None:
        """Quantiles: limits from order statistics, the change from resampled rows."""
        from scipy.stats import binom

        random = np.random.default_rng(1)
        # whoever is still waiting waits longer than all others
        for name, groups in self.by_slice(rows.assign(x=x.astype(float).fillna(np.inf)), month, slices):
            for kpi, quantile in kpis.items():
                with part("values"):
                    found = groups["x"].agg(n="size", value=partial(_quantile, quantile=quantile))
                    self.tell(kpi, name, found)
                drawn: dict[tuple[str, str], np.ndarray] = {}
                for (month_, value), cell in groups["x"]:
                    with part("intervals"):
                        ordered = np.sort(cell.to_numpy())
                        low, high = binom.ppf([0.025, 0.975], len(ordered), quantile).astype(int)
                        ordered[max(low - 1, 0)], ordered[min(high, len(ordered) - 1)]
                    with part("resampling"):
                        draws = [
                            _quantile(random.choice(ordered, len(ordered)), quantile) for _ in range(self.resamples)
                        ]
                        drawn[month_, value] = np.array(draws)
                        before = drawn.get((str(pd.Period(month_) - 1), value))
                        if before is not None:
                            np.nanquantile(drawn[month_, value] - before, [0.025, 0.975])

    def ratio(
        self,
        kpi: str,
        rows: pd.DataFrame,
        columns: tuple[pd.Series, Any],
        month: pd.Series,
        slices: list[str],
        per: int,
    ) -> None:
        """Ratios of sums: customers resampled, both months of a change with the same customers."""
        random = np.random.default_rng(1)
        rows = rows.assign(numerator=columns[0].astype(float), denominator=columns[1])
        rows["denominator"] = rows["denominator"].astype(float)
        both = ["numerator", "denominator"]
        for name, groups in self.by_slice(rows, month, slices):
            with part("values"):
                found = groups[both].sum().assign(n=groups.size())
                self.tell(kpi, name, found.assign(value=per * found["numerator"] / found["denominator"]))
            with part("resampling"):
                cells = {key: cell.groupby("customer")[both].sum() for key, cell in groups}
                for (month_, value), cell in cells.items():
                    before = cells.get((str(pd.Period(month_) - 1), value), cell.head(0))
                    sums = cell.join(before, how="outer", rsuffix="_before").fillna(0).to_numpy()
                    draws = np.array(
                        [sums[random.integers(0, len(sums), len(sums))].sum(axis=0) for _ in range(self.resamples)]
                    )
                    level = draws[:, 0] / draws[:, 1]
                    np.quantile(level, [0.025, 0.975])
                    if len(before):
                        np.quantile(level - draws[:, 2] / draws[:, 3], [0.025, 0.975])


def _quantile(values: Any, quantile: float) -> float:
    """The interpolated quantile; numpy makes nothing of a known value beside an infinite one that weighs nothing."""
    with np.errstate(invalid="ignore"):
        found = np.quantile(values, quantile)
    place = (len(values) - 1) * quantile
    if np.isfinite(found) or abs(place - round(place)) > 1e-9:
        return float(found)
    return float(np.sort(values)[round(place)])


def handle(request: dict[str, Any]) -> dict[str, Any]:
    """Run the script and write what it found; answers what it spent, by part."""
    from tests.bench.notebook import figures

    SPENT.clear()

    def script() -> pd.DataFrame:
        when = (request["timezone"], request["first_period"], request["period"])
        made = Script(Path(request["extracts"]), *when, request["resamples"])
        figures(made)
        return pd.concat(made.figures, ignore_index=True)

    before = processor_seconds(os.getpid())
    found, span = clocked(script)
    used = processor_seconds(os.getpid()) - before
    found.to_parquet(request["into"])
    return span | {"spent": SPENT, "processor_seconds": used}


def warm_up() -> None:
    import scipy.stats  # noqa: F401
    import statsmodels.api  # noqa: F401


if __name__ == "__main__":
    serve(warm_up, handle)
