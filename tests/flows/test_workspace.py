"""What a company writes is read or refused with file, key and row; never half understood."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.errors import ConfigurationError
from flows.period import Period
from flows.workspace import Workspace

WELL = 'name = "Acme"\ntimezone = "Europe/Warsaw"\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "cx.toml").write_text(WELL, encoding="utf-8")
    return tmp_path


def refusal(root: Path, toml: str) -> str:
    (root / "cx.toml").write_text(toml, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        Workspace.load(root)
    assert caught.value.where == "cx.toml"
    assert caught.value.remedy
    return caught.value.what


def test_a_folder_without_cx_toml_is_no_workspace_and_the_remedy_says_how_to_make_one(tmp_path):
    with pytest.raises(ConfigurationError, match=r"(?s)has no cx\.toml.*cx init"):
        Workspace.load(tmp_path)


def test_a_short_cx_toml_is_enough_and_the_rest_has_defaults(root):
    settings = Workspace.load(root).settings
    assert (settings.window_months, settings.mail.transport, settings.schedule.cron) == (25, "outbox", "0 6 2 * *")
    assert settings.thresholds.hidden_below == 5


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        (WELL + "colour = 1\n", "unknown key 'colour'"),
        (WELL + "[mail]\ntransportt = 'smtp'\n", "unknown key 'mail.transportt'"),
        (WELL + "[thresholds]\nhiden_below = 3\n", "unknown key 'thresholds.hiden_below'"),
        ('timezone = "UTC"\n', "the key 'name' is missing"),
        ('name = ""\ntimezone = "UTC"\n', "name: "),
        ('name = "Acme"\ntimezone = "Warsaw"\n', "timezone: 'Warsaw' is not an IANA time zone"),
        ('name = "Acme"\ntimezone = "../../etc/passwd"\n', "is not an IANA time zone"),
        (WELL + 'last_period = "2026-13"\n', "last_period: '2026-13' is not a month"),
        (WELL + "last_period = 202609\n", "last_period: "),
        (WELL + "window_months = 1\n", "window_months: "),
        (WELL + 'currency = "euro"\n', "currency: "),
        (WELL + 'languages = ["xx"]\n', "languages.0: "),
        (WELL + "[mail]\nport = 70000\n", "mail.port: "),
        (WELL + "[mail]\ntransport = 'pigeon'\n", "mail.transport: "),
        (WELL + "[thresholds]\nfalse_discovery_rate = 1.5\n", "thresholds.false_discovery_rate: "),
        (WELL + "[thresholds]\nvolume_factor = 1\n", "thresholds.volume_factor: "),
        (WELL + "[value]\ndiscount_rate = 10\n", "value.discount_rate: "),
        (WELL + "[value]\nbad_experiences = ['rain']\n", "value.bad_experiences.0: "),
        (WELL + "[value]\nbad_experiences = []\n", "value.bad_experiences: "),
        (WELL + "mail = 3\n", "mail: "),
    ],
)
def test_a_mistake_in_cx_toml_names_its_key(root, toml, told):
    assert told in refusal(root, toml)


def test_several_mistakes_are_told_at_once(root):
    told = refusal(root, 'timezone = "Nowhere"\ncolour = 1\n')
    assert "'name' is missing" in told
    assert "Nowhere" in told
    assert "'colour'" in told


def test_toml_that_does_not_parse_names_its_line(root):
    assert "line 2" in refusal(root, 'name = "Acme"\ntimezone = Europe/Warsaw\n')


def test_a_cx_toml_in_another_encoding_is_told_as_such(root):
    (root / "cx.toml").write_bytes('name = "Zażółć"\n'.encode("cp1250"))
    with pytest.raises(ConfigurationError, match=r"cx\.toml: .*utf-8"):
        Workspace.load(root)


def test_the_month_of_a_run_is_the_fixed_one_or_the_clocks(root):
    assert Workspace.load(root).last_period() == Period.last_complete("Europe/Warsaw", datetime.now(UTC))
    (root / "cx.toml").write_text(WELL + 'last_period = "2026-09"\n', encoding="utf-8")
    assert Workspace.load(root).last_period() == Period(2026, 9)


def test_what_a_run_makes_lies_under_var(root):
    workspace = Workspace.load(root)
    for path in (workspace.lake, workspace.builds, workspace.published, workspace.outbox, workspace.ledger_path):
        assert path.parent == root.resolve() / "var"


def table(root: Path, name: str, text: str | bytes) -> Workspace:
    (root / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return Workspace.load(root)


def test_an_absent_table_is_an_empty_one(root):
    workspace = Workspace.load(root)
    assert (workspace.recipients, workspace.targets, workspace.corrections) == ([], [], [])


def test_one_person_is_one_recipient_whatever_the_case_of_the_address(root):
    workspace = table(
        root, "recipients.csv", "email,name\nAnna@Example.com,Anna\nanna@example.COM,Anna again\nbo@example.com,\n"
    )
    assert [(each.email, each.name) for each in workspace.recipients] == [
        ("Anna@Example.com", "Anna"),
        ("bo@example.com", ""),
    ]


def test_a_table_saved_by_a_spreadsheet_is_read(root):
    """A byte order mark, CRLF, blank lines, blanks around a cell, a line commented out."""
    text = "\ufeffemail,name\r\n\r\n  anna@example.com , Anna \r\n# bo@example.com,away until May\r\n,\r\n"
    [recipient] = table(root, "recipients.csv", text).recipients
    assert (recipient.email, recipient.name) == ("anna@example.com", "Anna")


@pytest.mark.parametrize(
    "address",
    ["anna", "anna@", "@example.com", "a b@example.com", "a@b@example.com", "<anna@example.com>", "a@x,b@y.z"],
)
def test_a_row_that_is_no_address_is_refused_with_its_row(root, address):
    workspace = table(root, "recipients.csv", f'email,name\nanna@example.com,Anna\n"{address}",Bo\n')
    with pytest.raises(ConfigurationError, match=r"recipients\.csv, row 3: email: this is not an address"):
        _ = workspace.recipients


def test_an_unknown_column_of_a_table_is_refused_by_name(root):
    workspace = table(root, "recipients.csv", "email,nmae\nanna@example.com,Anna\n")
    with pytest.raises(ConfigurationError, match=r"recipients\.csv, row 2: unknown key 'nmae'"):
        _ = workspace.recipients


def test_a_row_with_more_cells_than_the_heading_is_refused(root):
    workspace = table(root, "recipients.csv", "email,name\nanna@example.com,Anna,board,2026\n")
    with pytest.raises(ConfigurationError, match=r"recipients\.csv, row 2"):
        _ = workspace.recipients


def test_the_row_that_is_named_is_the_line_of_the_file(root):
    workspace = table(root, "recipients.csv", "email,name\n\n# nobody,yet\nanna@example.com,Anna\nbo,Bo\n")
    with pytest.raises(ConfigurationError, match=r"recipients\.csv, row 5: "):
        _ = workspace.recipients


def test_a_table_in_another_encoding_is_refused_in_words(root):
    workspace = table(root, "recipients.csv", "email,name\nanna@example.com,Łucja\n".encode("cp1250"))
    with pytest.raises(ConfigurationError, match=r"recipients\.csv.*UTF-8"):
        _ = workspace.recipients


def test_targets_know_their_slice_and_since_when_they_hold(root):
    workspace = table(
        root, "targets.csv", "kpi,target,slice,slice_value,valid_from\nnps,30,,,\nnps,25.5,region,North,2026-01\n"
    )
    first, second = workspace.targets
    assert (first.target, first.slice, first.slice_value, first.valid_from) == (30, "overall", None, None)
    assert (second.target, second.slice, second.slice_value, second.valid_from) == (25.5, "region", "North", "2026-01")


@pytest.mark.parametrize(
    ("row", "told"),
    [("nps,much,,,", "target: "), (",30,,,", "'kpi' is missing"), ("nps,30,,,May", "valid_from: 'May' is not a month")],
)
def test_a_target_that_cannot_be_meant_is_refused(root, row, told):
    workspace = table(root, "targets.csv", f"kpi,target,slice,slice_value,valid_from\n{row}\n")
    with pytest.raises(ConfigurationError) as caught:
        _ = workspace.targets
    assert "targets.csv, row 2" in caught.value.sentence
    assert told in caught.value.sentence


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("survey,a.csv,0,score,5,typed twice", "line: "),
        ("survey,a.csv,two,score,5,typed twice", "line: "),
        ("survey,a.csv,7,score,5,", "'reason' is missing"),
        ("survey,a.csv,7,score,5,no", "reason: "),
        (",a.csv,7,score,5,typed twice", "'source' is missing"),
    ],
)
def test_a_correction_needs_a_place_and_a_reason(root, row, told):
    workspace = table(root, "corrections.csv", f"source,file,line,column,value,reason\n{row}\n")
    with pytest.raises(ConfigurationError) as caught:
        _ = workspace.corrections
    assert "corrections.csv, row 2" in caught.value.sentence
    assert told in caught.value.sentence


def test_a_correction_without_a_column_drops_the_row(root):
    [correction] = table(
        root, "corrections.csv", "source,file,line,column,value,reason\nsurvey,a.csv,7,,,a test of the form\n"
    ).corrections
    assert (correction.line, correction.column, correction.value) == (7, None, None)
