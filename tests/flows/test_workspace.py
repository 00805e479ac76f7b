"""What a company writes is read or refused with file, key and row; never half understood."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from flows.errors import ConfigurationError
from flows.period import Period
from flows.workspace import Workspace

WELL = 'name = "Acme"\ntimezone = "Europe/Warsaw"\n'
HOURS = f"""{WELL}
[business_hours]
days = ["mon", "fri"]
from = "09:00"
to = "17:30"
holidays = [2026-12-25]
"""


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
        (HOURS.replace("fri", "friday"), "business_hours.days.1: "),
        (HOURS.replace('["mon", "fri"]', "[]"), "business_hours.days: "),
        (HOURS.replace("09:00", "9"), 'business_hours.from: this is not a time of day such as "09:00"'),
        (HOURS.replace('"09:00"', "540"), "business_hours.from: this is not a time of day"),
        (HOURS.replace("17:30", "24:30"), "business_hours.to: this is not a time of day"),
        (HOURS.replace("17:30", "09:00"), "business_hours: to must be later than from"),
        (
            HOURS.replace("2026-12-25", '"25.12.2026"'),
            "business_hours.holidays.0: this is not a day such as 2026-12-25",
        ),
        (HOURS.replace("2026-12-25", "2026-12-25T00:00:00"), "business_hours.holidays.0: this is not a day"),
        (HOURS.replace("2026-12-25", '"2026-02-30"'), "business_hours.holidays.0: this is not a day"),
        (HOURS.replace("from", "opens"), "unknown key 'business_hours.opens'"),
        (HOURS.replace('to = "17:30"', ""), "the key 'business_hours.to' is missing"),
    ],
)
def test_a_mistake_in_cx_toml_names_its_key(root, toml, told):
    assert told in refusal(root, toml)


def test_business_hours_are_given_in_minutes_of_the_day_and_iso_weekdays(root):
    settings = Workspace.load(root).settings
    assert (settings.business_hours, settings.given) == (None, set())
    (root / "cx.toml").write_text(HOURS, encoding="utf-8")
    settings = Workspace.load(root).settings
    hours = settings.business_hours
    assert (hours.weekdays, hours.opens_minute, hours.closes_minute) == ([1, 5], 540, 1050)
    assert hours.holidays == [date(2026, 12, 25)]
    assert settings.given == {"business_hours"}


@pytest.mark.parametrize(
    ("given", "minute"), [('"00:00"', 0), ("07:45:00", 465), ('"23:59"', 1439)], ids=["text", "TOML's time", "late"]
)
def test_a_time_of_day_is_a_text_or_a_time_of_toml(root, given, minute):
    text = HOURS.replace('"09:00"', given).replace("17:30", "24:00")
    (root / "cx.toml").write_text(text, encoding="utf-8")
    hours = Workspace.load(root).settings.business_hours
    assert (hours.opens_minute, hours.closes_minute) == (minute, 1440)


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


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ("offer,A,1,\noffer,A,1,", "names an arm twice"),
        ("offer,A,1,\noffer,B,,", "has a planned share for some arms only"),
        ("offer,A,1,true\noffer,B,1,true", "has two controls"),
    ],
)
def test_an_experiment_that_is_given_half_is_refused(tmp_path, rows, what):
    (tmp_path / "cx.toml").write_text('name = "Acme"\ntimezone = "UTC"\n', encoding="utf-8")
    (tmp_path / "experiments.csv").write_text(f"experiment,arm,planned_share,is_control\n{rows}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=what):
        _ = Workspace.load(tmp_path).experiments


def test_outcomes_know_their_group_its_units_and_their_month(root):
    [outcome] = table(
        root, "outcomes.csv", "outcome,period,group,units,value\nsales,2026-01,two shops,2,210.5\n"
    ).outcomes
    assert (outcome.outcome, outcome.period, outcome.group) == ("sales", "2026-01", "two shops")
    assert (outcome.units, outcome.value) == (2, 210.5)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("sales,May,two shops,2,210", "period: 'May' is not a month"),
        ("sales,2026-01,two shops,-1,210", "units: "),
        ("sales,2026-01,two shops,1.5,210", "units: "),
        ("sales,2026-01,two shops,2,much", "value: "),
        ("sales,2026-01,two shops,2,inf", "value: "),
        ("sales,2026-01,two shops,0,210", "units: "),
    ],
)
def test_an_outcome_that_cannot_be_meant_is_refused(root, row, told):
    workspace = table(root, "outcomes.csv", f"outcome,period,group,units,value\n{row}\n")
    with pytest.raises(ConfigurationError) as caught:
        _ = workspace.outcomes
    assert "outcomes.csv, row 2" in caught.value.sentence
    assert told in caught.value.sentence


def test_two_results_of_one_group_and_month_are_refused(root):
    rows = "sales,2026-01,two shops,2,210\nsales,2026-02,two shops,2,210\nsales,2026-01,two shops,2,230\n"
    workspace = table(root, "outcomes.csv", f"outcome,period,group,units,value\n{rows}")
    with pytest.raises(ConfigurationError, match="two results of sales in 2026-01"):
        _ = workspace.outcomes


def test_a_benchmark_is_unverified_unless_somebody_says_that_he_has_checked_it(root):
    rows = "nps,40,An association,its members,yes\nnps,38,A vendor,,no\nces,70,A vendor,,\n"
    workspace = table(root, "benchmarks.csv", f"kpi,value,source,note,verified\n{rows}")
    assert [benchmark.verified for benchmark in workspace.benchmarks] == [True, False, False]
    first, second, _ = workspace.benchmarks
    assert (first.kpi, first.value, first.source, first.note) == ("nps", 40, "An association", "its members")
    assert second.note is None


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("nps,,An association,,no", "'value' is missing"),
        ("nps,forty,An association,,no", "value: "),
        ("nps,nan,An association,,no", "value: "),
        ("nps,40,,,no", "'source' is missing"),
        ("nps,40,An association,,perhaps", "verified: "),
    ],
)
def test_a_benchmark_without_a_number_a_source_or_a_plain_answer_is_refused(root, row, told):
    workspace = table(root, "benchmarks.csv", f"kpi,value,source,note,verified\n{row}\n")
    with pytest.raises(ConfigurationError) as caught:
        _ = workspace.benchmarks
    assert "benchmarks.csv, row 2" in caught.value.sentence
    assert told in caught.value.sentence
