-- Counts and sums of cases: reopened ones in the month that their 14 days are over, the others in the month they came.
with

cases as (
    select
        cast(date_trunc('month', created_at) as date) as month,
        cast(date_trunc('month', first_solved_at + interval 14 day) as date) as judged_month,
        coalesce(customer_region, 'not given') as region,
        coalesce(customer_segment, 'not given') as segment,
        coalesce(channel, 'not given') as channel,
        coalesce(topic, 'not given') as topic,
        is_complaint,
        first_reopened_at <= first_solved_at + interval 14 day as is_reopened,
        case when first_reply_at is not null
        then cast(ln(greatest(date_sub('second', created_at, first_reply_at), 1) / 3600.0) as decimal(12, 6)) end as log_hours,
    from warehouse.fct_cases
),

by_creation as (
    select
        month,
        case grouping(region, segment, channel, topic)
            when 7 then 'region' when 11 then 'segment' when 13 then 'channel' when 14 then 'topic' else 'overall'
        end as slice,
        coalesce(region, segment, channel, topic) as slice_value,
        count(*) as n,
        count(*) filter (where is_complaint) as complaints,
        count(log_hours) as replied,
        sum(log_hours) as log_hours,
        sum(log_hours * log_hours) as log_squares,
    from cases
    where month between getvariable('first_month') and getvariable('last_month')
    group by grouping sets ((month), (month, region), (month, segment), (month, channel), (month, topic))
),

by_judgement as (
    select
        judged_month,
        case grouping(region, channel, topic)
            when 3 then 'region' when 5 then 'channel' when 6 then 'topic' else 'overall'
        end as slice,
        coalesce(region, channel, topic) as slice_value,
        count(*) as n,
        count(*) filter (where is_reopened) as reopened,
    from cases
    where judged_month between getvariable('first_month') and getvariable('last_month')
    group by grouping sets ((judged_month), (judged_month, region), (judged_month, channel), (judged_month, topic))
),

cells as (
    select 'bench_complaints' as kpi, month, slice, slice_value, n, complaints as positives, null as total, null as total_squares
    from by_creation where slice in ('overall', 'region', 'segment')
    union all
    select 'bench_cases', month, slice, slice_value, n, null, null, null
    from by_creation where slice in ('overall', 'channel', 'topic')
    union all
    select 'bench_channel_mix', month, slice, slice_value, n, null, null, null
    from by_creation where slice in ('overall', 'channel')
    union all
    select 'bench_reply_geometric', month, slice, slice_value, replied, null, log_hours, cast(log_squares as decimal(38, 8))
    from by_creation where slice in ('overall', 'channel', 'topic', 'region') and replied > 0
    union all
    select 'bench_reopened', judged_month, slice, slice_value, n, reopened, null, null from by_judgement
)

select kpi, strftime(month, '%Y-%m') as period, slice, slice_value, n, positives, total, total_squares from cells
