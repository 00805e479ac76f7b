-- As of the end of the period later events do not exist.
{% for fact, time_column in [
    ('fct_feedback', 'answered_at'), ('fct_cases', 'created_at'), ('fct_calls', 'enqueued_at'),
    ('fct_orders', 'ordered_at'), ('fct_invitations', 'invited_at'), ('fct_journey_events', 'occurred_at'),
    ('fct_campaign_contacts', 'assigned_at'), ('fct_sessions', 'started_at'), ('fct_alerts', 'opened_at'),
    ('fct_help_events', 'occurred_at'), ('fct_forum_posts', 'posted_at'), ('fct_impressions', 'shown_at'),
] -%}
    select
        '{{ fact }}' as fact,
        {{ time_column }} as later_than_the_period,
    from {{ ref(fact) }}
    where {{ time_column }} >= {{ period_end() }}
    {{ "union all" if not loop.last }}
{% endfor %}
