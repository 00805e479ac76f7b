"""The lexicon that comments are read by: the project's terms, and those of the workspace's lexicon.csv over them."""

from __future__ import annotations

import csv
import difflib
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from flows.errors import ConfigurationError
from flows.inference.lexicon import DIMENSIONS, TOUCHPOINTS
from flows.inference.words import cleaned, simplified
from flows.settings import DBT_PROJECT
from flows.workspace import Declared, Workspace, rows_of

#: The project's own terms; dbt loads them as a seed.
SEED = Path("seeds") / "lexicon.csv"
COLUMNS = ("language", "term", "kind", "themes", "weight")
NAME = "lexicon.csv"


def _language(given: object) -> object:
    """Both Chinese scripts are one language here: a term in either finds both."""
    return "zh" if isinstance(given, str) and given.lower() in {"zh-hant", "zh-hans"} else given


def _themes(text: str) -> str:
    for theme in text.split():
        if not re.fullmatch(r"[a-z][a-z0-9_]*", theme):
            raise ValueError(f"{theme!r} is no theme: lower-case letters, digits and _, several separated by blanks")
        if theme not in (*DIMENSIONS, *TOUCHPOINTS):
            meant = difflib.get_close_matches(theme, (*DIMENSIONS, *TOUCHPOINTS), n=1, cutoff=0.8)
            if meant:
                raise ValueError(f"{theme!r} looks like {meant[0]!r}; write that, or choose a name less like it")
    return " ".join(text.split())


class Term(Declared):
    """One row of a lexicon. A theme that is none of the project's becomes one of the company's own."""

    language: Annotated[Literal["en", "pl", "zh", "*"], BeforeValidator(_language)]
    term: str = Field(min_length=1, max_length=80)
    kind: Literal["word", "negation", "reversal", "intensifier", "contrast", "conjunction", "ignored", "name"] = "word"
    themes: Annotated[str, AfterValidator(_themes)] = ""
    weight: float | None = Field(default=None, ge=-3, le=3)

    @model_validator(mode="after")
    def _meant(self) -> Term:
        if self.kind == "word" and not self.themes and not self.weight:
            raise ValueError("a word needs themes, a weight, or both; to have it mean nothing give it the kind ignored")
        if self.kind != "word" and self.themes:
            raise ValueError(f"themes: only a word has themes, this is of kind {self.kind}")
        if self.kind == "intensifier" and not (self.weight or 0) > 0:
            raise ValueError("weight: an intensifier multiplies by its weight, a number above 0")
        if self.kind in {"contrast", "conjunction", "ignored", "name"} and self.weight is not None:
            raise ValueError(f"weight: only words, negations and intensifiers have one, this is of kind {self.kind}")
        return self

    @property
    def key(self) -> tuple[str, str, bool]:
        """What makes two rows the same term; a name may also be a word."""
        return self.language, simplified(" ".join(cleaned(self.term).split())), self.kind == "name"


def terms_of(workspace: Workspace) -> list[Term]:
    """The project's terms with those of the workspace's ``lexicon.csv`` in their place or added.

    Raises ConfigurationError naming file, row and column, or the term that stands there twice.
    """
    own = _once(rows_of(workspace.root / NAME, Term), NAME)
    terms = _once(rows_of(DBT_PROJECT / SEED, Term), str(SEED))
    return list((terms | own).values())


def _once(terms: list[Term], where: str) -> dict[tuple[str, str, bool], Term]:
    found: dict[tuple[str, str, bool], Term] = {}
    for term in terms:
        if term.key in found:
            raise ConfigurationError(
                f"the term {term.term!r} of the language {term.language} stands there twice",
                "keep one of the rows; a term can have several themes, separated by blanks",
                where=where,
            )
        found[term.key] = term
    return found


def write_into(project: Path, terms: list[Term]) -> None:
    """Write ``terms`` as the seed of a build's own copy of the dbt project."""
    (project / SEED).parent.mkdir(exist_ok=True)
    with (project / SEED).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for term in terms:
            weight = "" if term.weight is None else f"{term.weight:g}"
            writer.writerow([term.language, term.term, term.kind, term.themes, weight])
