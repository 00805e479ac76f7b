"""What a reader may rely on, by simulation with fixed seeds: few false alarms, honest intervals, real changes found."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from flows.inference.bootstrap import GROUPS
from flows.inference.comparisons import two_quantiles
from flows.inference.figures import infer
from flows.inference.ranks import quantile_ranks
from tests.flows.inference.building import NO_TARGETS, kpis

MONTHS = 200
SLICES = {"a": slice(0, 45), "b": slice(45, 135), "c": slice(135, 375), None: slice(0, 375)}
#: Pairs of months with a gap before each, so that every second month is an independent family of tests.
PERIODS = [f"{year}-{month}" for year in range(1900, 1900 + MONTHS) for month in ("01", "02")]


def grid_of(values: np.ndarray, quantile: float) -> np.ndarray:
    """The draws of one quantile for each row of ``values``."""
    ranks = quantile_ranks([(values.shape[1], quantile)]).to_pylist()[0]["draw_ranks"]
    return np.sort(values, axis=1)[:, np.array(ranks) - 1]


def cells_of(kpi: str, kind: str, answers: np.ndarray) -> list[pd.DataFrame]:
    """The observed cells of one KPI: a row of ``answers`` a period, a column an answer, cut into SLICES."""
    frames = []
    for label, columns in SLICES.items():
        part = answers[:, columns]
        statistics = {"n": np.full(len(part), part.shape[1])}
        if kind == "quantile":
            statistics |= {"quantile_value": np.median(part, axis=1), "quantile_draws": list(grid_of(part, 0.5))}
        elif kind == "quantile 90":
            statistics |= {"quantile_value": np.quantile(part, 0.9, axis=1), "quantile_draws": list(grid_of(part, 0.9))}
        elif kind == "mean":
            statistics |= {"total": part.sum(axis=1), "total_squares": (part**2).sum(axis=1)}
        elif kind == "rate":
            statistics |= {"positives": part.sum(axis=1), "exposure": 10.0 * part.shape[1]}
        elif kind == "log_mean":
            statistics |= {"total": np.log(part).sum(axis=1), "total_squares": (np.log(part) ** 2).sum(axis=1)}
        elif kind == "count":
            statistics |= {"n": part.sum(axis=1)}
        elif kind == "survival":
            statistics |= {"n": part.shape[1]} | life_tables(part)
        elif kind == "ratio":
            statistics |= group_sums(part.real, part.imag, columns)
        elif kind == "spread":
            statistics |= {"total": part.sum(axis=1), "total_squares": (part**2).sum(axis=1)} | by_cluster(part, 15)
        elif kind == "clustered":
            statistics |= {"positives": part.sum(axis=1)} | by_cluster(part, 5)
        else:
            statistics |= {"positives": (part > 0).sum(axis=1), "negatives": (part < 0).sum(axis=1)}
        place = {"kpi": kpi, "period": PERIODS, "slice": "overall" if label is None else "team", "slice_value": label}
        frames.append(pd.DataFrame(statistics | place))
    return frames


def life_tables(days: np.ndarray) -> dict[str, list[np.ndarray]]:
    """What the warehouse observes of waits that end by an event up to day 10 and are censored at day 11."""
    times = np.arange(1.0, 12.0)
    counts = (days[:, :, None] == times).sum(axis=1)
    events, censored = counts * (times < 11), counts * (times == 11)
    return {"life_times": [times] * len(days), "life_events": list(events), "life_censored": list(censored)}


def group_sums(numerator: np.ndarray, denominator: np.ndarray, customers: slice) -> dict[str, list[np.ndarray]]:
    """Sums by random group of customers, who are the same every month."""
    group = np.arange(customers.start, customers.stop) % GROUPS
    numbers = np.unique(group)
    member = (group[:, None] == numbers).astype(float)
    return {
        "group_numbers": [numbers] * len(numerator),
        "group_numerators": list(numerator @ member),
        "group_denominators": list(denominator @ member),
    }


def by_cluster(part: np.ndarray, size: int) -> dict[str, np.ndarray]:
    """Sums over clusters of ``size`` neighbouring columns."""
    totals = part.astype(float).reshape(len(part), -1, size).sum(axis=2)
    clusters = totals.shape[1]
    return {
        "clusters": clusters,
        "cluster_squares": float(clusters * size**2),
        "cluster_cross": size * totals.sum(axis=1),
        "cluster_total_squares": (totals**2).sum(axis=1),
        "cluster_mean_squares": (totals**2).sum(axis=1) / size,
    }


def revenue(random: np.random.Generator) -> np.ndarray:
    """Kept (real part) and opening revenue (imaginary part) of the same customers, who pay alike every month."""
    opening = np.broadcast_to(random.lognormal(3, 1, 375), (len(PERIODS), 375))
    return opening * (random.random(opening.shape) > 0.2) + 1j * opening


def satisfied(random: np.random.Generator) -> np.ndarray:
    """Five answers of each customer, who differ: some are nearly always satisfied, some seldom."""
    return random.random((len(PERIODS), 375)) < np.repeat(random.beta(3, 1, (len(PERIODS), 75)), 5, axis=1)


def mix_cells(random: np.random.Generator) -> pd.DataFrame:
    """Three levels of a mix of 375 contacts."""
    counts = random.multinomial(375, [0.6, 0.3, 0.1], len(PERIODS))
    frames = [
        {"kpi": "mix", "period": PERIODS, "slice": "team", "slice_value": label, "n": 375, "positives": column}
        for label, column in zip("abc", counts.T, strict=True)
    ]
    return pd.concat([pd.DataFrame(frame) for frame in frames])


@pytest.fixture(scope="module")
def quiet_years():
    """Every kind, in cells of 45 to 375 rows, over 200 pairs of months in which nothing ever changes."""
    random = np.random.default_rng(20261122)
    shape = (len(PERIODS), 375)
    answers = {
        "half": ("proportion", random.random(shape) < 0.5),
        "most": ("proportion", random.random(shape) < 0.85),
        "few": ("proportion", random.random(shape) < 0.04),
        "nps": ("nps", random.choice([1, 0, -1], shape, p=[0.45, 0.3, 0.25])),
        "high_nps": ("nps", random.choice([1, 0, -1], shape, p=[0.8, 0.15, 0.05])),
        "score": ("mean", random.choice([1, 2, 3, 4, 5], shape, p=[0.05, 0.05, 0.1, 0.3, 0.5])),
        "complaints": ("rate", random.poisson(0.3, shape)),
        "reply": ("quantile", random.lognormal(1, 1, shape)),
        "solved_days": ("quantile", np.ceil(random.lognormal(1.5, 0.8, shape))),
        "reply_late": ("quantile 90", random.lognormal(1, 1, shape)),
        "typical_reply": ("log_mean", random.lognormal(1, 1, shape)),
        "cases": ("count", random.poisson(1, shape)),
        "until_solved": ("survival", np.minimum(np.ceil(random.exponential(6, shape)), 11)),
        "still_open": ("survival", np.minimum(np.ceil(random.exponential(6, shape)), 11)),
        "kept_revenue": ("ratio", revenue(random)),
        "agents": ("spread", random.normal(4, 1, shape) + 0.5 * np.repeat(random.normal(0, 1, (shape[0], 25)), 15, 1)),
        "satisfied": ("clustered", satisfied(random)),
    }
    frames = [cells for kpi, (kind, values) in answers.items() for cells in cells_of(kpi, kind, values)]
    observed = pd.concat([*frames, mix_cells(random)], ignore_index=True)
    kinds = {kpi: "proportion" if kind == "clustered" else kind.split()[0] for kpi, (kind, _) in answers.items()}
    told = {"until_solved": {"quantile": 0.5}, "still_open": {"horizon": 5}}
    declared = kpis(*({"kpi": kpi, "kind": kind} | told.get(kpi, {}) for kpi, kind in (kinds | {"mix": "mix"}).items()))
    figures = infer(observed, declared, NO_TARGETS)
    return figures[figures["period"].str.endswith("-02")]


def test_months_in_which_nothing_changed_seldom_raise_a_false_alarm(quiet_years):
    alarms = quiet_years["verdict"].isin(["better", "worse"]).groupby(quiet_years["period"]).any()
    assert len(alarms) == MONTHS
    tests = 4 * 17 + 3
    assert quiet_years["p"].notna().sum() >= 0.99 * tests * MONTHS
    at_least, _ = proportion_confint(alarms.sum(), MONTHS, alpha=0.1, method="beta")
    assert at_least <= 0.05
    # without the correction for seventy tests most of the same months would have raised one
    assert (quiet_years["p"] <= 0.05).groupby(quiet_years["period"]).any().mean() > 0.5


def test_no_kind_is_wrong_more_often_than_its_p_says(quiet_years):
    independent = quiet_years[(quiet_years["slice"] == "team") & (quiet_years["kpi"] != "mix")]
    wrong = (independent["p"] <= 0.05).groupby(independent["kpi"]).sum()
    # seventeen KPIs are looked at, so each may stray as far as one in three hundred would
    at_least, _ = proportion_confint(wrong.to_numpy(int), 3 * MONTHS, alpha=2 * 0.05 / len(wrong), method="beta")
    assert at_least.max() <= 0.05, wrong
    # exact tests, tied days and spreads are cautious; the others would be of no use if they were
    usable = ["half", "most", "nps", "high_nps", "score", "typical_reply", "kept_revenue", "satisfied", "until_solved"]
    assert wrong[usable].min() >= 0.03 * 3 * MONTHS


@pytest.mark.parametrize(("quantile", "times"), [(0.5, 1.0), (0.5, 1.4), (0.9, 1.4)])
def test_the_interval_of_a_difference_of_quantiles_covers_it(quantile, times):
    random = np.random.default_rng(7)
    later, earlier = times * random.lognormal(0, 1, (2000, 200)), random.lognormal(0, 1, (2000, 210))
    found = two_quantiles(grid_of(later, quantile), grid_of(earlier, quantile))
    normal = {0.5: 0.0, 0.9: 1.2815515655446004}[quantile]
    true = (times - 1) * np.exp(normal)
    covered = ((found.low <= true) & (true <= found.high)).mean()
    assert 0.93 <= covered <= 0.985


def test_a_median_that_rises_by_three_fifths_is_found_with_150_answers():
    random = np.random.default_rng(11)
    waits = random.lognormal(1, 0.8, (100, 2, 150)) * np.array([1.0, 1.6])[:, None]
    draws = grid_of(waits.reshape(200, 150), 0.5)
    observed = pd.DataFrame(
        {
            "kpi": "reply",
            "period": PERIODS[:200],
            "slice": "overall",
            "slice_value": None,
            "n": 150,
            "quantile_value": np.median(waits, axis=2).ravel(),
            "quantile_draws": list(draws),
        }
    )
    declared = kpis({"kpi": "reply", "kind": "quantile", "direction": "down", "unit": "hours"})
    figures = infer(observed, declared, NO_TARGETS)
    planted = figures[figures["period"].str.endswith("-02")]
    assert (planted["verdict"] == "worse").mean() >= 0.9
    assert "better" not in set(planted["verdict"])
