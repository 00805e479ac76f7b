-- First orders, in the month that their 90 days are over, and those followed by another within them.
with

firsts as (
    select
        cast(date_trunc('month', first_ordered_at + interval 90 day) as date) as month,
        coalesce(customer_region, 'not given') as region,
        coalesce(customer_segment, 'not given') as segment,
        coalesce(channel, 'not given') as channel,
        next_ordered_at <= first_ordered_at + interval 90 day as is_followed,
    from warehouse.order_sequences
)

select
    'bench_repeat' as kpi,
    strftime(month, '%Y-%m') as period,
    case grouping(region, segment, channel)
        when 3 then 'region' when 5 then 'segment' when 6 then 'channel' else 'overall'
    end as slice,
    coalesce(region, segment, channel) as slice_value,
    count(*) as n,
    count(*) filter (where is_followed) as positives,
from firsts
where month between getvariable('first_month') and getvariable('last_month')
group by grouping sets ((month), (month, region), (month, segment), (month, channel))
