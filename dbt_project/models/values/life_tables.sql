with

customers as (
    select * from {{ ref('fct_customers') }}
),

contracts as (
    select * from {{ ref('subscription_contracts') }}
),

-- Who left before the first snapshot is in none: months before it would look as if nobody ever left.
first_known as (
    select min(coalesce(valid_from, cast('-infinity' as timestamptz))) as first_known_at
    from customers
),

lives as (
    select
        'customers' as population,
        acquired_on as started_on,
        closed_on as ended_on,
    from customers
    where
        valid_to is null
        and acquired_on is not null
        and coalesce(closed_on >= acquired_on, true)
    union all
    select
        'contracts' as population,
        started_on,
        ended_on,
    from contracts
),

-- Who is there on the day of the month on which they began has completed another month.
cells as (
    select
        population,
        cast(date_trunc('month', started_on) as date) as started_in,
        case when ended_on is not null then datesub('month', started_on, ended_on) end as months_completed,
        count(*) as lives,
    from lives
    group by all
),

aged as (
    select
        *,
        unnest(generate_series(
            greatest(date_diff('month', started_in, cast({{ first_month() }} - interval 11 month as date)), 1),
            least(date_diff('month', started_in, {{ period_month() }}), coalesce(months_completed + 1, 1000000))
        )) as tenure_month,
    from cells
),

-- The n-th month of everybody who began in one calendar month ends n calendar months later.
passed as (
    select
        population,
        cast(started_in + to_months(cast(tenure_month as integer)) as date) as month,
        tenure_month,
        sum(lives) as at_risk,
        coalesce(sum(lives) filter (where months_completed = tenure_month - 1), 0) as lost,
    from aged
    group by all
),

months as (
    select cast(series.month as date) as month
    from unnest(generate_series({{ first_month() }}, {{ period_month() }}, interval 1 month)) as series (month)
)

-- Twelve calendar months of everybody's experience at whatever age they were: a period life table.
select
    passed.population,
    strftime(months.month, '%Y-%m') as period,
    cast(passed.tenure_month as integer) as tenure_month,
    cast(sum(passed.at_risk) as bigint) as at_risk,
    cast(coalesce(sum(passed.at_risk) filter (
        where passed.tenure_month = 1 or passed.month = months.month - interval 11 month
    ), 0) as bigint) as entering,
    cast(sum(passed.lost) as bigint) as lost,
from months
inner join passed
    on
        months.month >= passed.month
        and months.month < passed.month + interval 12 month
cross join first_known
where
    passed.population = 'contracts'
    or months.month - interval 11 month > cast(first_known.first_known_at as timestamp)
group by all
order by all
