with

buyers as (
    select * from {{ ref('buyers') }}
    where orders_of_the_year > 0
),

segments as (
    select * from {{ ref('rfm_segments') }}
),

measured as (
    select
        customer_key,
        date_diff('day', cast(last_ordered_at as date), last_day({{ period_month() }})) as recency_days,
        orders_of_the_year as orders,
        coalesce(nullif(amount_of_the_year, 0), value_of_the_year) as amount,
    from buyers
),

-- Fifths by quantiles of type 7, as flows/inference/rfm.py has them.
cuts as (
    select
        quantile_cont(cast(recency_days as double), [0.2, 0.4, 0.6, 0.8]) as recency_cuts,
        quantile_cont(cast(orders as double), [0.2, 0.4, 0.6, 0.8]) as frequency_cuts,
        quantile_cont(cast(amount as double), [0.2, 0.4, 0.6, 0.8]) as monetary_cuts,
    from measured
),

-- A value equal to a cut point belongs below it: equal customers have equal scores. Of days since the last order few
-- are good.
scored as (
    select
        measured.*,
        5 - len(list_filter(cuts.recency_cuts, lambda cut: cut < measured.recency_days)) as recency_score,
        1 + len(list_filter(cuts.frequency_cuts, lambda cut: cut < measured.orders)) as frequency_score,
        1 + len(list_filter(cuts.monetary_cuts, lambda cut: cut < cast(measured.amount as double))) as monetary_score,
    from measured
    cross join cuts
)

select
    scored.customer_key,
    {{ period_month() }} as month,
    scored.recency_days,
    scored.orders,
    scored.amount,
    cast(scored.recency_score as integer) as recency_score,
    cast(scored.frequency_score as integer) as frequency_score,
    cast(scored.monetary_score as integer) as monetary_score,
    cast(segments.value_tier as varchar) as value_tier,
from scored
inner join segments
    on
        scored.recency_score = segments.recency_score
        and scored.frequency_score = segments.frequency_score
        and scored.monetary_score = segments.monetary_score
