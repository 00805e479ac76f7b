with

subscriptions as (
    select * from {{ ref('fct_subscriptions') }}
    where customer_key is not null
),

customer_months as (
    select * from {{ ref('customer_months') }}
),

-- The month before the first one too: what is left at its end opens the first.
balances as (
    select * from {{ ref('revenue_balances') }}
    where month >= {{ first_month() }} - interval 1 month
),

paired as (
    select
        coalesce(closing.customer_key, opening.customer_key) as customer_key,
        coalesce(closing.month, cast(opening.month + interval 1 month as date)) as month,
        coalesce(opening.revenue, 0) as opening_revenue,
        coalesce(closing.revenue, 0) as closing_revenue,
    from balances as closing
    full outer join balances as opening
        on
            closing.customer_key = opening.customer_key
            and closing.month = opening.month + interval 1 month
),

ends as (
    select
        customer_key,
        ended_on,
        max_by(coalesce(end_reason, ''), subscription_key) as end_reason,
    from subscriptions
    where ended_on is not null
    group by customer_key, ended_on
),

-- Why revenue is missing at the end of the month, or was when it began.
explained as (
    select
        paired.*,
        ends.end_reason,
        ends.ended_on,
    from paired
    asof left join ends
        on
            paired.customer_key = ends.customer_key
            and case
                when paired.closing_revenue > 0 then cast(paired.month - interval 1 day as date)
                else last_day(paired.month)
            end >= ends.ended_on
    where
        paired.month between {{ first_month() }} and {{ period_month() }}
        and (paired.opening_revenue > 0 or paired.closing_revenue > 0)
)

select
    explained.customer_key,
    explained.month,
    explained.opening_revenue,
    explained.closing_revenue,
    case
        when explained.opening_revenue > 0 and explained.closing_revenue = 0 and explained.end_reason != 'pause'
            then explained.opening_revenue
        else 0
    end as churned_revenue,
    case
        when explained.closing_revenue > 0 or explained.end_reason = 'pause'
            then greatest(explained.opening_revenue - explained.closing_revenue, 0)
        else 0
    end as contracted_revenue,
    case
        when explained.opening_revenue > 0 then greatest(explained.closing_revenue - explained.opening_revenue, 0)
        else 0
    end as expanded_revenue,
    case
        when explained.opening_revenue = 0 and explained.ended_on is not null and explained.end_reason != 'pause'
            then explained.closing_revenue
        else 0
    end as reactivated_revenue,
    customer_months.customer_segment,
    customer_months.customer_region,
    customer_months.customer_tier,
from explained
left join customer_months
    on
        explained.customer_key = customer_months.customer_key
        and explained.month = customer_months.month
