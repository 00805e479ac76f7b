{#- Estimates: models that work out a value and its uncertainty themselves, a row a KPI, month and slice value. -#}

{%- macro observe_estimates() -%}
    {%- set observed = [] -%}
    {%- for model in observable_models() if declared(model, ['estimate']) -%}
        {%- do observed.append(model) -%}
    {%- endfor -%}
    {%- for model in observed %}
select
    kpi,
    period,
    slice,
    slice_value,
    n,
    estimate,
    estimate_low,
    estimate_high,
    estimate_error,
from {{ ref(model) }}
where
    kpi in ({% for kpi in declared(model, ['estimate']) %}'{{ kpi.id }}'{{ ", " if not loop.last }}{% endfor %})
    -- What could not be worked out is no figure.
    and estimate is not null
{{ "union all by name" if not loop.last }}
    {%- else %}
select
    cast(null as varchar) as kpi,
    cast(null as varchar) as period,
    cast(null as varchar) as slice,
    cast(null as varchar) as slice_value,
    cast(null as bigint) as n,
    cast(null as double) as estimate,
    cast(null as double) as estimate_low,
    cast(null as double) as estimate_high,
    cast(null as double) as estimate_error,
where false
    {%- endfor -%}
{%- endmacro -%}
