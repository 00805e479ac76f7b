{#- Quantiles: the measured rows of each cell in order, from one scan a fact; ranks are read off later. -#}

{%- macro observe_quantiles() -%}
    {%- set observed = [] -%}
    {%- for model in observable_models() if declared(model, ['quantile']) -%}
        {%- do observed.append(model) -%}
    {%- endfor -%}
    {%- for model in observed %}
(
{{ observe_quantiles_of(model, declared(model, ['quantile'])) }}
)
{{ "union all by name" if not loop.last }}
    {%- else %}
select
    cast(null as varchar) as kpi,
    cast(null as varchar) as period,
    cast(null as varchar) as slice,
    cast(null as varchar) as slice_value,
    cast(null as bigint) as n,
    cast(null as double) as quantile,
    cast(null as double []) as in_order,
where false
    {%- endfor -%}
{%- endmacro -%}

{%- macro lists_of(kpis) -%}
    {#- Median and p90 of the same thing share one sorted list. -#}
    {%- set lists = [] -%}
    {%- for kpi in kpis if [kpi.base, kpi.measure] not in lists -%}
        {%- do lists.append([kpi.base, kpi.measure]) -%}
    {%- endfor -%}
    {{ return(lists) }}
{%- endmacro -%}

{%- macro observe_quantiles_of(model, kpis) -%}
    {%- set lists = lists_of(kpis) -%}
    {%- set columns -%}
        {%- for base, measure in lists %}
        coalesce(({{ base }}), false) as list{{ loop.index0 }}__base,
        cast({{ measure }} as double) as list{{ loop.index0 }}__measure,
        {%- endfor %}
    {%- endset -%}
with

{{ measured_rows(model, kpis, columns) }}

{%- for month, window_days, mine in clocks_of(kpis) %}
{{ "union all" if not loop.first }}
{{ listed(loop.index0, mine, lists, alone=loop.length == 1) }}
{%- endfor %}
{%- endmacro -%}

{%- macro listed(number, kpis, lists, alone) -%}
    {%- set slices = slices_of(kpis) -%}
select
    cell.kpi,
    period,
    slice,
    slice_value,
    len(cell.in_order) as n,
    cell.quantile,
    cell.in_order,
from (
    select
        period,
        slice,
        slice_value,
        unnest([
            {%- for kpi in kpis %}
            {
                'kpi': '{{ kpi.id }}',
                'quantile': {{ kpi.quantile }}::double,
                'in_order': list{{ lists.index([kpi.base, kpi.measure]) }}
            }
            {{- "," if not loop.last }}
            {%- endfor %}
        ]) as cell,
    from (
        select
        {{ grouped_by(number, slices) }}
        {%- for each in lists_of(kpis) %}
        {%- set place = lists.index(each) %}
        -- Rows beyond the follow-up window are null and stand last: later than all others.
        list_sort(
            list(list{{ place }}__measure) filter (where list{{ place }}__base), 'asc', 'nulls last'
        ) as list{{ place }},
        {%- endfor %}
        {{ of_clock(number, slices, alone=alone) }}
    )
)
where
    len(cell.in_order) > 0
    and (cell.kpi, slice) in ({{ cells_of(kpis) }})
{%- endmacro -%}
