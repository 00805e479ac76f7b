"""The monthly schedule, registered with Prefect."""

from __future__ import annotations

from flows.workspace import Workspace


def deployment_name(workspace: Workspace) -> str:
    """The deployment's name: one a workspace."""
    return workspace.root.name


def serve(workspace: Workspace) -> None:
    """Register the flow with the schedule of cx.toml, in the company's time zone, and run it whenever it is due.

    Returns when interrupted. A run can be started by hand with a period as parameter:
    ``prefect deployment run monthly-report/<name> -p period=2026-09``. The same month twice is harmless: the ledger
    knows what was published and who was mailed.
    """
    from prefect.schedules import Cron

    from flows.monthly_report import monthly_report

    monthly_report.serve(
        name=deployment_name(workspace),
        schedule=Cron(workspace.settings.schedule.cron, timezone=workspace.settings.timezone),
        parameters={"workspace": str(workspace.root)},
        description=f"The customer-experience report of {workspace.settings.name}",
        # A stopped server is not a wish to miss next month (RELIABILITY P8).
        pause_on_shutdown=False,
        limit=1,
    )
