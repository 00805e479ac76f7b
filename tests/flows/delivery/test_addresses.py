import pytest

from flows.delivery.addresses import digest, masked, require_recipients, without_addresses
from flows.errors import ConfigurationError
from tests.flows.delivery.post_office import PEOPLE, workspace


def test_the_recipients_are_those_of_the_table(tmp_path):
    assert require_recipients(workspace(tmp_path)) == list(PEOPLE)


def test_a_workspace_without_recipients_is_refused_before_anything_is_published(tmp_path):
    with pytest.raises(ConfigurationError, match="there are no recipients") as refused:
        require_recipients(workspace(tmp_path, people=()))
    assert refused.value.where == "recipients.csv"


def test_an_address_that_smtp_cannot_carry_is_refused_masked(tmp_path):
    with pytest.raises(ConfigurationError, match=r"ż\*\*\*@board\.example") as refused:
        require_recipients(workspace(tmp_path, people=("żaneta@board.example",)))
    assert "żaneta" not in str(refused.value)


def test_a_person_is_shown_masked_or_as_a_digest_that_knows_no_case():
    assert masked("anna@board.example") == "a***@board.example"
    assert digest("Anna@Board.example") == digest("anna@board.example")
    assert digest("anna@board.example") != digest("bartek@board.example")
    assert "anna" not in digest("anna@board.example")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("5.1.1 <anna@board.example>: Recipient address rejected", "5.1.1 <a***@board.example>: Recipient address"),
        ("mailbox ANNA is full", "mailbox a*** is full"),
        ("annals of anna-lena", "annals of anna-lena"),
        ("first\r\nsecond\x1b[31m line", "first second [31m line"),
        ("forwarded to other.person@x.example", "forwarded to o***@x.example"),
    ],
)
def test_a_servers_words_are_kept_without_addresses_and_on_one_line(said, kept):
    assert without_addresses(said, "anna@board.example").startswith(kept)


def test_a_servers_speech_is_cut():
    assert len(without_addresses("x" * 5000, "anna@board.example")) == 300
