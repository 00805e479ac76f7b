"""Which figures the pandas script computes: the KPIs of tests/bench/large_company, one paragraph each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from tests.bench.with_pandas import Script


def figures(script: Script) -> None:
    """All of them, into ``script.figures``."""
    _feedback(script)
    _cases(script)
    _orders(script)
    _customers(script)


def _feedback(script: Script) -> None:
    from tests.bench.with_pandas import part

    with part("conform"):
        rows = script.feedback
        rows["score"] = rows["score"].astype(float)
        rows["month"] = script.month(rows["answered"])
        rows = rows.sort_values(["answered", "response"])
        mine = rows["role"] == "customer"
        nps, csat, ces = (rows["question"] == kind for kind in ("nps", "csat", "ces"))
        last = ~rows.duplicated(["customer", "month", "role", "question", "touchpoint"], keep="last")
        last |= rows["customer"].isna()
    asked = rows[nps & mine & last]
    script.mean(
        "bench_nps",
        asked,
        100.0 * ((asked["score"] >= 9).astype(int) - (asked["score"] <= 6).astype(int)),
        asked["month"],
        ["region", "segment", "channel"],
    )
    rated, eased = rows[csat & mine], rows[ces & mine]
    all_four = ["touchpoint", "channel", "region", "segment"]
    script.share("bench_csat", rated, rated["score"] >= 4, rated["month"], all_four)
    script.mean("bench_csat_mean", rated, rated["score"], rated["month"], all_four)
    script.share("bench_ces", eased, eased["score"] >= 5, eased["month"], ["channel", "region", "segment"])
    rated, eased = rows[csat], rows[ces]
    three = ["touchpoint", "region", "segment"]
    script.clustered("bench_csat_clustered", rated, rated["score"] >= 4, rated["month"], three, 100)
    script.clustered("bench_ces_mean_clustered", eased, eased["score"], eased["month"], three, 1)
    _weighted(script, rated)


def _weighted(script: Script, rated: pd.DataFrame) -> None:
    from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

    from tests.bench.with_pandas import part

    rated = rated.assign(weight=rated["weight"].astype(float).round(4))
    for name, groups in script.by_slice(rated, rated["month"], ["region", "segment"]):
        with part("values"):
            found = pd.DataFrame({"n": groups.size(), "value": groups.apply(_weighted_mean)})
            script.tell("bench_csat_weighted", name, found)
        with part("intervals"):
            cells = {key: DescrStatsW(cell["score"], cell["weight"]) for key, cell in groups}
            for (month, value), cell in cells.items():
                cell.tconfint_mean()
                before = cells.get((str(pd.Period(month) - 1), value))
                if before is not None:
                    CompareMeans(cell, before).ttest_ind(usevar="unequal")


def _weighted_mean(cell: pd.DataFrame) -> float:
    return np.average(cell["score"], weights=cell["weight"])


def _cases(script: Script) -> None:
    from tests.bench.with_pandas import part

    with part("conform"):
        rows = script.cases
        rows["month"] = script.month(rows["created"])
        hours = (rows["first_reply"] - rows["created"]).dt.total_seconds() / 3600
        solved = (rows["last_solved"] - rows["created"]).dt.total_seconds() / 3600
        first = (rows["first_solved"] - rows["created"]).dt.total_seconds() / 3600
        limit = script.later(rows["created"], days=30)
        reply_limit = script.later(rows["created"], days=3)
        in_time = solved.where(rows["last_solved"] <= limit)
        again = (rows["reopened"] > limit) & (rows["first_solved"] <= limit)
        in_time = in_time.where(in_time.notna(), first.where(again))
        replied = rows["first_reply"] <= reply_limit
        rows["hours"] = hours
    _counts(script, rows)
    answered = rows[rows["first_reply"].notna()]
    script.mean(
        "bench_reply_geometric", answered, np.log(answered["hours"].clip(lower=1 / 3600)).round(6), answered["month"],
        ["channel", "topic", "region"], back=np.exp,
    )  # fmt: skip
    slices = ["channel", "region", "topic"]
    script.quantile(
        {"bench_reply_median": 0.5, "bench_reply_p90": 0.9}, rows, hours.where(replied),
        script.month(rows["created"], 3), slices,
    )  # fmt: skip
    script.quantile(
        {"bench_solved_median": 0.5, "bench_solved_p90": 0.9}, rows, in_time, script.month(rows["created"], 30), slices
    )
    done = rows[rows["first_solved"].notna()]
    judged = script.later(done["first_solved"], days=14)
    script.share(
        "bench_reopened", done, done["reopened"] <= judged, script.month(done["first_solved"], 14),
        ["channel", "region", "topic"],
    )  # fmt: skip
    script.ratio(
        "bench_contacts_per_case", rows, (rows["contacts"], 1), rows["month"], ["channel", "topic", "region"], 1
    )
    _spread(script, answered)
    _survival(script, rows, replied)


def _counts(script: Script, rows: pd.DataFrame) -> None:
    from statsmodels.stats.proportion import proportion_confint, proportions_ztest
    from statsmodels.stats.rates import confint_poisson, test_poisson_2indep

    from tests.bench.with_pandas import part

    for name, groups in script.by_slice(rows, rows["month"], ["channel", "topic"]):
        with part("values"):
            found = groups.size().to_frame("n")
            cells = script.tell("bench_cases", name, found.assign(value=found["n"].astype(float)))
        with part("intervals"):
            confint_poisson(found["n"].to_numpy(), 1, method="exact-c")
            for row in script.with_previous(cells).itertuples():
                test_poisson_2indep(row.n, 1, row.n_before, 1)
        if name != "channel":
            continue
        with part("values"):
            hits = found["n"]
            whole = hits.groupby("month").transform("sum")
            cells = script.tell("bench_channel_mix", name, pd.DataFrame({"n": whole, "value": 100 * hits / whole}))
        with part("intervals"):
            proportion_confint(hits, whole, method="wilson")
            for row in script.with_previous(cells).itertuples():
                proportions_ztest(
                    [row.value * row.n / 100, row.value_before * row.n_before / 100], [row.n, row.n_before]
                )


def _spread(script: Script, answered: pd.DataFrame) -> None:
    """Random effects by the method of moments of hours to four decimals; interval and test of the F distribution."""
    from scipy.stats import f

    from tests.bench.with_pandas import part

    answered = answered.assign(hours=answered["hours"].round(4))
    for name, groups in script.by_slice(answered, answered["month"], ["channel", "topic"]):
        found: dict[tuple[str, str], tuple[int, float]] = {}
        for key, cell in groups:
            with part("values"):
                agents = cell.groupby("agent")["hours"].agg(["size", "sum"])
                n, total, count = len(cell), cell["hours"].sum(), len(agents)
                between = ((agents["sum"] ** 2 / agents["size"]).sum() - total**2 / n) / (count - 1)
                within = ((cell["hours"] ** 2).sum() - (agents["sum"] ** 2 / agents["size"]).sum()) / (n - count)
                size = (n - (agents["size"] ** 2).sum() / n) / (count - 1)
                found[key] = n, np.sqrt(max(0, between - within) / size)
            with part("intervals"):
                f.ppf([0.975, 0.025], count - 1, n - count)
                f.sf(between / within, count - 1, n - count)
        table = pd.DataFrame.from_dict(found, orient="index", columns=["n", "value"])
        table.index = pd.MultiIndex.from_tuples(table.index, names=["month", "slice_value"])
        script.tell("bench_agent_spread", name, table)


def _survival(script: Script, rows: pd.DataFrame, replied: pd.Series) -> None:
    """Kaplan-Meier medians, the log-rank test between months."""
    from statsmodels.duration.survfunc import SurvfuncRight, survdiff

    from tests.bench.with_pandas import part

    seconds = (rows["hours"] * 3600).fillna(259200).clip(upper=259200)
    rows = rows.assign(time=np.floor(np.round(seconds) / 3600), event=replied.astype(int))
    for name, groups in script.by_slice(rows, rows["month"], ["channel", "topic", "region"]):
        found: dict[tuple[str, str], tuple[int, float]] = {}
        cells = {key: cell[["time", "event"]] for key, cell in groups}
        for (month, value), cell in cells.items():
            with part("values"):
                curve = SurvfuncRight(cell["time"], cell["event"])
                # a hair more than a half is a half that was multiplied up
                found[month, value] = len(cell), curve.surv_times[np.argmax(curve.surv_prob <= 0.5 + 1e-9)]
            with part("intervals"):
                curve.quantile_ci(0.5)
                before = cells.get((str(pd.Period(month) - 1), value))
                if before is not None:
                    both = pd.concat([cell.assign(later=1), before.assign(later=0)])
                    survdiff(both["time"], both["event"], both["later"])
        table = pd.DataFrame.from_dict(found, orient="index", columns=["n", "value"])
        table.index = pd.MultiIndex.from_tuples(table.index, names=["month", "slice_value"])
        script.tell("bench_reply_survival", name, table)


def _orders(script: Script) -> None:
    from tests.bench.with_pandas import part

    with part("conform"):
        rows = script.orders
        rows[["amount", "margin"]] = rows[["amount", "margin"]].astype(float)
        limit = script.later(rows["ordered"], days=30)
        month, judged = script.month(rows["ordered"]), script.month(rows["ordered"], 30)
        promised = rows["promised"].dt.tz_convert(script.timezone)
        whole_day = promised == promised.dt.normalize()
        due = promised.where(~whole_day, script.later(rows["promised"], days=1))
    slices = ["channel", "region", "segment"]
    asked = rows["promised"].notna()
    script.share(
        "bench_on_time", rows[asked], (rows["delivered"] <= due)[asked], script.month(rows["promised"][asked]), slices
    )
    script.share(
        "bench_returned", rows[rows["amount"] > 0], (rows["returned"] <= limit)[rows["amount"] > 0], judged, slices
    )
    script.mean("bench_basket", rows, rows["amount"], month, slices)
    script.ratio("bench_margin_share", rows, (rows["margin"], rows["amount"]), month, slices, 100)
    days = ((rows["delivered"] - rows["ordered"]).dt.total_seconds() / 86400).where(rows["delivered"] <= limit)
    script.quantile({"bench_delivery_p90": 0.9}, rows, days, judged, ["channel", "region"])
    with part("conform"):
        known = rows[rows["customer"].notna()].sort_values(["customer", "ordered", "order_no"])
        by_customer = known.groupby("customer")["ordered"]
        before, after = by_customer.shift(1), by_customer.shift(-1)
        a_year_on = script.later(before, months=12)
        is_first = ~(known["ordered"] <= a_year_on)
        firsts, after = known[is_first], after[is_first]
        until = script.later(firsts["ordered"], days=90)
    script.share("bench_repeat", firsts, after <= until, script.month(firsts["ordered"], 90), slices)


def _customers(script: Script) -> None:
    """A row per customer and month, then who left, and complaints per thousand."""
    from statsmodels.stats.rates import confint_poisson, test_poisson_2indep

    from tests.bench.with_pandas import part

    with part("conform"):
        newest = script.versions.drop_duplicates("customer", keep="last")
        spine = []
        for period in pd.period_range(script.first, script.last, freq="M"):
            start = period.start_time.date()
            active = newest[(newest["since"] < start) & ~(newest["closed"] < start)]
            at = pd.Timestamp(period.start_time, tz=script.timezone).tz_convert("UTC")
            then = script.versions[script.versions["since_when"] <= at].drop_duplicates("customer", keep="last")
            active = active[["customer", "closed"]].merge(
                then[["customer", "segment", "region", "tier"]], on="customer"
            )
            closed = pd.to_datetime(active["closed"]).dt.to_period("M")
            spine.append(active.assign(month=str(period), lost=closed == period))
        spine = pd.concat(spine)
    script.share("bench_lost", spine, spine["lost"], spine["month"], ["segment", "region", "tier"])
    complaints = script.cases[script.cases["complaint"].astype(bool)]
    exposed = dict(script.by_slice(spine, spine["month"], ["region", "segment"]))
    delivered = set(script.cases["month"])
    for name, groups in script.by_slice(complaints, complaints["month"], ["region", "segment"]):
        with part("values"):
            found = exposed[name].size().to_frame("n")
            found["hits"] = groups.size().reindex(found.index).fillna(0)
            found = found[found.index.get_level_values("month").isin(delivered)]
            cells = script.tell("bench_complaints", name, found.assign(value=1000 * found["hits"] / found["n"]))
        with part("intervals"):
            confint_poisson(found["hits"].to_numpy(), found["n"].to_numpy(), method="exact-c")
            cells["hits"] = (cells["value"] * cells["n"] / 1000).round()
            for row in script.with_previous(cells).itertuples():
                test_poisson_2indep(row.hits, row.n, row.hits_before, row.n_before)
