"""The project's lexicon is sound, and a workspace's own is laid over it or refused in words."""

import csv
from pathlib import Path
from typing import get_args

import pytest

from flows.errors import ConfigurationError
from flows.inference.lexicon import ANY, DIMENSIONS, KINDS, TOUCHPOINTS
from flows.inference.words import LANGUAGES
from flows.lexicon import COLUMNS, Term, terms_of, write_into
from flows.settings import PROJECT_ROOT
from flows.starter import start
from flows.workspace import Settings, Workspace

HAND_COMPUTED = PROJECT_ROOT / "tests" / "dbt_project" / "hand_computed"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, Settings(name="Acme", timezone="UTC"))


def own(workspace: Workspace, *rows: str) -> Workspace:
    (workspace.root / "lexicon.csv").write_text("\n".join([",".join(COLUMNS), *rows, ""]), encoding="utf-8")
    return workspace


def test_the_projects_lexicon_speaks_of_every_dimension_in_every_language(workspace):
    terms = terms_of(workspace)
    assert len(terms) > 1000
    for language in LANGUAGES:
        mine = [term for term in terms if term.language in {language, ANY}]
        assert {theme for term in mine for theme in term.themes.split()} == {*DIMENSIONS, *TOUCHPOINTS}
        assert set(KINDS) - {term.kind for term in mine} <= {"reversal"}
        for dimension in DIMENSIONS:
            weights = [term.weight or 0 for term in mine if dimension in term.themes.split()]
            assert min(weights) < 0 < max(weights), f"{language}: no word praises or blames {dimension}"


def test_what_a_term_may_be_is_what_the_inference_knows():
    assert set(get_args(Term.model_fields["kind"].annotation)) == set(KINDS)
    assert set(get_args(Term.model_fields["language"].annotation)) == {*LANGUAGES, ANY}


def test_a_row_of_the_workspace_replaces_the_projects_or_adds_one(workspace):
    before = {term.key: term for term in terms_of(workspace)}
    own(workspace, "en,Bill,ignored,,", "zh-Hant,帳單,,billing,-0.5", "pl,światłowodzik,,product own_theme,1")
    after = {term.key: term for term in terms_of(workspace)}
    assert len(after) == len(before) + 1
    changed = {key: term for key, term in after.items() if before.get(key) != term}
    assert {(term.term, term.kind, term.themes, term.weight) for term in changed.values()} == {
        ("Bill", "ignored", "", None),
        ("帳單", "word", "billing", -0.5),
        ("światłowodzik", "word", "product own_theme", 1.0),
    }


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("fr,prix,,price,", "language: "),
        ("en,,,price,", "'term' is missing"),
        ("en,dear,wrod,price,", "kind: "),
        ("en,dear,,price,much", "weight: "),
        ("en,dear,,price,7", "weight: "),
        ("en,dear,,prize,", "'prize' looks like 'price'"),
        ("en,dear,,Price,", "'Price' is no theme"),
        ("en,dear,,,", "a word needs themes, a weight, or both"),
        ("en,dear,negation,price,", "only a word has themes"),
        ("en,dear,intensifier,,", "above 0"),
        ("en,dear,ignored,,1", "weight: only words"),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused_with_its_row(workspace, row, told):
    with pytest.raises(ConfigurationError) as caught:
        terms_of(own(workspace, "en,fine word,,price,1", row))
    assert "lexicon.csv, row 3" in caught.value.sentence
    assert told in caught.value.sentence
    assert caught.value.remedy


def test_one_term_twice_is_refused_also_in_the_other_script_and_case(workspace):
    with pytest.raises(ConfigurationError, match=r"(?s)lexicon\.csv: .*'价格'.*twice.*keep one"):
        terms_of(own(workspace, "zh,價格,,price,", "zh-Hans,价格,,billing,"))
    with pytest.raises(ConfigurationError, match="twice"):
        terms_of(own(workspace, "en,Dear  me,,price,", "en,dear me,,billing,"))


def test_a_name_may_also_be_a_word(workspace):
    terms = terms_of(own(workspace, "en,Prudence,name,,", "en,prudence,,price,1"))
    assert [term.kind for term in terms if term.term.lower() == "prudence"] == ["name", "word"]


def test_a_build_gets_the_terms_as_its_seed(workspace, tmp_path):
    own(workspace, 'en,"dear, dear",,price,-1')
    terms = terms_of(workspace)
    (tmp_path / "project").mkdir()
    write_into(tmp_path / "project", terms)
    with (tmp_path / "project" / "seeds" / "lexicon.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(terms)
    assert rows[-1] == {"language": "en", "term": "dear, dear", "kind": "word", "themes": "price", "weight": "-1"}


def test_a_new_workspace_has_an_empty_lexicon_with_its_columns(tmp_path):
    start(tmp_path / "company")
    assert (tmp_path / "company" / "lexicon.csv").read_text(encoding="utf-8").strip() == ",".join(COLUMNS)
    assert set(COLUMNS) == set(Term.model_fields)
    assert terms_of(Workspace.load(tmp_path / "company"))


def test_a_run_is_refused_for_its_lexicon_before_it_starts(workspace):
    import shutil

    from flows.stages import refuse_early

    shutil.copytree(HAND_COMPUTED / "sources", workspace.root / "sources")
    refuse_early(workspace, send=False)
    own(workspace, "en,dear,,prize,")
    with pytest.raises(ConfigurationError, match=r"lexicon\.csv, row 2"):
        refuse_early(workspace, send=False)
