-- Sums over customers of what each answered: first a row per customer and cell, then the cell. The anonymous are one each.
with

ratings as (
    select
        cast(date_trunc('month', answered_at) as date) as month,
        coalesce(touchpoint, 'not given') as touchpoint,
        coalesce(customer_region, 'not given') as region,
        coalesce(customer_segment, 'not given') as segment,
        customer_key,
        question_kind = 'csat' as is_csat,
        question_kind = 'ces' as is_ces,
        cast(score >= 4 as integer) as is_satisfied,
        cast(score as decimal(12, 4)) as score,
    from warehouse.fct_feedback
    where
        question_kind in ('csat', 'ces')
        and answered_at >= getvariable('window_start')
        and answered_at < getvariable('window_end')
),

customers as (
    select
        month,
        grouping(touchpoint, region, segment) as sliced,
        coalesce(touchpoint, region, segment) as slice_value,
        customer_key is null as is_anonymous,
        count(*) filter (where is_csat) as csat_n,
        sum(is_satisfied) filter (where is_csat) as satisfied,
        count(*) filter (where is_ces) as ces_n,
        sum(score) filter (where is_ces) as ease,
        sum(score * score) filter (where is_ces) as ease_squares,
    from ratings
    group by grouping sets (
        (month, customer_key), (month, customer_key, touchpoint), (month, customer_key, region), (month, customer_key, segment)
    )
),

cells as (
    select
        month,
        sliced,
        slice_value,
        count(*) filter (where csat_n > 0 and not is_anonymous) + coalesce(sum(csat_n) filter (where is_anonymous), 0) as csat_clusters,
        sum(case when is_anonymous then csat_n else csat_n * csat_n end) as csat_squares,
        sum(case when is_anonymous then satisfied else csat_n * satisfied end) as csat_cross,
        sum(case when is_anonymous then satisfied else satisfied * satisfied end) as csat_totals,
        count(*) filter (where ces_n > 0 and not is_anonymous) + coalesce(sum(ces_n) filter (where is_anonymous), 0) as ces_clusters,
        sum(case when is_anonymous then ces_n else ces_n * ces_n end) as ces_squares,
        sum(case when is_anonymous then ease else ces_n * ease end) as ces_cross,
        sum(case when is_anonymous then ease_squares else ease * ease end) as ces_totals,
    from customers
    group by month, sliced, slice_value
)

select
    kpi,
    strftime(month, '%Y-%m') as period,
    case sliced when 3 then 'touchpoint' when 5 then 'region' when 6 then 'segment' else 'overall' end as slice,
    slice_value, clusters, cluster_squares, cluster_cross, cluster_total_squares,
from (
    select
        'bench_csat_clustered' as kpi, month, sliced, slice_value, csat_clusters as clusters,
        csat_squares as cluster_squares, csat_cross as cluster_cross, csat_totals as cluster_total_squares,
    from cells
    union all
    select 'bench_ces_mean_clustered', month, sliced, slice_value, ces_clusters, ces_squares, ces_cross, ces_totals,
    from cells
)
where clusters > 0
