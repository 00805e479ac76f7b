with

subscriptions as (
    select * from {{ ref('fct_subscriptions') }}
    where customer_key is not null
),

-- Who leaves on the last day of a month has left in it; a plan that is changed on that day still counts.
ending as (
    select
        customer_key,
        recurring_revenue,
        date_trunc('month', started_on) as first_month,
        case
            when ended_on is null then {{ period_month() }}
            when ended_on = last_day(ended_on) and end_reason = 'change' then date_trunc('month', ended_on)
            else date_trunc('month', ended_on) - interval 1 month
        end as last_month,
    from subscriptions
),

-- Before the first month of the window: what opens it, and what opened the three months of the outcomes that end in it.
months as (
    select
        customer_key,
        recurring_revenue,
        cast(unnest(generate_series(
            greatest(first_month, {{ first_month() }} - interval 3 month),
            least(last_month, {{ period_month() }}),
            interval 1 month
        )) as date) as month,
    from ending
)

select
    customer_key,
    month,
    cast(sum(recurring_revenue) as decimal(38, 4)) as revenue,
from months
group by customer_key, month
