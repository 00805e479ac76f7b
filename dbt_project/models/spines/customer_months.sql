with

customers as (
    select * from {{ ref('fct_customers') }}
),

-- Who left before the first snapshot is in none: months before it would look as if nobody ever left.
first_known as (
    select min(coalesce(valid_from, cast('-infinity' as timestamptz))) as first_known_at
    from customers
),

months as (
    select cast(series.month as date) as month
    from unnest(generate_series({{ first_month() }}, {{ period_month() }}, interval 1 month)) as series (month)
    inner join first_known
        on cast(series.month as date) + interval 1 month > cast(first_known.first_known_at as timestamp)
),

spells as (
    select
        customer_key,
        acquired_on,
        closed_on,
    from customers
    where valid_to is null
),

spine as (
    select
        spells.customer_key,
        months.month,
        coalesce(spells.acquired_on < months.month, true) as active_at_start,
        coalesce(date_trunc('month', spells.acquired_on) = months.month, false) as acquired_in_month,
        coalesce(date_trunc('month', spells.closed_on) = months.month, false) as lost_in_month,
    from spells
    inner join months
        on
            coalesce(spells.acquired_on <= last_day(months.month), true)
            and coalesce(spells.closed_on >= months.month, true)
),

versions as (
    select
        customer_key,
        segment,
        region,
        tier,
        extra,
        {{ known_from() }} as valid_from,
    from customers
)

select
    spine.*,
    versions.segment as customer_segment,
    versions.region as customer_region,
    versions.tier as customer_tier,
    versions.extra as customer_extra,
from spine
asof left join versions
    on
        spine.customer_key = versions.customer_key
        and cast(spine.month as timestamptz) >= versions.valid_from
