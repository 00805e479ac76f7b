with

rankings as (
    select
        *,
        cast(date_trunc('month', answered_at) as date) as month,
    from {{ ref('driver_rankings') }}
),

sums as (
    select
        month,
        driver,
        count(*) as n,
        sum(place) as total,
        sum(place * place) as total_squares,
    from rankings
    where month between {{ first_month() }} and {{ period_month() }}
    group by month, driver
)

select
    'driver_rank_mean' as kpi,
    strftime(month, '%Y-%m') as period,
    'driver' as slice,
    driver as slice_value,
    n,
    cast(total / n as double) as estimate,
    cast(null as double) as estimate_low,
    cast(null as double) as estimate_high,
    -- In whole numbers until the last step, so that places that are all alike have no error at all.
    cast(
        case when n > 1 then sqrt((n * total_squares - total * total) / (n * n * (n - 1))) end as double
    ) as estimate_error,
from sums
