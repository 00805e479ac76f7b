"""Prefect's temporary server, started the way a flow starts it: ``python -m tests.bench.server`` is a worker.

``{"do": "start"}`` answers its ``address`` once it is healthy; ``{"do": "stop"}`` ends it.
"""

from __future__ import annotations

from typing import Any

from flows import settings
from flows.workers import serve
from tests.bench.measurement import clocked


def handle(request: dict[str, Any]) -> dict[str, Any]:
    """Start or stop the server."""
    from prefect.server.api.server import SubprocessASGIServer

    server = SubprocessASGIServer()
    if request["do"] == "stop":
        server.stop()
        return {}
    _, span = clocked(server.start)
    return span | {"address": server.api_url}


def warm_up() -> None:
    settings.quiet()
    import prefect.server.api.server  # noqa: F401


if __name__ == "__main__":
    serve(warm_up, handle)
