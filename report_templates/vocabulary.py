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
#: What is said of a variant of an experiment, by verdict.
EXPERIMENTS = {
    "hidden": N_("Too few in an arm to show anything."),
    "sample ratio mismatch": N_("The arms were not filled as planned; nothing can be concluded."),
    "running": N_("Still running: nobody looks before everybody assigned was followed."),
    "low base": N_("Too few to judge."),
    "better": N_("%(variant)s did better than %(control)s."),
    "worse": N_("%(variant)s did worse than %(control)s."),
    "no clear difference": N_("No clear difference between %(variant)s and %(control)s."),
}
#: The groups of measures, in the order in which they are printed.
SECTIONS = {
    "loyalty": N_("Loyalty"),
    "experience": N_("Touchpoints and ways"),
    "comments": N_("Customers' comments"),
    "retention": N_("Retention"),
    "value": N_("Value of customers"),
    "service": N_("Service"),
    "gap": N_("Gap analysis"),
    "voice": N_("Calls and waiting"),
    "channels": N_("Channels"),
    "digital": N_("Web, help pages and forum"),
    "journeys": N_("Journeys"),
    "delivery": N_("Delivery"),
    "stores": N_("Stores"),
    "marketing": N_("Marketing"),
    "reviews": N_("Reviews elsewhere"),
    "employees": N_("Employees"),
    "business": N_("Business results"),
    "dimensions": N_("The five dimensions"),
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
    "comment_topics": (
        N_("%(count)s topic of a comment"),
        N_("%(count)s topics of comments"),
        N_("fewer than %(count)s topics of comments"),
    ),
    "customer_months": (N_("%(count)s customer"), N_("%(count)s customers"), N_("fewer than %(count)s customers")),
    "order_sequences": (
        N_("%(count)s first-time buyer"),
        N_("%(count)s first-time buyers"),
        N_("fewer than %(count)s first-time buyers"),
    ),
    "revenue_months": (N_("%(count)s customer"), N_("%(count)s customers"), N_("fewer than %(count)s customers")),
    "experiment_arms": (N_("%(count)s arm"), N_("%(count)s arms"), N_("fewer than %(count)s arms")),
    "experiment_estimates": (
        N_("%(count)s recipient or call"),
        N_("%(count)s recipients or calls"),
        N_("fewer than %(count)s recipients or calls"),
    ),
    "statement_responses": (N_("%(count)s answer"), N_("%(count)s answers"), N_("fewer than %(count)s answers")),
    "values_gaps": (
        N_("%(count)s person on the smaller side"),
        N_("%(count)s people on the smaller side"),
        N_("fewer than %(count)s people on the smaller side"),
    ),
    "agent_ratings": (N_("%(count)s rating"), N_("%(count)s ratings"), N_("fewer than %(count)s ratings")),
    "driver_rankings": (N_("%(count)s ranking"), N_("%(count)s rankings"), N_("fewer than %(count)s rankings")),
    "driver_mean_ranks": (N_("%(count)s ranking"), N_("%(count)s rankings"), N_("fewer than %(count)s rankings")),
    "new_customers": (
        N_("%(count)s new customer"),
        N_("%(count)s new customers"),
        N_("fewer than %(count)s new customers"),
    ),
    "employees": (N_("%(count)s employee"), N_("%(count)s employees"), N_("fewer than %(count)s employees")),
    "frontline_items": (N_("%(count)s item"), N_("%(count)s items"), N_("fewer than %(count)s items")),
    "store_days": (
        N_("%(count)s day of a store"),
        N_("%(count)s days of stores"),
        N_("fewer than %(count)s days of stores"),
    ),
    "employed": (N_("%(count)s employee"), N_("%(count)s employees"), N_("fewer than %(count)s employees")),
    # What is composed of other KPIs rests on what the one with the smallest base does.
    "figures": (
        N_("%(count)s row behind its smallest measure"),
        N_("%(count)s rows behind its smallest measure"),
        N_("fewer than %(count)s rows behind its smallest measure"),
    ),
    "case_sequences": (N_("%(count)s case"), N_("%(count)s cases"), N_("fewer than %(count)s cases")),
    "contacts": (N_("%(count)s contact"), N_("%(count)s contacts"), N_("fewer than %(count)s contacts")),
    "contact_days": (N_("%(count)s matter"), N_("%(count)s matters"), N_("fewer than %(count)s matters")),
    "abandoned_calls": (
        N_("%(count)s abandoned call"),
        N_("%(count)s abandoned calls"),
        N_("fewer than %(count)s abandoned calls"),
    ),
    "comment_agreement": (
        N_("%(count)s comment with a score"),
        N_("%(count)s comments with a score"),
        N_("fewer than %(count)s comments with a score"),
    ),
    "journey_steps": (
        N_("%(count)s journey step"),
        N_("%(count)s journey steps"),
        N_("fewer than %(count)s journey steps"),
    ),
    "help_visits": (
        N_("%(count)s help visit"),
        N_("%(count)s help visits"),
        N_("fewer than %(count)s help visits"),
    ),
    "help_months": (N_("%(count)s customer"), N_("%(count)s customers"), N_("fewer than %(count)s customers")),
    "article_months": (N_("%(count)s article"), N_("%(count)s articles"), N_("fewer than %(count)s articles")),
    "topic_cases": (N_("%(count)s case"), N_("%(count)s cases"), N_("fewer than %(count)s cases")),
    "forum_threads": (N_("%(count)s thread"), N_("%(count)s threads"), N_("fewer than %(count)s threads")),
    "outcome_multiples": (N_("%(count)s result"), N_("%(count)s results"), N_("fewer than %(count)s results")),
    "article_views": (
        N_("%(count)s view of an article"),
        N_("%(count)s views of articles"),
        N_("fewer than %(count)s views of articles"),
    ),
    "customer_outcomes": (N_("%(count)s customer"), N_("%(count)s customers"), N_("fewer than %(count)s customers")),
    "associated_outcomes": (N_("%(count)s customer"), N_("%(count)s customers"), N_("fewer than %(count)s customers")),
    "retention_months": (N_("%(count)s customer"), N_("%(count)s customers"), N_("fewer than %(count)s customers")),
    "customer_tiers": (N_("%(count)s customer"), N_("%(count)s customers"), N_("fewer than %(count)s customers")),
    "customer_values": (N_("%(count)s customer"), N_("%(count)s customers"), N_("fewer than %(count)s customers")),
    "bad_experiences": (
        N_("%(count)s bad experience"),
        N_("%(count)s bad experiences"),
        N_("fewer than %(count)s bad experiences"),
    ),
    "active_customers": (N_("%(count)s customer"), N_("%(count)s customers"), N_("fewer than %(count)s customers")),
}
#: The same for a fact of a workspace's own.
RECORDS = (N_("%(count)s record"), N_("%(count)s records"), N_("fewer than %(count)s records"))
#: Where a group is, within a sentence, by slice.
WHERE = {
    "acquisition_source": N_("of the acquisition source %(value)s"),
    "agent_group": N_("in the agent group %(value)s"),
    "article": N_("for the article %(value)s"),
    "bad_experiences": N_("at the number of bad experiences %(value)s"),
    "campaign": N_("in the campaign %(value)s"),
    "channel": N_("on the channel %(value)s"),
    "channel_group": N_("in the channel group %(value)s"),
    "dimension": N_("in the dimension %(value)s"),
    "driver": N_("of the purchase driver %(value)s"),
    "employee_group": N_("in the employee group %(value)s"),
    "hold_content": N_("with the hold content %(value)s"),
    "incident": N_("in the incident %(value)s"),
    "journey": N_("on the journey %(value)s"),
    "part": N_("in the part %(value)s"),
    "line_type": N_("from the line type %(value)s"),
    "owner_group": N_("in the owner group %(value)s"),
    "priority": N_("with the priority %(value)s"),
    "language": N_("in the language %(value)s"),
    "queue": N_("in the queue %(value)s"),
    "reason": N_("for the reason %(value)s"),
    "region": N_("in the region %(value)s"),
    "segment": N_("in the segment %(value)s"),
    "site": N_("on the site %(value)s"),
    "statement": N_("on the statement %(value)s"),
    "step": N_("at the step %(value)s"),
    "store": N_("in the store %(value)s"),
    "survey": N_("in the survey %(value)s"),
    "theme": N_("on the theme %(value)s"),
    "tier": N_("in the tier %(value)s"),
    "topic": N_("on the topic %(value)s"),
    "touchpoint": N_("at the touchpoint %(value)s"),
    "traffic_source": N_("from the traffic source %(value)s"),
    "variant": N_("in the variant %(value)s"),
    "value_tier": N_("in the value tier %(value)s"),
}
WHERE_ELSE = N_("for %(slice)s %(value)s")
WHERE_UNKNOWN = N_("where %(slice)s is not given")
COMPARED = {
    "previous_month": N_("the previous month"),
    "last_with_data": N_("the last earlier month that has data"),
    "nothing": N_("nothing: it stands for itself"),
}
#: Whether a figure quoted elsewhere has been checked at its origin: beside its line in a chart and in a sentence.
QUOTED = {True: N_("verified"), False: N_("unverified")}
GATES = {"deliveries": N_("Deliveries"), "figures": N_("Figures")}
HANDLED = {
    "drop": N_("left out"),
    "mend": N_("mended"),
    "correction": N_("corrected by hand"),
    "duplicate": N_("duplicate left out"),
}
