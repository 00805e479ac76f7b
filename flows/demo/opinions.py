"""What the long form of the relationship survey asks besides, and what strangers write on other people's sites."""

from __future__ import annotations

import numpy as np

from flows.demo.clock import bounds, moments
from flows.demo.comments import write_comments
from flows.demo.people import People, pick
from flows.demo.tables import Table, numbered
from flows.period import Period

#: What customers had to do was ..., scale 1 to 5: mean.
PATHWAYS = {"path_clear": 3.9, "path_easy": 3.5, "path_as_expected": 3.7}
#: What makes customers buy, the most important first: how strongly it pulls, in standard deviations of a customer.
DRIVERS = {"recommendation": 0.7, "product": 0.45, "price": 0.2, "advertising": -0.8}
#: Some rank their first two only, some put two drivers first.
FIRST_TWO_ONLY, TWO_FIRST = 0.10, 0.03
REVIEWS_A_MONTH = 95
SITES = {"Neighbourly": 0.5, "Starboard": 0.3, "ShopWise": 0.2}
STARS = {"5": 0.46, "4": 0.20, "3": 0.09, "2": 0.07, "1": 0.18}


def pathway_statements(rng: np.random.Generator, people: People, responses: Table) -> Table:
    """Agreement with the statements about ways, one column each; blank where the long form was not asked."""
    asked, mood = responses["buys_loyal"] != "", people["mood"][responses["who"]]
    own = rng.normal(0, 0.6, len(mood))
    return {
        name: _where(asked, np.clip(np.rint(mean + 0.35 * mood + own + rng.normal(0, 0.7, len(mood))), 1, 5))
        for name, mean in PATHWAYS.items()
    }


def driver_ranks(rng: np.random.Generator, responses: Table) -> Table:
    """The place of each purchase driver, one column each; blank where not ranked or not asked."""
    asked = responses["buys_loyal"] != ""
    pull = np.array(list(DRIVERS.values())) + rng.normal(0, 1, (len(asked), len(DRIVERS)))
    place = 1 + np.argsort(np.argsort(-pull, axis=1), axis=1)
    place = np.where((rng.random(len(asked)) < TWO_FIRST)[:, None] & (place == 2), 1, place)
    ranked = asked[:, None] & ~((rng.random(len(asked)) < FIRST_TWO_ONLY)[:, None] & (place > 2))
    return {f"rank_{name}": _where(ranked[:, column], place[:, column]) for column, name in enumerate(DRIVERS)}


def _where(given: np.ndarray, scores: np.ndarray) -> np.ndarray:
    return np.where(given, scores.astype(np.int64).astype(str), "")


def reviews(rng: np.random.Generator, people: People, period: Period) -> Table:
    """One row per review that somebody wrote on a site; who it was the site does not say."""
    start, end = bounds(period)
    size = rng.poisson(REVIEWS_A_MONTH)
    who = rng.integers(0, len(people), size)
    stars = pick(rng, STARS, size)
    table = {
        "review": numbered("V-", period, size),
        "site": pick(rng, SITES, size),
        "stars": stars,
        "written": np.sort(moments(rng, start, end, size)),
        "language": people["language"][who],
    }
    return table | {"text": write_comments(rng, table["language"], stars.astype(int) >= 4, people["region"][who], 0.7)}
