"""The longest chain of steps that cannot be overlapped: what a run would take on a machine with cores to spare."""

from __future__ import annotations

#: Each step and those that must have ended before it begins. Prefect's server may start beside any import, and each
#: check and drawing process may warm up from the first moment; a stage is a task of the flow, so it needs the server.
NEEDS: dict[str, list[str]] = {
    "Prefect's temporary server": [],
    "import Prefect": [],
    "import Great Expectations": [],
    "import prefect-dbt": [],
    "import WeasyPrint": [],
    "land alone": ["Prefect's temporary server", "import Prefect"],
    "check deliveries alone": ["land alone", "import Great Expectations"],
    "build on a running server": ["check deliveries alone", "import prefect-dbt"],
    "check figures alone": ["build on a running server"],
    "publish alone": ["check figures alone", "import WeasyPrint"],
    "deliver alone": ["publish alone"],
}


def longest_chain(seconds: dict[str, float], needs: dict[str, list[str]] | None = None) -> tuple[list[str], float]:
    """The steps of the longest chain in their order, and the seconds they take one after the other.

    ``needs`` names each step after those it needs. Raises KeyError when a step has no time.
    """
    needs = NEEDS if needs is None else needs
    until: dict[str, tuple[float, list[str]]] = {}
    for step, before in needs.items():
        waited, chain = max((until[name] for name in before), default=(0.0, []))
        until[step] = (waited + seconds[step], [*chain, step])
    total, chain = max(until.values())
    return chain, total
