{#- Four weeks: a few thousand cells however many customers there are; each keeps the mean times of its customers. -#}
{%- set cell_seconds = 28 * 86400 -%}
with

buyers as (
    select * from {{ ref('buyers') }}
),

-- New in the last two years, with a year before it in which orders were delivered at all.
cohort as (
    select
        *,
        orders - 1 as frequency,
        date_sub('second', first_ordered_at, last_ordered_at) as recency_seconds,
        date_sub('second', first_ordered_at, {{ period_end() }}) as age_seconds,
        case when orders > 1 then cast((value - first_value) / (orders - 1) as decimal(18, 4)) end as repeat_value,
    from buyers
    where
        first_ordered_at >= cast({{ period_month() }} - interval 23 month as timestamptz)
        and first_ordered_at >= (select min(b.first_ordered_at) from buyers as b) + interval 12 month
        and cast('{{ var("first_read_period") }}-01' as date) <= {{ period_month() }} - interval 35 month
),

celled as (
    select
        *,
        recency_seconds // {{ cell_seconds }} as recency_cell,
        age_seconds // {{ cell_seconds }} as age_cell,
        -- Steps of five percent. Without a positive mean there is none: the model of values knows no refunds.
        case when repeat_value > 0 then cast(round(ln(repeat_value) / 0.05) as integer) end as value_cell,
    from cohort
),

by_times as (
    select
        'times' as cells,
        frequency,
        recency_cell,
        age_cell,
        cast(null as integer) as value_cell,
        max(value_basis) as value_basis,
        count(*) as customers,
        sum(recency_seconds) as recency_seconds,
        sum(age_seconds) as age_seconds,
        sum(repeat_value) as repeat_value,
    from celled
    group by frequency, recency_cell, age_cell
),

by_values as (
    select
        'values' as cells,
        frequency,
        cast(null as bigint) as recency_cell,
        cast(null as bigint) as age_cell,
        value_cell,
        max(value_basis) as value_basis,
        count(*) as customers,
        sum(recency_seconds) as recency_seconds,
        sum(age_seconds) as age_seconds,
        sum(repeat_value) as repeat_value,
    from celled
    group by frequency, value_cell
),

united as (
    select * from by_times
    union all by name
    select * from by_values
)

select
    cells,
    cast(frequency as bigint) as frequency,
    cast(recency_cell as bigint) as recency_cell,
    cast(age_cell as bigint) as age_cell,
    value_cell,
    value_basis,
    cast(customers as bigint) as customers,
    cast(recency_seconds as bigint) as recency_seconds,
    cast(age_seconds as bigint) as age_seconds,
    cast(coalesce(repeat_value, 0) as decimal(38, 4)) as repeat_value,
from united
order by all
