"""The base of what is read of ``report_input.json``."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

Number = float | None


class Read(BaseModel):
    """Base of everything read: keys this version does not know are left alone, infinite numbers are refused."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)
