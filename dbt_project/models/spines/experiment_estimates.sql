with

experiments as (
    select * from {{ ref('experiments') }}
    where
        -- A difference that nobody may look at yet, or that says nothing, is no figure.
        difference is not null
        and verdict not in ('hidden', 'running', 'sample ratio mismatch')
)

select
    case when outcome = 'abandoned' then 'hold_content' else 'ab_mail' end as kpi,
    period,
    'comparison' as slice, -- noqa: RF04
    case
        when outcome = 'abandoned' then variant || ' against ' || control
        else experiment || ': ' || variant || ' against ' || control
    end as slice_value,
    n + control_n as n,
    difference as estimate,
    low as estimate_low,
    high as estimate_high,
    cast(null as double) as estimate_error,
from experiments
where outcome in ('responded', 'abandoned')
