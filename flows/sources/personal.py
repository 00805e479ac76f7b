"""Headers that look like personal data, in the languages extracts come in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

#: A header with one of these among its words looks personal.
_PERSONAL = """
name names firstname lastname surname forename fullname givenname familyname middlename maidenname nickname username
email mail emailaddress phone telephone cellphone fax msisdn whatsapp wechat weixin
address street streetaddress postcode postalcode zipcode zip birth birthday birthdate birthyear dob
iban ssn passport nationalid taxid cpf cnpj pesel regon bsn dni curp aadhaar ip ipaddress cardnumber creditcard
vorname nachname familienname geburtsname telefon telefonnummer handy handynummer mobilnummer rufnummer anschrift
adresse strasse hausnummer plz postleitzahl geburtsdatum geburtstag geburtsjahr kontonummer
prenom nom courriel rue naissance codepostal
nombre apellido apellidos correo telefono celular movil direccion calle domicilio nacimiento
nome sobrenome cognome endereco rua cep telefone indirizzo nascimento nascita
imie nazwisko adres ulica komorka urodzenia poczta mejl
voornaam achternaam naam straat telefoonnummer geboortedatum
jmeno prijmeni ulice narozeni fornamn efternamn namn adress personnummer fornavn etternavn efternavn navn
姓名 名字 姓 电话 電話 手机 手機 手机号 手機號碼 手机号码 邮箱 郵箱 电子邮件 電子郵件 地址 住址 生日 出生日期
身份证 身份證 身份证号 身份證號 微信 微信号 氏名 住所 メール 携帯 имя фамилия отчество телефон почта адрес рождения
"""
#: Words that personal data is made of only together, or alone in a header.
_PHRASES = (
    ("account", "number"), ("card", "number"), ("cell", "number"), ("cell", "no"), ("code", "postal"),
    ("credit", "card"), ("id", "card"), ("mobile", "number"), ("mobile", "no"), ("mobile", "nr"),
    ("national", "id"), ("postal", "code"), ("social", "security"), ("tax", "id"), ("caller", "number"),
)  # fmt: skip
_ALONE = frozenset({"mobile", "cell", "tel", "portable", "pan", "nip"})
#: The name of one of these is not a person's ...
_OF_THINGS = """
product category campaign store shop branch file survey queue journey step event article brand plan offer topic
channel segment tier team group department service system template variant touchpoint page form question status
type region country city airline airport contract company project produkt produktu kampanii sklepu filiale
"""
#: ... unless one of these stands beside it: store_manager_name.
_OF_PEOPLE = "customer client manager agent user person contact owner employee guest passenger member subscriber caller"
_WORDS, _THINGS, _PEOPLE = (frozenset(words.split()) for words in (_PERSONAL, _OF_THINGS, _OF_PEOPLE))
_NAMES = frozenset({"name", "names", "nombre", "nome", "nom", "naam", "namn", "navn"})
_WORD = re.compile(r"[^\W\d_]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def looks_personal(header: str) -> bool:
    """Whether a word of ``header`` is one for a name, e-mail, phone, address, birth, account or identity number.

    Words are whole parts of the header, whatever joins them: ``customer_email``, ``CustomerEmail``, ``E-Mail``.
    The name of a thing (``product_name``) is not personal.
    """
    words = _words(header)
    if words & _NAMES and words & _THINGS and not words & _PEOPLE:
        words -= _NAMES
    if words & _WORDS or (len(words) == 1 and words & _ALONE):
        return True
    return any(words.issuperset(phrase) for phrase in _PHRASES)


def without_personal(value: Any, is_personal: Callable[[str], bool]) -> Any:
    """A nested value without the fields that ``is_personal`` names, at any depth."""
    if isinstance(value, dict):
        return {name: without_personal(each, is_personal) for name, each in value.items() if not is_personal(str(name))}
    if isinstance(value, list | tuple):
        return [without_personal(each, is_personal) for each in value]
    return value


def _words(header: str) -> set[str]:
    """The header's words, folded and without accents."""
    folded = unicodedata.normalize("NFKD", _HUMP.sub(" ", header).replace("ł", "l").replace("Ł", "L"))
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter)).casefold()
    words = _WORD.findall(plain)
    if "e" in words and "mail" in words:
        words.append("email")
    # NFKD leaves Chinese and Cyrillic as they are; kana marks are put back together for the list above.
    return {unicodedata.normalize("NFKC", word) for word in words}
