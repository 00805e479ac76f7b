-- Spells have no lower bound: one that began long ago may still run.
with

delivered as ({{ delivered('subscriptions') }}
),

customers as (
    select * from {{ ref('fct_customers') }}
    where valid_to is null
)

select
    delivered.* replace (
        -- As of the end of the period: a later end has not happened yet.
        case when delivered.ended_on <= last_day({{ period_month() }}) then delivered.ended_on end as ended_on
    ),
    customers.segment as customer_segment,
    customers.region as customer_region,
    customers.tier as customer_tier,
from delivered
left join customers on delivered.customer_key = customers.customer_key
where delivered.started_on <= last_day({{ period_month() }})
