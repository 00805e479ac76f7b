with

outcomes as (
    select * from {{ ref('customer_outcomes') }}
)

select
    strftime(month, '%Y-%m') as period,
    coalesce(customer_tier, 'not given') as customer_tier,
    coalesce(tenure_band, 'not given') as tenure_band,
    bad_experience_level,
    cases > 0 as contacted_support,
    count(*) as customers,
    count(*) filter (where has_left) as customers_left,
    count(*) filter (where has_revenue) as customers_with_revenue,
    count(*) filter (where has_expanded) as customers_expanded,
from outcomes
group by all
order by all
