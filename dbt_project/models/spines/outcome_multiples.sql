with

outcomes as (
    select * from {{ ref('outcomes') }}
    where month <= {{ period_month() }}
),

months as (
    select cast(series.month as date) as month
    from unnest(generate_series({{ first_month() }}, {{ period_month() }}, interval 1 month)) as series (month)
),

-- What one unit brought in the same month, so that a season is in both.
of_one as (
    select
        outcome,
        month,
        avg(value) as one_value,
    from outcomes
    where units = 1
    group by outcome, month
),

-- A year up to each month: a single month of a few groups says little.
of_groups as (
    select
        months.month,
        outcomes.outcome,
        outcomes.outcome || ': ' || outcomes.outcome_group as outcome_group,
        outcomes.units,
        count(*) as n,
        cast(avg(outcomes.value) / nullif(avg(of_one.one_value), 0) as decimal(18, 8)) as multiple,
    from months
    inner join outcomes on outcomes.month between months.month - interval 11 month and months.month
    inner join of_one
        on
            outcomes.outcome = of_one.outcome
            and outcomes.month = of_one.month
    where outcomes.units > 1
    group by months.month, outcomes.outcome, outcomes.outcome_group, outcomes.units
),

told as (
    select
        kpis.kpi,
        of_groups.month,
        of_groups.outcome,
        of_groups.outcome_group,
        of_groups.n,
        case
            when kpis.kpi = 'profit_link' then of_groups.multiple
            else cast(of_groups.multiple / of_groups.units as decimal(18, 8))
        end as multiple,
    from of_groups
    cross join (values ('profit_link'), ('profit_link_per_unit')) as kpis (kpi)
    where of_groups.multiple is not null
),

sliced as (
    select
        told.*,
        slices.slice,
        case
            when slices.slice = 'outcome' then told.outcome
            when slices.slice = 'group' then told.outcome_group
        end as slice_value,
    from told
    cross join (values ('overall'), ('outcome'), ('group')) as slices (slice)
)

select
    kpi,
    strftime(month, '%Y-%m') as period,
    slice,
    slice_value,
    cast(sum(n) as bigint) as n,
    cast(sum(n * multiple) as double) / sum(n) as estimate,
    cast(null as double) as estimate_low,
    cast(null as double) as estimate_high,
    cast(null as double) as estimate_error,
from sliced
group by kpi, month, slice, slice_value
