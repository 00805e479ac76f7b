-- Medians and ninetieth percentiles of two waiting times, with the order statistics that their intervals rest on. Which ranks
-- those are for a number of cases is a table already (known_ranks): no SQL knows the binomial distribution.
with

cases as (
    select
        cast(date_trunc('month', created_at + interval 3 day) as date) as replied_month,
        cast(date_trunc('month', created_at + interval 30 day) as date) as solved_month,
        coalesce(channel, 'not given') as channel,
        coalesce(customer_region, 'not given') as region,
        coalesce(topic, 'not given') as topic,
        case when first_reply_at <= created_at + interval 3 day
        then greatest(date_sub('second', created_at, first_reply_at), 0) / 3600.0 end as reply_hours,
        case
            when last_solved_at <= created_at + interval 30 day
                then greatest(date_sub('second', created_at, last_solved_at), 0) / 3600.0
            when first_reopened_at > created_at + interval 30 day and first_solved_at <= created_at + interval 30 day
                then greatest(date_sub('second', created_at, first_solved_at), 0) / 3600.0
        end as solved_hours,
    from warehouse.fct_cases
),

cells as (
    select
        'bench_reply' as what,
        any_value(replied_month) as month,
        grouping(channel, region, topic) as sliced,
        coalesce(channel, region, topic) as slice_value,
        count(*) as n,
        list(reply_hours order by reply_hours nulls last) as in_order,
    from cases
    where replied_month between getvariable('first_month') and getvariable('last_month')
    group by grouping sets ((replied_month), (replied_month, channel), (replied_month, region), (replied_month, topic))
    union all
    select
        'bench_solved' as what,
        any_value(solved_month) as month,
        grouping(channel, region, topic) as sliced,
        coalesce(channel, region, topic) as slice_value,
        count(*) as n,
        list(solved_hours order by solved_hours nulls last) as in_order,
    from cases
    where solved_month between getvariable('first_month') and getvariable('last_month')
    group by grouping sets ((solved_month), (solved_month, channel), (solved_month, region), (solved_month, topic))
)

select
    cells.what || case ranks.quantile when 0.5 then '_median' else '_p90' end as kpi,
    strftime(cells.month, '%Y-%m') as period,
    case cells.sliced when 3 then 'channel' when 5 then 'region' when 6 then 'topic' else 'overall' end as slice,
    cells.slice_value,
    cells.n,
    case when ranks.next_share = 0 then cells.in_order[ranks.value_rank]
    else cells.in_order[ranks.value_rank] * (1 - ranks.next_share) + cells.in_order[ranks.next_rank] * ranks.next_share
    end as quantile_value,
    case when ranks.low_rank > 0 then cells.in_order[ranks.low_rank] end as quantile_low,
    case when ranks.high_rank > 0 then cells.in_order[ranks.high_rank] end as quantile_high,
    list_transform(ranks.draw_ranks, lambda rank: cells.in_order[rank]) as quantile_draws,
from cells
inner join warehouse.known_ranks as ranks on cells.n = ranks.n and ranks.quantile in (0.5, 0.9)
