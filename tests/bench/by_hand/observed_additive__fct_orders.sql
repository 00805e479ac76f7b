-- Counts and sums of orders by three months: when promised, when judged (30 days on), when ordered.
with

orders as (
    select
        cast(date_trunc('month', ordered_at) as date) as ordered_month,
        cast(date_trunc('month', ordered_at + interval 30 day) as date) as judged_month,
        cast(date_trunc('month', promised_at) as date) as promised_month,
        coalesce(customer_region, 'not given') as region,
        coalesce(customer_segment, 'not given') as segment,
        coalesce(channel, 'not given') as channel,
        cast(amount as decimal(12, 4)) as amount,
        amount > 0 as is_paid,
        returned_at <= ordered_at + interval 30 day as is_returned,
        delivered_at <= case
            when promised_at = date_trunc('day', promised_at) then promised_at + interval 1 day else promised_at
        end as is_on_time,
    from warehouse.fct_orders
),

by_order as (
    select
        'bench_basket' as kpi,
        any_value(ordered_month) as month,
        coalesce(region, segment, channel) as slice_value,
        grouping(region, segment, channel) as sliced,
        count(amount) as n,
        null as positives,
        sum(amount) as total,
        sum(amount * amount) as total_squares,
        min(amount, 30) as few,
    from orders
    where ordered_month between getvariable('first_month') and getvariable('last_month')
    group by grouping sets ((ordered_month), (ordered_month, region), (ordered_month, segment), (ordered_month, channel))
),

by_judgement as (
    select
        'bench_returned' as kpi,
        any_value(judged_month) as month,
        coalesce(region, segment, channel) as slice_value,
        grouping(region, segment, channel) as sliced,
        count(*) as n,
        count(*) filter (where is_returned) as positives,
    from orders
    where is_paid and judged_month between getvariable('first_month') and getvariable('last_month')
    group by grouping sets ((judged_month), (judged_month, region), (judged_month, segment), (judged_month, channel))
),

by_promise as (
    select
        'bench_on_time' as kpi,
        any_value(promised_month) as month,
        coalesce(region, segment, channel) as slice_value,
        grouping(region, segment, channel) as sliced,
        count(*) as n,
        count(*) filter (where is_on_time) as positives,
    from orders
    where promised_month between getvariable('first_month') and getvariable('last_month')
    group by grouping sets ((promised_month), (promised_month, region), (promised_month, segment), (promised_month, channel))
),

cells as (
    select * from by_order
    union all by name
    select * from by_judgement
    union all by name
    select * from by_promise
)

select
    kpi,
    strftime(month, '%Y-%m') as period,
    case sliced when 3 then 'region' when 5 then 'segment' when 6 then 'channel' else 'overall' end as slice,
    slice_value, n, positives, total, total_squares, case when n < 30 then few end as small_sample,
from cells
