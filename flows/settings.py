"""The one place that reads the environment, and the switches every child process gets."""

from __future__ import annotations

import os
from pathlib import Path

from flows.errors import ConfigurationError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT = PROJECT_ROOT / "dbt_project"

#: No package phones home, whatever starts it.
QUIET_ENVIRONMENT = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    # A library's log line can quote a customer; what a run has to say stands in its states and artifacts.
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    # Prefect's temporary server needs more than its default on a small machine (DESIGN section 8).
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
}


def quiet() -> None:
    """Turn every telemetry switch off in this process and its children; explicit choices of the user stay."""
    for name, value in QUIET_ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def secret(name: str, *, used_for: str) -> str:
    """The environment variable ``name``.

    Raises ConfigurationError naming the variable, never its value, when it is missing or empty.
    """
    value = os.environ.get(name, "")
    if not value:
        raise ConfigurationError(
            f"the environment variable {name} is not set; it is needed for {used_for}",
            f"export {name}=… before running, or set it in the service that starts cx",
        )
    return value


def optional(name: str) -> str | None:
    """The environment variable ``name``, or None when it is missing or empty."""
    return os.environ.get(name) or None


def expand(path: str) -> str:
    """``path`` with ``${NAME}`` replaced from the environment.

    ``CX_REAL_DATA`` falls back to the shared folder beside the project, where development machines keep it.
    Raises ConfigurationError when another variable is not set.
    """
    if "${CX_REAL_DATA}" in path:
        default = PROJECT_ROOT.parent / "shared" / "data"
        path = path.replace("${CX_REAL_DATA}", optional("CX_REAL_DATA") or str(default))
    while "${" in path:
        name = path.split("${", 1)[1].split("}", 1)[0]
        path = path.replace("${" + name + "}", secret(name, used_for=f"the path {path}"))
    return path


def prefect_server_configured() -> bool:
    """Whether a real Prefect server is named; without one a temporary server is started."""
    return bool(optional("PREFECT_API_URL"))
