import pytest

from report_templates.language import Language
from report_templates.pdf import covered
from report_templates.reading import Kpi
from report_templates.theme import COLOURS, MARKER_SHAPES, SYMBOLS, Numbers

NUMBERS = Numbers(Language.load("en"))


def kpi(unit, decimals=1):
    return Kpi(
        kpi="x", label="X", definition="x", unit=unit, direction="up", kind="mean", fact="feedback", decimals=decimals
    )


@pytest.mark.parametrize(
    ("value", "decimals", "printed"),
    [
        (41.25, 1, "41.2"),  # half to even
        (41.35, 1, "41.4"),
        (1234567.0, 0, "1,234,567"),
        (-3.14, 1, "−3.1"),
        (-0.04, 1, "0.0"),  # no negative zero
        (0.5, 2, "0.50"),
    ],
)
def test_numbers_are_rounded_grouped_and_signed_as_people_write_them(value, decimals, printed):
    assert NUMBERS.number(value, decimals) == printed


@pytest.mark.parametrize(
    ("unit", "quantity", "brief", "difference"),
    [
        ("%", "82.4%", "82.4%", "2.1 percentage points"),
        ("points", "82.4 points", "82.4", "2.1 points"),
        ("score", "82.4", "82.4", "2.1"),
        ("hours", "82.4 hours", "82.4 h", "2.1 hours"),
        ("minutes", "82.4 minutes", "82.4 min", "2.1 minutes"),
        ("seconds", "82.4 seconds", "82.4 s", "2.1 seconds"),
        ("days", "82.4 days", "82.4 d", "2.1 days"),
        ("per 1,000", "82.4 per 1,000", "82.4 per 1,000", "2.1 per 1,000"),
        ("EUR", "82.4 EUR", "82.4 EUR", "2.1 EUR"),  # a unit nobody has declared yet
    ],
)
def test_every_unit_stands_with_its_number_and_a_difference_of_shares_is_in_percentage_points(
    unit, quantity, brief, difference
):
    said = (
        NUMBERS.quantity(82.4, kpi(unit)),
        NUMBERS.brief(82.4, kpi(unit)),
        NUMBERS.difference(-2.1, kpi(unit)),
    )
    assert tuple(text.replace("\u00a0", " ") for text in said) == (quantity, brief, difference)


def test_a_difference_carries_its_sign_and_zero_carries_none():
    assert [NUMBERS.signed(value, kpi("%")) for value in (2.1, -2.1, 0.04, -0.04)] == ["+2.1", "−2.1", "0.0", "0.0"]


def test_a_declared_threshold_keeps_all_its_digits():
    said = [NUMBERS.threshold(size, kpi("hours")).replace("\u00a0", " ") for size in (0.25, 0.5, 1, 1 / 3)]
    assert said == ["0.25 hours", "0.5 hours", "1.0 hours", "0.333333 hours"]


def test_every_verdict_has_a_shape_of_its_own_that_the_fonts_can_draw():
    assert len(set(SYMBOLS.values())) == len(SYMBOLS) == 8
    assert {ord(symbol) for symbol in SYMBOLS.values()} <= covered()
    assert len(set(MARKER_SHAPES.values())) == 2


def luminance(colour):
    """Relative luminance, WCAG 2.2."""
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", ["ink", "muted", "accent", "better", "worse", "changed"])
@pytest.mark.parametrize("ground", ["paper", "wash"])
def test_text_colours_reach_the_contrast_of_wcag_aa(name, ground):
    assert (luminance(COLOURS[ground]) + 0.05) / (luminance(COLOURS[name]) + 0.05) >= 4.5
