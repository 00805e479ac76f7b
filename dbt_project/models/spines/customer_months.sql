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
    select
        cast(series.month as date) as month,
        cast(cast(series.month as date) as timestamptz) as begins_at,
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
        months.begins_at,
        coalesce(spells.acquired_on < months.month, true) as active_at_start,
        coalesce(date_trunc('month', spells.acquired_on) = months.month, false) as acquired_in_month,
        coalesce(date_trunc('month', spells.closed_on) = months.month, false) as lost_in_month,
    from spells
    inner join months
        on
            coalesce(spells.acquired_on <= last_day(months.month), true)
            and coalesce(spells.closed_on >= months.month, true)
),

{{ customer_versions(['segment', 'region', 'tier', 'extra']) }}

attributed as (
    select
        spine.* exclude (begins_at),
        known.segment as customer_segment,
        known.region as customer_region,
        known.tier as customer_tier,
        known.extra as customer_extra,
    from spine
    left join known
        on
            spine.customer_key = known.customer_key
            and spine.begins_at >= known.valid_from
            and spine.begins_at < known.valid_until
)

select * from attributed
