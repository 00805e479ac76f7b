-- Rows without a value are a level of their own ("not given"), so nothing may be lost or counted twice by slicing.
with

observed as (
    select * from {{ ref('observed_additive') }}
),

wholes as (
    select * from observed
    where slice = 'overall'
),

parts as (
    select
        kpi,
        period,
        slice,
        sum(n) as n,
        sum(positives) as positives,
    from observed
    where slice != 'overall'
    group by kpi, period, slice
)

select
    parts.kpi,
    parts.period,
    parts.slice,
    parts.n as n_of_the_parts,
    wholes.n as n_of_the_whole,
from parts
left join wholes
    on
        parts.kpi = wholes.kpi
        and parts.period = wholes.period
where
    parts.n is distinct from wholes.n
    or parts.positives is distinct from wholes.positives
