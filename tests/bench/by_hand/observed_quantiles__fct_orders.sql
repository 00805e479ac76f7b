-- Ninetieth percentile of the days to delivery, with the order statistics that its interval rests on; the ranks are a
-- table already, as for the cases.
with

orders as (
    select
        cast(date_trunc('month', ordered_at + interval 30 day) as date) as month,
        coalesce(channel, 'not given') as channel,
        coalesce(customer_region, 'not given') as region,
        case when delivered_at <= ordered_at + interval 30 day
        then date_sub('second', ordered_at, delivered_at) / 86400.0 end as days,
    from warehouse.fct_orders
),

cells as (
    select
        month,
        grouping(channel, region) as sliced,
        coalesce(channel, region) as slice_value,
        count(*) as n,
        list(days order by days nulls last) as in_order,
    from orders
    where month between getvariable('first_month') and getvariable('last_month')
    group by grouping sets ((month), (month, channel), (month, region))
)

select
    'bench_delivery_p90' as kpi,
    strftime(cells.month, '%Y-%m') as period,
    case cells.sliced when 1 then 'channel' when 2 then 'region' else 'overall' end as slice,
    cells.slice_value,
    cells.n,
    case when ranks.next_share = 0 then cells.in_order[ranks.value_rank]
    else cells.in_order[ranks.value_rank] * (1 - ranks.next_share) + cells.in_order[ranks.next_rank] * ranks.next_share
    end as quantile_value,
    case when ranks.low_rank > 0 then cells.in_order[ranks.low_rank] end as quantile_low,
    case when ranks.high_rank > 0 then cells.in_order[ranks.high_rank] end as quantile_high,
    list_transform(ranks.draw_ranks, lambda rank: cells.in_order[rank]) as quantile_draws,
from cells
inner join warehouse.known_ranks as ranks on cells.n = ranks.n and ranks.quantile = 0.9
