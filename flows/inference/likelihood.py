"""Maximum likelihood for a handful of parameters, and intervals of what follows from them by the delta method.

A model is fitted on a working scale without bounds of its own (logs and logits), inside a box. A parameter whose best
value lies beyond the box is a limit of the model, such as "all customers alike": it stays at the edge and counts as
known. A fit that cannot be trusted has NaN for everything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from flows.inference.estimates import Estimate
from flows.inference.intervals import normal_quantile

#: Step of the central differences, on a scale where 1 is a factor e.
STEP = 1e-4
#: Log-likelihood that may still be to gain; a standard error away from the maximum it is 0.5.
STILL_TO_GAIN = 1e-4

#: From the working scale to the model's own parameters, and the matrix of derivatives (parameter, working).
Transformation = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
#: Log-likelihood and its gradient in the model's own parameters.
LogLikelihood = Callable[[np.ndarray], tuple[float, np.ndarray]]


class Maximum(NamedTuple):
    """Where a likelihood is highest.

    ``covariance`` is the inverse of the observed information on the working scale, 0 for a parameter at the edge.
    """

    working: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    transformation: Transformation

    @property
    def parameters(self) -> np.ndarray:
        """The model's own parameters; NaN where there is no maximum."""
        return self.transformation(self.working)[0]

    @property
    def found(self) -> bool:
        return bool(np.isfinite(self.log_likelihood))


def maximise(
    log_likelihood: LogLikelihood,
    transformation: Transformation,
    starts: Sequence[Sequence[float]],
    low: Sequence[float],
    high: Sequence[float],
) -> Maximum:
    """The best of the maxima reached from ``starts`` (working scale) by L-BFGS-B inside the box ``low`` to ``high``.

    Accepted where the observed information is positive definite and a Newton step would gain next to nothing; NaN
    otherwise, since no figure is better than a wrong one.
    """
    from scipy.optimize import minimize

    low, high = np.asarray(low, float), np.asarray(high, float)

    def working_gradient(working: np.ndarray) -> tuple[float, np.ndarray]:
        parameters, derivatives = transformation(working)
        value, gradient = log_likelihood(parameters)
        return value, gradient @ derivatives

    def falling(working: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = working_gradient(working)
        return -value, -gradient

    reached = [
        minimize(
            falling,
            np.clip(start, low, high),
            jac=True,
            method="L-BFGS-B",
            bounds=list(zip(low, high, strict=True)),
            options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 500},
        ).x
        for start in starts
    ]
    best = max(reached, key=lambda working: working_gradient(working)[0])
    for _ in range(20):
        value, gradient = working_gradient(best)
        inside = ~(((best <= low) & (gradient < 0)) | ((best >= high) & (gradient > 0)))
        information = -_slopes(lambda working: working_gradient(working)[1], best)[np.ix_(inside, inside)]
        covariance = np.zeros((len(best), len(best)))
        try:
            np.linalg.cholesky(information)
            covariance[np.ix_(inside, inside)] = np.linalg.inv(information)
        except np.linalg.LinAlgError:
            break
        step = covariance @ gradient
        if gradient[inside] @ step[inside] / 2 < STILL_TO_GAIN:
            return Maximum(best, covariance, value, transformation)
        # L-BFGS-B stopped short on a long ridge: finish with Newton's steps, halved until they climb.
        for halving in range(12):
            onward = np.clip(best + step / 2**halving, low, high)
            if working_gradient(onward)[0] > value:
                best = onward
                break
        else:
            break
    return no_maximum(len(low), transformation)


def no_maximum(parameters: int, transformation: Transformation) -> Maximum:
    """What a fit gives where there is nothing to fit: NaN throughout."""
    return Maximum(np.full(parameters, np.nan), np.full((parameters, parameters), np.nan), float("nan"), transformation)


def derived(maxima: Sequence[Maximum], function: Callable[..., np.ndarray], scale: str = "plain") -> Estimate:
    """Value and 95 % limits of what ``function`` makes of the parameters of one or more independently fitted models.

    The function is given one array of parameters a model and gives numbers or an array. The limits follow by the delta
    method on a ``scale`` that suits the value: "plain", "log" (positive) or "logit" (a share). They hold what is
    uncertain about the parameters, not how much single customers differ. NaN wherever the value is not defined.
    """
    working = np.concatenate([maximum.working for maximum in maxima])
    ends = np.cumsum([len(maximum.working) for maximum in maxima])[:-1]

    def value_at(point: np.ndarray) -> np.ndarray:
        parts = np.split(point, ends)
        parameters = (maximum.transformation(part)[0] for maximum, part in zip(maxima, parts, strict=True))
        return np.atleast_1d(np.asarray(function(*parameters), float))

    value = value_at(working)
    if not all(maximum.found for maximum in maxima):
        return Estimate(*(np.full(len(value), np.nan) for _ in range(3)))
    there, back = _SCALES[scale]
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.split(_slopes(lambda point: there(value_at(point)), working), ends, axis=1)
        variance = sum(
            np.einsum("ij,jk,ik->i", slope, maximum.covariance, slope)
            for slope, maximum in zip(slopes, maxima, strict=True)
        )
        reach = normal_quantile() * np.sqrt(variance)
        low, high = back(there(value) - reach), back(there(value) + reach)
    defined = np.isfinite(value) & np.isfinite(reach)
    return Estimate(
        np.where(np.isfinite(value), value, np.nan), np.where(defined, low, np.nan), np.where(defined, high, np.nan)
    )


def shape_and_rate(log_mean: float, log_shape: float) -> tuple[np.ndarray, np.ndarray]:
    """A gamma distribution's shape and rate from the logs of its mean and its shape, with their derivatives.

    The two logs are nearly uncorrelated, shape and rate are not, and an infinite shape means: all alike.
    """
    shape, rate = np.exp(log_shape), np.exp(log_shape - log_mean)
    return np.array([shape, rate]), np.array([[0.0, shape], [-rate, rate]])


def beta_shapes(logit_mean: float, log_size: float) -> tuple[np.ndarray, np.ndarray]:
    """The two parameters of a beta distribution from the logit of its mean and the log of their sum.

    An infinite sum means: all alike; a sum of 0 means: 0 for some and 1 for the others.
    """
    from scipy.special import expit

    mean, other, size = expit(logit_mean), expit(-logit_mean), np.exp(log_size)
    slope = size * mean * other
    return size * np.array([mean, other]), np.array([[slope, size * mean], [-slope, size * other]])


def _slopes(function: Callable[[np.ndarray], np.ndarray], point: np.ndarray) -> np.ndarray:
    """Derivatives by central differences, one column a coordinate."""
    columns = []
    for index in range(len(point)):
        ahead, behind = point.copy(), point.copy()
        ahead[index] += STEP
        behind[index] -= STEP
        columns.append((function(ahead) - function(behind)) / (2 * STEP))
    return np.stack(columns, axis=-1)


def _logit(share: np.ndarray) -> np.ndarray:
    return np.log(share) - np.log1p(-share)


def _share(logit: np.ndarray) -> np.ndarray:
    from scipy.special import expit

    return expit(logit)


_SCALES: dict[str, tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]] = {
    "plain": (lambda value: value, lambda value: value),
    "log": (np.log, np.exp),
    "logit": (_logit, _share),
}
