"""What the made-up company's systems export: a file a month where a system hands over news, else one for all."""

from __future__ import annotations

from pathlib import Path

from flows.demo.changed_rows import write_changed_rows
from flows.demo.clock import bounds
from flows.demo.company import Company
from flows.demo.full_exports import write_customers, write_full_exports
from flows.demo.legacy import write_legacy_customers
from flows.demo.monthly_contacts import write_contacts
from flows.demo.monthly_surveys import write_surveys
from flows.period import Period


def write_extracts(company: Company, folder: Path, months: list[Period], seed: int) -> None:
    """Every file of ``extracts/`` for ``months``, which follow one another."""
    end = bounds(months[-1])[1]
    write_customers(company, folder, end, seed)
    write_legacy_customers(company.people, folder / "legacy_customers.csv", end)
    write_full_exports(company, folder, months, seed)
    streams = {name: company[name] for name in company.streams}
    for month in [months[0].shift(-1), *months]:
        write_changed_rows(streams, folder, month, first=month < months[0])
    for month in months:
        write_surveys(streams, folder, month, seed)
        write_contacts(streams, folder, month, seed)
