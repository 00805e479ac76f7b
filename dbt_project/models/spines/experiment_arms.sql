{#- Offers are judged after this many days, calls by their end; nobody looks before all of an experiment were followed. -#}
{%- set horizon_days = 14 -%}
with

contacts as (
    select * from {{ ref('fct_campaign_contacts') }}
    where variant is not null
),

calls as (
    select * from {{ ref('fct_calls') }}
    where hold_content is not null
),

-- An experiment is over when the last who was assigned has been followed: it counts in that month.
offers as (
    select
        campaign as experiment,
        max(assigned_at) + interval {{ horizon_days }} day as ended_at,
    from contacts
    group by campaign
),

offer_outcomes as (
    select
        contacts.campaign as experiment,
        contacts.variant as arm,
        offers.ended_at,
        unnest([
            {
                'outcome': 'responded',
                'hit': coalesce(contacts.responded_at <= contacts.assigned_at + interval {{ horizon_days }} day, false)
            },
            {
                'outcome': 'converted',
                'hit': coalesce(contacts.converted_at <= contacts.assigned_at + interval {{ horizon_days }} day, false)
            }
        ]) as seen,
    from contacts
    inner join offers on contacts.campaign = offers.experiment
),

offer_arms as (
    select
        case
            when ended_at <= {{ period_end() }} then strftime(ended_at, '%Y-%m')
            else '{{ var("period") }}'
        end as period,
        experiment,
        seen.outcome as outcome,
        arm,
        count(*) as assigned,
        count(*) filter (where seen.hit) as hits,
        ended_at <= {{ period_end() }} as is_complete,
        'up' as direction,
        0.5 as smallest_change,
    from offer_outcomes
    group by experiment, ended_at, outcome, arm
),

-- What is heard while waiting is dealt anew to every call: each month is an experiment.
hold_arms as (
    select
        strftime(enqueued_at, '%Y-%m') as period,
        'hold content' as experiment,
        'abandoned' as outcome,
        hold_content as arm,
        count(*) as assigned,
        count(*) filter (where abandoned) as hits,
        true as is_complete,
        'down' as direction,
        1.0 as smallest_change,
    from calls
    group by period, arm
),

united as (
    select * from offer_arms
    union all by name
    select * from hold_arms
),

planned as (
    {%- for planned in var('experiments') %}
    select
        {{ sql_text(planned.experiment) }} as experiment,
        {{ sql_text(planned.arm) }} as arm,
        cast({{ sql_number(planned.planned_share) }} as double) as planned_share,
        cast({{ planned.is_control }} as boolean) as is_control,
    {{ "union all" if not loop.last }}
    {%- else %}
    select
        cast(null as varchar) as experiment,
        cast(null as varchar) as arm,
        cast(null as double) as planned_share,
        cast(null as boolean) as is_control,
    where false
    {%- endfor %}
)

select
    united.period,
    united.experiment,
    united.outcome,
    united.arm,
    united.assigned,
    united.hits,
    united.is_complete,
    united.direction,
    cast(united.smallest_change as double) as smallest_change,
    planned.planned_share,
    planned.is_control,
from united
left join planned
    on
        united.experiment = planned.experiment
        and united.arm = planned.arm
where united.period between '{{ var("first_period") }}' and '{{ var("period") }}'
