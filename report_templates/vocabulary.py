"""The field's terms as they are printed: one message id for each verdict, section, direction, base and gate."""

from __future__ import annotations

from report_templates.language import N_

VERDICTS = {
    "better": N_("better"),
    "worse": N_("worse"),
    "changed": N_("changed"),
    "no clear change": N_("no clear change"),
    "low base": N_("low base"),
    "hidden": N_("hidden"),
    "new": N_("new"),
}
SECTIONS = {
    "loyalty": N_("Loyalty"),
    "retention": N_("Retention"),
    "service": N_("Service"),
    "delivery": N_("Delivery"),
    "voice": N_("Voice of the customer"),
    "channels": N_("Channels and waiting"),
    "marketing": N_("Marketing"),
    "employees": N_("Employees"),
}
DIRECTIONS = {
    "up": N_("higher is better"),
    "down": N_("lower is better"),
    "neutral": N_("neither direction is better"),
}
#: What n counts, by fact.
BASES = {
    "feedback": (N_("%(count)s answer"), N_("%(count)s answers")),
    "cases": (N_("%(count)s case"), N_("%(count)s cases")),
    "calls": (N_("%(count)s call"), N_("%(count)s calls")),
    "orders": (N_("%(count)s order"), N_("%(count)s orders")),
    "invitations": (N_("%(count)s invitation"), N_("%(count)s invitations")),
    "customers": (N_("%(count)s customer"), N_("%(count)s customers")),
    "subscriptions": (N_("%(count)s customer"), N_("%(count)s customers")),
}
RECORDS = (N_("%(count)s record"), N_("%(count)s records"))
FEWER = {
    "feedback": N_("fewer than %(count)s answers"),
    "cases": N_("fewer than %(count)s cases"),
    "calls": N_("fewer than %(count)s calls"),
    "orders": N_("fewer than %(count)s orders"),
}
FEWER_RECORDS = N_("fewer than %(count)s records")
COMPARED = {
    "previous_month": N_("the previous month"),
    "last_with_data": N_("the last earlier month that has data"),
}
GATES = {"deliveries": N_("Deliveries"), "figures": N_("Figures")}
HANDLED = {
    "drop": N_("left out"),
    "mend": N_("mended"),
    "correction": N_("corrected by hand"),
    "duplicate": N_("duplicate left out"),
}
