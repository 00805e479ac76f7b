"""Customers of a bought company, still in its old system: semicolons, Polish headers, Windows code page 1250."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from flows.demo.clock import dates
from flows.demo.files import write_csv
from flows.demo.people import People
from flows.demo.tables import rows

VOIVODESHIPS = {
    "Mazovia": "mazowieckie",
    "Silesia": "śląskie",
    "Pomerania": "pomorskie",
    "Lesser Poland": "małopolskie",
    "Greater Poland": "wielkopolskie",
    "Lower Silesia": "dolnośląskie",
}
SEGMENTS = {"household": "gospodarstwo", "family": "rodzina", "small business": "firma"}
TIERS = {"basic": "podstawowy", "plus": "rozszerzony", "premium": "pełny"}
REASONS = {"": "", "price": "cena", "moved": "przeprowadzka", "bad service": "zła obsługa", "competitor": "konkurencja"}
CONTACTS = {"E-mail": "e-mail", "App": "aplikacja", "Call centre": "telefon", "WhatsApp": "WhatsApp"}
SOURCES = {"referral": "polecenie", "search": "wyszukiwarka", "shop": "sklep", "campaign": "reklama", "": ""}


def _named(values: np.ndarray, names: dict[str, str]) -> np.ndarray:
    return np.array([names[value] for value in values.tolist()])


def _day_first(texts: np.ndarray) -> np.ndarray:
    """``2026-06-30`` as ``30.06.2026``."""
    return np.array([".".join(reversed(text.split("-"))) for text in texts.tolist()])


def write_legacy_customers(people: People, path: Path, end: int) -> None:
    """The old system's full export. In a few rows Silesia is written without its accents."""
    own = rows(people.columns, people["legacy"] & (people["won"] < end))
    size = len(own["customer"])
    province = _named(own["region"], VOIVODESHIPS)
    province = np.where((np.arange(size) % 9 == 0) & (province == "śląskie"), "slaskie", province)
    plain = np.char.lower(own["customer"])
    write_csv(
        path,
        {
            "nr_klienta": own["customer"],
            "imię": own["given_name"],
            "nazwisko": own["family_name"],
            "e_mail": np.char.add(plain, "@klient.example"),
            "telefon": np.char.add("+48 700 ", np.char.replace(plain, "l-", "")),
            "województwo": province,
            "rodzaj": _named(own["segment"], SEGMENTS),
            "pakiet": _named(own["tier"], TIERS),
            "data_umowy": _day_first(dates(own["won"])),
            "źródło": _named(own["source"], SOURCES),
            "data_rozwiązania": _day_first(dates(own["left"])),
            "powód": _named(own["reason"], REASONS),
            "zgoda": np.where(own["consent"], "T", "N"),
            "kontakt": _named(own["preferred"], CONTACTS),
            "język": own["language"],
        },
        delimiter=";",
        encoding="cp1250",
    )
