with

initiatives as (
    select * from {{ ref('gap_initiatives') }}
),

figures as (
    select * from {{ ref('figures') }}
),

measured as (
    {{ declared_rows(
        var('gap_outcomes'),
        {'outcome': 'varchar', 'period': 'varchar', 'compared': 'varchar', 'units': 'integer', 'value': 'double'}
    ) | indent(4) }}
),

-- What no table measures is a KPI of the whole company; its months are split where the initiative starts.
of_kpis as (
    select
        kpi as outcome,
        period,
        '' as compared,
        cast(1 as integer) as units,
        value,
    from figures
    where
        slice = 'overall'
        and value is not null
        and kpi in (select outcome from initiatives)
        and kpi not in (select outcome from measured)
)

select
    outcome,
    period,
    compared,
    units,
    value,
from measured
where period <= '{{ var("period") }}'
union all
select
    outcome,
    period,
    compared,
    units,
    value,
from of_kpis
order by outcome, period, compared, units
