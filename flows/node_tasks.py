"""dbt in a process of its own; under a flow run each of its nodes is a Prefect task (`python -m flows.node_tasks`).

The child holds dbt's write lock and memory, and warms its imports up while extracts are landed and checked.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

from flows.workers import serve


def warm_up() -> None:
    """Import dbt and its adapter, Prefect's side of it, and what the Python models compute with."""
    import pandas  # noqa: F401
    import prefect_dbt  # noqa: F401
    import scipy.stats  # noqa: F401
    import statsmodels.stats.proportion  # noqa: F401


def current_context() -> str:
    """The running flow's context as text, to be given to the child with the request."""
    import cloudpickle
    from prefect.context import serialize_context

    return base64.b64encode(cloudpickle.dumps(serialize_context())).decode("ascii")


def handle(request: dict[str, Any]) -> dict[str, Any]:
    """Run ``dbt build``; what became of each node stands in run_results.json, whoever believes otherwise."""
    os.environ.update(request["environment"])
    project = Path(request["project"])
    arguments = ["build", "--no-partial-parse", "--vars", json.dumps(request["variables"])]
    if request.get("prefect_context"):
        _under_prefect(project, arguments, request["prefect_context"])
    else:
        _bare(project, arguments)
    return {"done": True}


def _bare(project: Path, arguments: list[str]) -> None:
    from dbt.cli.main import dbtRunner

    where = ["--project-dir", str(project), "--profiles-dir", str(project), "--log-level", "none"]
    dbtRunner(callbacks=[_tell]).invoke([*arguments, *where])


def _tell(event: Any) -> None:
    """Progress: a line when a node starts and when it ends."""
    if event.info.name in {"NodeStart", "NodeFinished"} and hasattr(event.data, "node_info"):
        serve.say({"event": event.info.name, "node": event.data.node_info.node_name})


def _under_prefect(project: Path, arguments: list[str], context: str) -> None:
    import cloudpickle
    from dbt_common.events.base_types import EventLevel
    from prefect.context import hydrated_context
    from prefect_dbt import PrefectDbtRunner, PrefectDbtSettings

    settings = PrefectDbtSettings(project_dir=project, profiles_dir=project, log_level=EventLevel.WARN)
    with hydrated_context(cloudpickle.loads(base64.b64decode(context))):
        try:
            PrefectDbtRunner(settings=settings).invoke(arguments)
        except ValueError as error:
            # A failed node: run_results.json says which; the message itself can quote a cell and stays here.
            if not (project / "target" / "run_results.json").is_file():
                raise RuntimeError("dbt could not read the project") from error


if __name__ == "__main__":
    serve(warm_up, handle)
