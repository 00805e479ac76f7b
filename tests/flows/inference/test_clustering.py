import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.inference import intervals
from flows.inference.clustering import clustered_mean, ratio_variance


def sums(values: np.ndarray, cluster: np.ndarray) -> list[float]:
    """What ``clustered_mean`` takes of rows, counted row by row."""
    size, total = np.bincount(cluster), np.bincount(cluster, values)
    rows = [len(values), values.sum(), (values**2).sum(), (size > 0).sum()]
    return [float(each) for each in (*rows, (size**2).sum(), (size * total).sum(), (total**2).sum())]


def shares_of_customers(random: np.random.Generator, share: float, customers: int, cells: int) -> np.ndarray:
    """The sums of ``cells`` months: customers with 1, 2, 3, ... answers who each have a share of their own."""
    months = []
    for _ in range(cells):
        answers = random.geometric(0.35, customers)
        of_customer = random.beta(3 * share, 3 * (1 - share), customers)
        cluster = np.repeat(np.arange(customers), answers)
        months.append(sums((random.random(len(cluster)) < of_customer[cluster]).astype(float), cluster))
    return np.array(months).T


def test_the_variance_is_that_of_a_cluster_robust_regression_on_a_constant():
    random = np.random.default_rng(1)
    cluster = np.sort(random.integers(0, 25, 200))
    values = random.normal(3, 1, 200) + cluster % 5
    robust = sm.OLS(values, np.ones(200)).fit(cov_type="cluster", cov_kwds={"groups": cluster, "use_correction": True})
    found = clustered_mean(*sums(values, cluster))
    assert found.mean == pytest.approx(robust.params)
    assert found.variance == pytest.approx(robust.bse**2)
    assert found.design_effect == pytest.approx(robust.bse**2 / (values.var(ddof=1) / 200))


def test_three_customers_by_hand():
    # 2 of 2, 1 of 3 and 0 of 1 yes: mean 1/2, residual sums 1, -1/2, -1/2, variance 3/2 · 1.5 / 36 = 1/16
    found = clustered_mean(*sums(np.array([1.0, 1, 1, 0, 0, 0]), np.array([0, 0, 1, 1, 1, 2])))
    assert (found.mean, found.variance) == (0.5, pytest.approx(1 / 16))
    # six independent rows have 0.3 / 6 = 1/20, so the effect is 5/4
    assert found.design_effect == pytest.approx(1.25)
    # Student's 97.5 % quantiles are 2.5706 for five degrees and 4.3027 for two
    assert found.effective_n == pytest.approx(6 / 1.25 * (2.5706 / 4.3027) ** 2, rel=1e-4)


def test_customers_who_answer_once_are_so_many_rows():
    values = np.random.default_rng(2).integers(1, 6, 40).astype(float)
    found = clustered_mean(*sums(values, np.arange(40)))
    assert found.design_effect == pytest.approx(1)
    assert found.effective_n == pytest.approx(40)


def test_copies_of_each_answer_leave_as_many_answers_as_customers():
    values = np.random.default_rng(3).integers(0, 2, 400).astype(float)
    found = clustered_mean(*sums(np.tile(values, 3), np.tile(np.arange(400), 3)))
    assert found.design_effect == pytest.approx(3, rel=0.01)
    assert found.effective_n == pytest.approx(400, rel=0.02)


def test_rows_that_are_all_alike_count_as_copies_of_their_customers_as_kish_has_it():
    # O22's weights times ten as numbers of rows, all answered yes
    size = np.tile([8, 12, 15, 6], 8)
    found = clustered_mean(*sums(np.ones(size.sum()), np.repeat(np.arange(32), size)))
    assert found.effective_n == pytest.approx(28.67377, abs=5e-6)
    assert found.variance == 0


def test_customers_who_balance_themselves_do_not_shorten_an_interval():
    # each customer says yes once and no once: the estimated variance is none at all
    found = clustered_mean(*sums(np.tile([1.0, 0.0], 30), np.repeat(np.arange(30), 2)))
    assert found.variance == pytest.approx(0)
    assert found.design_effect == 1
    assert found.effective_n <= 60


def test_one_customer_is_one_answer_and_nobody_is_none():
    found = clustered_mean([4, 0], [3, 0], [3, 0], [1, 0], [16, 0], [12, 0], [9, 0])
    assert np.isnan(found.variance).all()
    assert found.effective_n.tolist()[0] == 1
    assert np.isnan(found.effective_n[1])
    assert np.isnan(found.mean[1])


def test_the_ratio_of_two_sums_over_customers_has_cochrans_variance():
    random = np.random.default_rng(4)
    base = random.lognormal(3, 0.5, 60)
    total = base * random.uniform(0.5, 1.2, 60)
    ratio = total.sum() / base.sum()
    residual = total - ratio * base
    expected = residual.var(ddof=1) * 60 / base.sum() ** 2
    given = (total.sum(), base.sum(), 60, (total**2).sum(), (total * base).sum(), (base**2).sum())
    assert ratio_variance(*given) == pytest.approx(expected)


@pytest.mark.parametrize("share", [0.5, 0.85, 0.97])
@pytest.mark.parametrize("customers", [10, 30, 200])
def test_wilsons_interval_with_the_effective_n_covers_the_share(share, customers):
    given = shares_of_customers(np.random.default_rng(customers), share, customers, 1000)
    found = clustered_mean(*given)
    low, high = intervals.wilson(found.mean * found.effective_n, found.effective_n)
    covered = ((low <= share) & (share <= high)).mean()
    assert 0.92 <= covered <= 0.985
    low, high = intervals.wilson(given[1], given[0])
    assert covered > ((low <= share) & (share <= high)).mean() + 0.02


@pytest.mark.parametrize("customers", [10, 100])
def test_students_interval_with_the_effective_n_covers_the_mean(customers):
    random = np.random.default_rng(customers)
    months = []
    for _ in range(1000):
        cluster = np.repeat(np.arange(customers), random.geometric(0.35, customers))
        months.append(sums(4 + random.normal(0, 1, customers)[cluster] + random.normal(0, 1, len(cluster)), cluster))
    given = np.array(months).T
    found = clustered_mean(*given)
    variance = intervals.sample_variance(given[0], found.mean, given[2] / given[0])
    low, high = intervals.student_mean(found.effective_n, found.mean, variance)
    assert 0.92 <= ((low <= 4) & (high >= 4)).mean() <= 0.985


@st.composite
def clustered_rows(draw):
    sizes = draw(st.lists(st.integers(1, 6), min_size=2, max_size=15))
    values = draw(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=sum(sizes), max_size=sum(sizes)))
    return np.array(values), np.repeat(np.arange(len(sizes)), sizes)


@settings(max_examples=100)
@given(clustered_rows())
def test_the_effective_n_lies_between_one_and_n_and_knows_no_order(rows):
    values, cluster = rows
    found = clustered_mean(*sums(values, cluster))
    assert 1 <= found.effective_n <= len(values)
    assert found.design_effect >= 1
    backwards = clustered_mean(*sums(values[::-1], cluster.max() - cluster[::-1]))
    assert backwards.effective_n == pytest.approx(found.effective_n, rel=1e-6)


@settings(max_examples=50)
@given(clustered_rows(), st.integers(2, 5))
def test_repeating_every_answer_adds_nothing(rows, times):
    """Certainty comes from customers: their mean has the same variance however often they repeat themselves."""
    values, cluster = rows
    once = clustered_mean(*sums(values, cluster))
    repeated = clustered_mean(*sums(np.tile(values, times), np.tile(cluster, times)))
    assert repeated.variance == pytest.approx(once.variance, abs=1e-12)
