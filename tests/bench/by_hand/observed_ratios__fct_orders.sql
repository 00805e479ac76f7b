-- Sums over 128 random groups of customers, always the same: what is resampled.
with

rows as (
    select
        cast(date_trunc('month', ordered_at) as date) as month,
        coalesce(channel, 'not given') as channel,
        coalesce(customer_segment, 'not given') as segment,
        coalesce(customer_region, 'not given') as region,
        cast(md5_number_lower(coalesce(customer_key, '')) % 128 as integer) as group_number,
        margin as numerator,
        amount as denominator,
    from warehouse.fct_orders
    where ordered_at >= getvariable('window_start') and ordered_at < getvariable('window_end')
),

groups as (
    select
        month,
        grouping(channel, segment, region) as sliced,
        coalesce(channel, segment, region) as slice_value,
        group_number,
        count(*) as n,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
    from rows
    group by grouping sets (
        (month, group_number), (month, group_number, channel), (month, group_number, segment), (month, group_number, region)
    )
)

select
    'bench_margin_share' as kpi,
    strftime(month, '%Y-%m') as period,
    case sliced when 3 then 'channel' when 5 then 'segment' when 6 then 'region' else 'overall' end as slice,
    slice_value,
    cast(sum(n) as bigint) as n,
    list(group_number order by group_number) as group_numbers,
    list(cast(numerator as double) order by group_number) as group_numerators,
    list(cast(denominator as double) order by group_number) as group_denominators,
from groups
group by month, sliced, slice_value
