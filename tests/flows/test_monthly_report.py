"""What a flow run tries again, and what it does not."""

from pathlib import Path

import pytest

from flows import monthly_report
from flows.errors import CxError, DeliveryError, GateError
from flows.period import Period
from flows.sources.databases import QueryExtract
from flows.sources.declaration import Source


class State:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def result(self) -> None:
        raise self.error


def _tried_again(error: BaseException) -> bool:
    return monthly_report._worth_another_try(None, None, State(error))


def test_a_failing_check_or_declaration_is_never_tried_again():
    for error in (GateError("refused"), DeliveryError("half-written"), CxError("wrong"), ValueError("a bug")):
        assert not _tried_again(error)


def test_a_database_that_does_not_answer_is_tried_again_and_a_wrong_query_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def failure(address: str, query: str) -> DeliveryError:
        monkeypatch.setenv("A_DATABASE", address)
        source = Source.model_validate({"name": "crm", "database": {"url_env": "A_DATABASE", "query": query}})
        with pytest.raises(DeliveryError) as caught:
            list(QueryExtract(source, Period(2026, 1), lambda _: False).batches([0]))
        return caught.value

    assert _tried_again(failure(f"sqlite:///{tmp_path}/no/such/folder/x.db", "select 1 as one"))
    assert not _tried_again(failure("sqlite://", "select nonsense from nowhere"))


def test_a_mail_that_is_still_planned_is_tried_again_and_a_refused_or_unknown_one_is_not():
    from flows.delivery.outbox import Outcome, undelivered
    from flows.ledger_records import State as Message

    def missing(state: Message) -> CxError:
        return undelivered(
            [
                Outcome(
                    message_id=1,
                    recipient="a***@example.com",
                    state=state,
                    attempted=True,
                    attempts=1,
                    code=None,
                    words="",
                )
            ]
        )

    assert _tried_again(missing(Message.PLANNED))
    assert not _tried_again(missing(Message.REFUSED))
    assert not _tried_again(missing(Message.UNKNOWN))
