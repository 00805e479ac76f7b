with

subscriptions as (
    select * from {{ ref('fct_subscriptions') }}
    where customer_key is not null
),

-- Before the first month of the window: what opens it, and what opened the three months of the outcomes that end in it.
months as (
    select
        cast(series.month as date) as month,
        last_day(cast(series.month as date)) as ends_on,
    from unnest(generate_series(
        {{ first_month() }} - interval 3 month, {{ period_month() }}, interval 1 month
    )) as series (month)
)

-- Who leaves on the last day of a month has left in it; a plan that is changed on that day still counts.
select
    subscriptions.customer_key,
    months.month,
    cast(sum(subscriptions.recurring_revenue) as decimal(38, 4)) as revenue,
from subscriptions
inner join months
    on
        subscriptions.started_on <= months.ends_on
        and (
            coalesce(subscriptions.ended_on > months.ends_on, true)
            or (subscriptions.ended_on = months.ends_on and subscriptions.end_reason = 'change')
        )
group by subscriptions.customer_key, months.month
