"""The monthly schedule, registered with Prefect."""

from __future__ import annotations

from typing import Any

from flows.workspace import Workspace


def deployment_name(workspace: Workspace) -> str:
    """The deployment's name: one a workspace."""
    return workspace.root.name


def deployment(workspace: Workspace) -> Any:
    """The flow with the schedule of cx.toml in the company's time zone, as Prefect registers it."""
    from prefect.schedules import Cron

    from flows.monthly_report import monthly_report

    return monthly_report.to_deployment(
        name=deployment_name(workspace),
        schedule=Cron(workspace.settings.schedule.cron, timezone=workspace.settings.timezone),
        parameters={"workspace": str(workspace.root)},
        description=f"The customer-experience report of {workspace.settings.name}",
    )


def serve(workspace: Workspace) -> None:
    """Register the deployment and run it whenever it is due; returns when interrupted.

    A run can be started by hand with a period as parameter:
    ``prefect deployment run monthly-report/<name> -p period=2026-09``. The same month twice is harmless: the ledger
    knows what was published and who was mailed.
    """
    import prefect

    # A stopped server is not a wish to miss next month (RELIABILITY P8).
    prefect.serve(deployment(workspace), pause_on_shutdown=False, limit=1)
