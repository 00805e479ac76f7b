with

quoted_figures as (
    select * from {{ ref('quoted_figures') }}
),

kpis as (
    select * from {{ ref('kpis') }}
),

of_the_company as (
    {%- for benchmark in var('benchmarks') %}
    select
        {{ sql_text(benchmark.kpi) }} as kpi,
        cast({{ benchmark.value }} as double) as value, -- noqa: RF04
        {{ sql_text(benchmark.source) }} as source,
        {{ sql_text(benchmark.note) }} as note,
        cast({{ benchmark.verified }} as boolean) as is_verified,
    {{ "union all" if not loop.last }}
    {%- else %}
    select
        cast(null as varchar) as kpi,
        cast(null as double) as value, -- noqa: RF04
        cast(null as varchar) as source,
        cast(null as varchar) as note,
        cast(null as boolean) as is_verified,
    where false
    {%- endfor %}
),

quoted as (
    select
        kpi,
        value, -- noqa: RF04
        source,
        note,
        false as is_verified,
    from quoted_figures
    union all
    select * from of_the_company
)

select quoted.*
from quoted
inner join kpis on quoted.kpi = kpis.kpi
