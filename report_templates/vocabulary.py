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
    "not compared": N_("not compared"),
    "new": N_("new"),
}
SECTIONS = {
    "loyalty": N_("Loyalty"),
    "retention": N_("Retention"),
    "service": N_("Service"),
    "delivery": N_("Delivery"),
    "gap": N_("Gap analysis"),
    "voice": N_("Calls and waiting"),
    "channels": N_("Channels"),
    "marketing": N_("Marketing"),
    "employees": N_("Employees"),
}
DIRECTIONS = {
    "up": N_("higher is better"),
    "down": N_("lower is better"),
    "neutral": N_("neither direction is better"),
}
#: What n counts, by fact: one, many, and instead of a hidden value.
BASES = {
    "alerts": (N_("%(count)s alert"), N_("%(count)s alerts"), N_("fewer than %(count)s alerts")),
    "calls": (N_("%(count)s call"), N_("%(count)s calls"), N_("fewer than %(count)s calls")),
    "campaign_contacts": (
        N_("%(count)s recipient"),
        N_("%(count)s recipients"),
        N_("fewer than %(count)s recipients"),
    ),
    "cases": (N_("%(count)s case"), N_("%(count)s cases"), N_("fewer than %(count)s cases")),
    "customers": (N_("%(count)s customer"), N_("%(count)s customers"), N_("fewer than %(count)s customers")),
    "employee_months": (
        N_("%(count)s month of an employee group"),
        N_("%(count)s months of employee groups"),
        N_("fewer than %(count)s months of employee groups"),
    ),
    "feedback": (N_("%(count)s answer"), N_("%(count)s answers"), N_("fewer than %(count)s answers")),
    "gap_estimates": (N_("%(count)s customer"), N_("%(count)s customers"), N_("fewer than %(count)s customers")),
    "forum_posts": (N_("%(count)s post"), N_("%(count)s posts"), N_("fewer than %(count)s posts")),
    "help_events": (
        N_("%(count)s use of help pages"),
        N_("%(count)s uses of help pages"),
        N_("fewer than %(count)s uses of help pages"),
    ),
    "impressions": (
        N_("%(count)s shown recommendation"),
        N_("%(count)s shown recommendations"),
        N_("fewer than %(count)s shown recommendations"),
    ),
    "invitations": (N_("%(count)s invitation"), N_("%(count)s invitations"), N_("fewer than %(count)s invitations")),
    "journey_events": (
        N_("%(count)s journey step"),
        N_("%(count)s journey steps"),
        N_("fewer than %(count)s journey steps"),
    ),
    "notices": (
        N_("%(count)s affected customer"),
        N_("%(count)s affected customers"),
        N_("fewer than %(count)s affected customers"),
    ),
    "orders": (N_("%(count)s order"), N_("%(count)s orders"), N_("fewer than %(count)s orders")),
    "sessions": (N_("%(count)s session"), N_("%(count)s sessions"), N_("fewer than %(count)s sessions")),
    "subscriptions": (
        N_("%(count)s subscription"),
        N_("%(count)s subscriptions"),
        N_("fewer than %(count)s subscriptions"),
    ),
    # The spines and what rates are per.
    "customer_months": (N_("%(count)s customer"), N_("%(count)s customers"), N_("fewer than %(count)s customers")),
    "order_sequences": (
        N_("%(count)s first-time buyer"),
        N_("%(count)s first-time buyers"),
        N_("fewer than %(count)s first-time buyers"),
    ),
    "revenue_months": (N_("%(count)s customer"), N_("%(count)s customers"), N_("fewer than %(count)s customers")),
    "active_customers": (N_("%(count)s customer"), N_("%(count)s customers"), N_("fewer than %(count)s customers")),
}
#: The same for a fact of a workspace's own.
RECORDS = (N_("%(count)s record"), N_("%(count)s records"), N_("fewer than %(count)s records"))
#: Where a group is, within a sentence, by slice.
WHERE = {
    "agent_group": N_("in the agent group %(value)s"),
    "campaign": N_("in the campaign %(value)s"),
    "channel": N_("on the channel %(value)s"),
    "dimension": N_("in the dimension %(value)s"),
    "employee_group": N_("in the employee group %(value)s"),
    "incident": N_("in the incident %(value)s"),
    "journey": N_("on the journey %(value)s"),
    "queue": N_("in the queue %(value)s"),
    "region": N_("in the region %(value)s"),
    "segment": N_("in the segment %(value)s"),
    "step": N_("at the step %(value)s"),
    "store": N_("in the store %(value)s"),
    "survey": N_("in the survey %(value)s"),
    "tier": N_("in the tier %(value)s"),
    "topic": N_("on the topic %(value)s"),
    "touchpoint": N_("at the touchpoint %(value)s"),
}
WHERE_ELSE = N_("for %(slice)s %(value)s")
WHERE_UNKNOWN = N_("where %(slice)s is not given")
COMPARED = {
    "previous_month": N_("the previous month"),
    "last_with_data": N_("the last earlier month that has data"),
    "nothing": N_("nothing: it stands for itself"),
}
GATES = {"deliveries": N_("Deliveries"), "figures": N_("Figures")}
HANDLED = {
    "drop": N_("left out"),
    "mend": N_("mended"),
    "correction": N_("corrected by hand"),
    "duplicate": N_("duplicate left out"),
}
