with

sessions as (
    select * from {{ ref('fct_sessions') }}
    where
        kind = 'help'
        and not coalesce(is_automated, false)
),

help_events as (
    select * from {{ ref('fct_help_events') }}
    where session_key is not null
),

cases as (
    select
        customer_key,
        created_at,
    from {{ ref('fct_cases') }}
    where customer_key is not null
),

-- One source may tell of the visit and another of what was read in it.
seen as (
    select
        session_key,
        customer_key,
        started_at as seen_at,
        customer_segment,
        customer_region,
        customer_tier,
        mapping,
        source_file,
        source_line,
    from sessions
    union all
    select
        session_key,
        customer_key,
        occurred_at as seen_at,
        customer_segment,
        customer_region,
        customer_tier,
        mapping,
        source_file,
        source_line,
    from help_events
),

visits as (
    select
        session_key,
        seen_at as started_at,
        mapping,
        source_file,
        source_line,
        -- Who logs in half-way is known for the whole visit.
        min(customer_key) over (partition by session_key) as customer_key,
        min(customer_segment) over (partition by session_key) as customer_segment,
        min(customer_region) over (partition by session_key) as customer_region,
        min(customer_tier) over (partition by session_key) as customer_tier,
    from seen
    qualify row_number() over (partition by session_key order by seen_at, mapping, source_file, source_line) = 1
)

select
    visits.session_key,
    visits.customer_key,
    visits.started_at,
    cases.created_at as next_case_at,
    visits.customer_segment,
    visits.customer_region,
    visits.customer_tier,
    visits.mapping,
    visits.source_file,
    visits.source_line,
from visits
asof left join cases
    on
        visits.customer_key = cases.customer_key
        and visits.started_at <= cases.created_at
