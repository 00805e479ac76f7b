"""What a reader may rely on, by simulation with fixed seeds: few false alarms, honest intervals, real changes found."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from flows.inference.comparisons import two_quantiles
from flows.inference.figures import infer
from flows.inference.ranks import quantile_ranks
from tests.flows.inference.building import NO_TARGETS, kpis

MONTHS = 200
SLICES = {"a": slice(0, 45), "b": slice(45, 140), "c": slice(140, 380), None: slice(0, 380)}
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
        else:
            statistics |= {"positives": (part > 0).sum(axis=1), "negatives": (part < 0).sum(axis=1)}
        place = {"kpi": kpi, "period": PERIODS, "slice": "overall" if label is None else "team", "slice_value": label}
        frames.append(pd.DataFrame(statistics | place))
    return frames


@pytest.fixture(scope="module")
def quiet_years():
    """Ten KPIs of four cells over 200 pairs of months in which nothing ever changes."""
    random = np.random.default_rng(20261122)
    shape = (len(PERIODS), 380)
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
    }
    observed = pd.concat(
        [cells for kpi, (kind, values) in answers.items() for cells in cells_of(kpi, kind, values)], ignore_index=True
    )
    declared = kpis(*({"kpi": kpi, "kind": kind.split()[0]} for kpi, (kind, _) in answers.items()))
    figures = infer(observed, declared, NO_TARGETS)
    return figures[figures["period"].str.endswith("-02")]


def test_months_in_which_nothing_changed_seldom_raise_a_false_alarm(quiet_years):
    alarms = quiet_years["verdict"].isin(["better", "worse"]).groupby(quiet_years["period"]).any()
    assert len(alarms) == MONTHS
    assert quiet_years["p"].notna().sum() == 40 * MONTHS
    at_least, _ = proportion_confint(alarms.sum(), MONTHS, alpha=0.1, method="beta")
    assert at_least <= 0.05
    # without the correction for forty tests most of the same months would have raised one
    assert (quiet_years["p"] <= 0.05).groupby(quiet_years["period"]).any().mean() > 0.5


def test_no_kind_is_wrong_more_often_than_its_p_says(quiet_years):
    independent = quiet_years[quiet_years["slice"] == "team"]
    wrong = (independent["p"] <= 0.05).groupby(independent["kpi"]).sum()
    # ten KPIs are looked at, so each may stray as far as one in two hundred would
    at_least, _ = proportion_confint(wrong.to_numpy(int), 3 * MONTHS, alpha=2 * 0.05 / 10, method="beta")
    assert at_least.max() <= 0.05
    # Fisher's test and tied days are cautious; the others would be of no use if they were
    assert wrong[["half", "most", "nps", "high_nps", "score", "complaints"]].min() >= 0.03 * 3 * MONTHS


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
