-- Counts and sums of ratings, as somebody would write them who knows these seven KPIs: one row per KPI, month and slice value.
with

ratings as (
    select
        cast(date_trunc('month', answered_at) as date) as month,
        coalesce(customer_region, 'not given') as region,
        coalesce(customer_segment, 'not given') as segment,
        coalesce(channel, 'not given') as channel,
        coalesce(touchpoint, 'not given') as touchpoint,
        respondent_role = 'customer' and question_kind = 'nps' and is_last_in_month as is_nps,
        respondent_role = 'customer' and question_kind = 'csat' as is_csat,
        respondent_role = 'customer' and question_kind = 'csat' and scale_minimum = 1 and scale_maximum = 5 as is_of_five,
        respondent_role = 'customer' and question_kind = 'ces' and scale_maximum = 7
        and coalesce(scale_version, '2') = '2' as is_ces,
        question_kind = 'csat' as is_any_csat,
        question_kind = 'ces' as is_any_ces,
        cast(score as decimal(12, 4)) as score,
        scale_maximum,
        cast(weight as decimal(9, 4)) as weight,
    from warehouse.fct_feedback
    where answered_at >= getvariable('window_start') and answered_at < getvariable('window_end')
),

counted as (
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
        count(*) filter (where is_of_five) as rated_n,
        sum(score) filter (where is_of_five) as rated,
        sum(score * score) filter (where is_of_five) as rated_squares,
        min(score, 30) filter (where is_of_five) as rated_few,
        count(*) filter (where is_ces) as ces_n,
        count(*) filter (where is_ces and score >= 5) as easy,
        count(*) filter (where is_any_csat) as any_csat_n,
        count(*) filter (where is_any_csat and score >= 4) as any_satisfied,
        count(*) filter (where is_any_ces) as any_ces_n,
        sum(score) filter (where is_any_ces) as ease,
        sum(score * score) filter (where is_any_ces) as ease_squares,
        min(score, 30) filter (where is_any_ces) as ease_few,
        sum(weight) filter (where is_any_csat) as weight,
        sum(weight * weight) filter (where is_any_csat) as weight_squares,
        sum(weight * score) filter (where is_any_csat) as weighted,
        sum(weight * score * score) filter (where is_any_csat) as weighted_squares,
    from ratings
    group by grouping sets ((month), (month, region), (month, segment), (month, channel), (month, touchpoint))
),

cells as (
    select period, slice, slice_value, unnest([
        {'kpi': 'bench_nps', 'n': nps_n, 'positives': promoters, 'negatives': detractors,
         'weight': null, 'weight_squares': null, 'total': null, 'total_squares': null, 'small_sample': null},
        {'kpi': 'bench_csat', 'n': csat_n, 'positives': satisfied, 'negatives': null,
         'weight': null, 'weight_squares': null, 'total': null, 'total_squares': null, 'small_sample': null},
        {'kpi': 'bench_csat_mean', 'n': rated_n, 'positives': null, 'negatives': null,
         'weight': null, 'weight_squares': null, 'total': rated, 'total_squares': rated_squares, 'small_sample': rated_few},
        {'kpi': 'bench_ces', 'n': ces_n, 'positives': easy, 'negatives': null,
         'weight': null, 'weight_squares': null, 'total': null, 'total_squares': null, 'small_sample': null},
        {'kpi': 'bench_csat_clustered', 'n': any_csat_n, 'positives': any_satisfied, 'negatives': null,
         'weight': null, 'weight_squares': null, 'total': null, 'total_squares': null, 'small_sample': null},
        {'kpi': 'bench_ces_mean_clustered', 'n': any_ces_n, 'positives': null, 'negatives': null,
         'weight': null, 'weight_squares': null, 'total': ease, 'total_squares': ease_squares, 'small_sample': ease_few},
        {'kpi': 'bench_csat_weighted', 'n': any_csat_n, 'positives': null, 'negatives': null, 'weight': weight,
         'weight_squares': weight_squares, 'total': weighted, 'total_squares': weighted_squares, 'small_sample': null}
    ]) as cell
    from counted
)

select
    cell.kpi, period, slice, slice_value, cell.n, cell.positives, cell.negatives, cell.weight, cell.weight_squares,
    cell.total, cell.total_squares, case when cell.n < 30 then cell.small_sample end as small_sample,
from cells
where
    cell.n > 0
    and not (slice = 'touchpoint' and cell.kpi in ('bench_nps', 'bench_ces', 'bench_csat_weighted'))
    and not (slice = 'channel' and cell.kpi in ('bench_csat_clustered', 'bench_ces_mean_clustered', 'bench_csat_weighted'))
