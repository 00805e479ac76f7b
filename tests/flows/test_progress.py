"""Long work says where it is: one line a stage with its seconds; nobody listening, nothing said."""

import re

from flows.progress import Progress, report


def test_where_nobody_looks_nothing_is_printed(capsys):
    report("land", "survey: 10 rows")
    assert capsys.readouterr() == ("", "")


def test_each_stage_ends_as_a_line_with_its_seconds_and_its_last_detail(capsys):
    with Progress():
        report("land", "survey: 10 rows")
        report("land", "orders: 20 rows")
        report("build", "fct_orders")
    out, err = capsys.readouterr()
    assert out == ""
    assert [re.sub(r"\d+\.\d s", "S s", " ".join(line.split())) for line in err.splitlines()] == [
        "land S s orders: 20 rows",
        "build S s fct_orders",
    ]


def test_a_stage_that_failed_still_ends_its_line(capsys):
    try:
        with Progress():
            report("land", "survey: 10 rows")
            raise RuntimeError
    except RuntimeError:
        pass
    assert "survey: 10 rows" in capsys.readouterr().err
    report("land", "after the end")
    assert capsys.readouterr().err == ""


def test_brackets_in_a_detail_are_no_markup(capsys):
    with Progress():
        report("deliver", "a***@example.com: [red]refused[/nothing]")
    assert "[red]refused[/nothing]" in capsys.readouterr().err
