-- What observed_additive counts of fct_feedback, as somebody would write it who knows these four KPIs.
-- One row per KPI, month and slice value. tests/bench/scale.py compares it with the compiled scan and times both.
with

ratings as (
    select
        cast(date_trunc('month', answered_at) as date) as month,
        coalesce(customer_region, 'not given') as region,
        coalesce(customer_segment, 'not given') as segment,
        coalesce(channel, 'not given') as channel,
        coalesce(touchpoint, 'not given') as touchpoint,
        question_kind = 'nps' and is_last_in_month and score is not null as is_nps,
        question_kind = 'csat' as is_csat,
        question_kind = 'csat' and scale_minimum = 1 and scale_maximum = 5 as is_csat_of_five,
        question_kind = 'ces' and scale_maximum = 7 and coalesce(scale_version, '2') = '2' as is_ces,
        cast(score as decimal(12, 4)) as score,
        scale_maximum,
    from warehouse.fct_feedback
    where
        respondent_role = 'customer'
        and answered_at >= getvariable('window_start')
        and answered_at < getvariable('window_end')
),

counted as materialized (
    select
        strftime(month, '%Y-%m') as period,
        case grouping(region, segment, channel, touchpoint)
            when 7 then 'region' when 11 then 'segment' when 13 then 'channel' when 14 then 'touchpoint'
            else 'overall'
        end as slice,
        coalesce(region, segment, channel, touchpoint) as slice_value,
        count(*) filter (where is_nps) as nps_n,
        count(*) filter (where is_nps and score >= 9) as promoters,
        count(*) filter (where is_nps and score <= 6) as detractors,
        count(*) filter (where is_csat) as csat_n,
        count(*) filter (where is_csat and score >= scale_maximum - 1) as satisfied,
        count(score) filter (where is_csat_of_five) as rated_n,
        sum(score) filter (where is_csat_of_five) as total,
        sum(score * score) filter (where is_csat_of_five) as total_squares,
        count(*) filter (where is_ces) as ces_n,
        count(*) filter (where is_ces and score >= 5) as easy,
    from ratings
    group by grouping sets ((month), (month, region), (month, segment), (month, channel), (month, touchpoint))
),

cells as (
    select 'nps' as kpi, period, slice, slice_value, nps_n as n, promoters as positives, detractors as negatives,
        null as total, null as total_squares,
    from counted where slice != 'touchpoint'
    union all
    select 'csat_t2b', period, slice, slice_value, csat_n, satisfied, null, null, null from counted
    union all
    select 'csat_mean', period, slice, slice_value, rated_n, null, null, total, total_squares from counted
    union all
    select 'ces', period, slice, slice_value, ces_n, easy, null, null, null from counted where slice != 'touchpoint'
)

select * from cells where n > 0
