import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.errors import ConfigurationError
from flows.inference.requirements import FITS, requirements
from flows.settings import PROJECT_ROOT

DEMO = PROJECT_ROOT / "flows" / "demo" / "workspace" / "initiatives.csv"
NAN = float("nan")


def initiatives(*rows):
    """(initiative, dimension, strategy fit, people, process, technology)."""
    columns = ["initiative", "dimension", "strategy_fit", "people_ready", "process_ready", "technology_ready"]
    return pd.DataFrame(rows, columns=columns).assign(requirement="closer to the customer")


def fit_of(*scores):
    [found] = requirements({"price": -1.0}, initiatives(("i", "price", *scores)))
    return found


def test_the_most_negative_gap_comes_first_with_its_initiatives_and_what_closes_no_gap_last():
    found = requirements(
        {"price": -1.0, "convenience": -5.0, "service": -1.0, "product": 0.0, "relationship": NAN},
        initiatives(("b", "price", 5, 5, 5, 5), ("a", "price", 5, 5, 5, 5), ("c", "product", 5, 5, 5, 5)),
    )
    assert [(each.rank, each.dimension, each.initiative, each.fit) for each in found] == [
        (1, "convenience", None, "no initiative"),
        (2, "price", "a", "fits"),
        (2, "price", "b", "fits"),
        (2, "service", None, "no initiative"),
        (None, "product", "c", "fits"),
    ]


def test_a_requirement_fits_strategy_and_capability_or_it_is_said_what_it_does_not():
    assert fit_of(4, 4, 5, 4).fit == "fits"
    assert (fit_of(5, 4, 3, 2).fit, fit_of(5, 4, 3, 2).not_ready) == (
        "fits strategy, not ready",
        ("process", "technology"),
    )
    assert fit_of(2, 4, 5, 5).fit == "ready, does not fit strategy"
    assert fit_of(2, 4, 5, 1).fit == "fits neither"
    assert fit_of(2, 4, 5, 1).readiness == 1


def test_what_is_not_scored_is_not_assessed_unless_it_cannot_matter():
    assert (fit_of(NAN, 5, 5, 5).fit, fit_of(NAN, 5, 5, 5).not_scored) == ("not assessed", ("strategy",))
    assert fit_of(5, NAN, 5, 5).fit == "not assessed"
    assert np.isnan(fit_of(5, NAN, 5, 5).readiness)
    # technology alone already holds it up
    assert (fit_of(5, NAN, 5, 2).fit, fit_of(5, NAN, 5, 2).not_scored) == ("fits strategy, not ready", ("people",))


def test_thresholds_can_be_declared():
    rows = initiatives(("i", "price", 3, 3, 3, 3))
    assert requirements({"price": -1.0}, rows)[0].fit == "fits neither"
    assert requirements({"price": -1.0}, rows, fits_from=3, ready_from=3)[0].fit == "fits"


@pytest.mark.parametrize("score", [0, 6])
def test_a_score_off_its_scale_is_refused(score):
    with pytest.raises(ConfigurationError, match="process_ready of i is not a score from 1 to 5"):
        fit_of(5, 5, score, 5)


def test_the_initiatives_of_the_demo():
    found = requirements({"convenience": -3.4, "service": -1.0, "relationship": 0.0}, pd.read_csv(DEMO))
    assert [(each.dimension, each.initiative, each.fit) for each in found] == [
        ("convenience", "pickup_points", "fits"),
        ("service", None, "no initiative"),
        ("relationship", "club_magazine", "ready, does not fit strategy"),
    ]
    assert found[0].requirement == "Collect and return within ten minutes' walk"


@given(st.lists(st.sampled_from([1, 2, 3, 4, 5, NAN]), min_size=4, max_size=4))
def test_every_verdict_has_a_meaning(scores):
    assert fit_of(*scores).fit in FITS
