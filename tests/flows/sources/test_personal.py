from __future__ import annotations

import pytest

from flows.sources.personal import looks_personal


@pytest.mark.parametrize(
    "header",
    [
        "name", "Name", "customer_name", "FirstName", "LAST NAME", "E-Mail", "customerEmail", "email2", "Phone Number",
        "mobile", "mobile no", "Street Address", "date_of_birth", "DOB", "IBAN", "credit-card", "IPAddress", "PESEL",
        "Geburtsdatum", "Straße", "Prénom", "Téléphone", "téléfono", "Imię", "Nazwisko", "Adres e-mail", "endereço",
        "姓名", "手机号", "電子郵件", "store_manager_name", "Имя",
    ],
)  # fmt: skip
def test_headers_of_personal_data_are_recognised(header):
    assert looks_personal(header)


@pytest.mark.parametrize(
    "header",
    [
        "product_name", "CampaignName", "store name", "score", "customer_id", "namespace", "renamed", "surnames_x",
        "mobile_app_rating", "emailed", "addressed", "city", "birthrate", "telling", "topic", "telemetry", "Q7ALL",
        "*RESPNUM", "via", "kanał", "渠道", "panel",
    ],
)  # fmt: skip
def test_other_headers_are_let_through(header):
    assert not looks_personal(header)
