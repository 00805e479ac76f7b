"""Errors a user can act on. The command line prints them without a stack trace and exits with status 1."""

from __future__ import annotations


class CxError(Exception):
    """What is wrong, where, and what to do. Never carries a value from a customer's data."""

    #: Whether the same call may succeed a little later without anybody mending anything: a network, a mail server.
    transient = False

    def __init__(self, what: str, remedy: str = "", *, where: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}\n  → {self.remedy}" if self.remedy else head


class ConfigurationError(CxError):
    """cx.toml, a source, a KPI or a workspace table says something that cannot be meant."""


class DeliveryError(CxError):
    """An extract is missing, half-written or not what its source declares."""


class GateError(CxError):
    """A gate refused the delivery or the figures."""


class BuildError(CxError):
    """dbt could not build the figures or one of its tests failed."""


class WorkspaceHeld(CxError):
    """Another run holds the workspace."""
