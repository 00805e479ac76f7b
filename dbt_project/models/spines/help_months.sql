with

sessions as (
    select * from {{ ref('fct_sessions') }}
    where
        customer_key is not null
        and kind = 'help'
        and not coalesce(is_automated, false)
),

help_events as (
    select * from {{ ref('fct_help_events') }}
    where customer_key is not null
),

cases as (
    select * from {{ ref('fct_cases') }}
    where customer_key is not null
),

sought as (
    select
        customer_key,
        started_at as sought_at,
        true as on_help_pages,
        customer_segment,
        customer_region,
        customer_tier,
    from sessions
    union all
    select
        customer_key,
        occurred_at as sought_at,
        true as on_help_pages,
        customer_segment,
        customer_region,
        customer_tier,
    from help_events
    union all
    select
        customer_key,
        created_at as sought_at,
        false as on_help_pages,
        customer_segment,
        customer_region,
        customer_tier,
    from cases
)

select
    customer_key,
    cast(date_trunc('month', sought_at) as date) as month,
    bool_or(on_help_pages) as used_help_pages,
    bool_or(not on_help_pages) as opened_case,
    -- Facts of the same moment carry the same version of a customer, so which of them comes first does not matter.
    arg_min(customer_segment, sought_at) as customer_segment,
    arg_min(customer_region, sought_at) as customer_region,
    arg_min(customer_tier, sought_at) as customer_tier,
from sought
group by customer_key, month
