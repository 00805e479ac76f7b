with

cells as (
    select * from {{ ref('quantile_cells') }}
),

ranks as (
    select * from {{ ref('quantile_ranks') }}
)

select
    cells.kpi,
    cells.period,
    cells.slice,
    cells.slice_value,
    cells.n,
    -- Interpolated; null when either neighbour is beyond the follow-up window.
    case
        when ranks.next_share = 0 then cells.in_order[ranks.value_rank]
        else
            cells.in_order[ranks.value_rank] * (1 - ranks.next_share)
            + cells.in_order[ranks.next_rank] * ranks.next_share
    end as quantile_value,
    -- A rank of -1 says that no such limit exists for this n.
    case when ranks.low_rank > 0 then cells.in_order[ranks.low_rank] end as quantile_low,
    case when ranks.high_rank > 0 then cells.in_order[ranks.high_rank] end as quantile_high,
    list_transform(ranks.draw_ranks, lambda rank: cells.in_order[rank]) as quantile_draws,
from cells
inner join ranks on cells.n = ranks.n and cells.quantile = ranks.quantile
