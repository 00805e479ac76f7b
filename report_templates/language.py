"""The one seam through which every printed string goes: messages by gettext, months and digits by Babel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date
from babel.support import NullTranslations, Translations

from flows.errors import ConfigurationError

LOCALES = Path(__file__).parent / "locales"

#: The language the messages are written in, which needs no catalogue.
SOURCE_LANGUAGE = "en"


def N_(message: str) -> str:
    """Mark ``message`` for translation where it is named and not yet printed."""
    return message


@dataclass(frozen=True)
class Language:
    """A language of the report: its BCP 47 ``tag``, ``locale`` and ``translations``."""

    tag: str
    locale: Locale
    translations: NullTranslations

    @classmethod
    def load(cls, tag: str) -> Language:
        """The language ``tag``; raises ConfigurationError when there is no catalogue for it."""
        try:
            locale = Locale.parse(tag, sep="-")
        except (ValueError, UnknownLocaleError):
            raise ConfigurationError(
                f"{tag!r} is not a language tag", "write en in cx.toml, languages", where="cx.toml"
            ) from None
        if tag == SOURCE_LANGUAGE:
            return cls(tag, locale, NullTranslations())
        found = Translations.load(LOCALES, [str(locale)])
        if not isinstance(found, Translations):
            raise ConfigurationError(
                f"the report has no translation into {tag}",
                f"add report_templates/locales/{locale}/LC_MESSAGES/messages.po and compile it",
            )
        return cls(tag, locale, found)

    def gettext(self, message: str, /, **values: object) -> str:
        """``message`` in this language with ``%(name)s`` replaced by ``values``."""
        translated = self.translations.gettext(message)
        return translated % values if values else translated

    def ngettext(self, one: str, many: str, amount: int, /, **values: object) -> str:
        """The form of the message for ``number`` things."""
        return self.translations.ngettext(one, many, amount) % (values or {"number": amount})

    def month(self, period: str, form: str = "LLLL y") -> str:
        """A ``YYYY-MM`` period as people write it; ``form`` is a CLDR pattern."""
        return format_date(date(int(period[:4]), int(period[5:7]), 1), form, locale=self.locale)
