{%- macro sql_text(value) -%}
    {%- if value is none -%} cast(null as varchar) {%- else -%} '{{ value | string | replace("'", "''") }}' {%- endif -%}
{%- endmacro -%}

{%- macro sql_list(values) -%}
    cast([{%- for value in values %}{{ sql_text(value) }}{{ ", " if not loop.last }}{% endfor -%}] as varchar [])
{%- endmacro -%}

{%- macro sql_number(value) -%} {%- if value is none -%} null {%- else -%} {{ value }} {%- endif -%} {%- endmacro -%}

{%- macro counted_by(kpi) -%}
    {#- What is counted or measured, as the definitions page prints it. -#}
    {%- if kpi.kind == 'ratio' -%} {{ return('sum(' ~ kpi.numerator ~ ') / sum(' ~ kpi.denominator ~ ')') }}
    {%- elif kpi.kind == 'survival' -%} {{ return(kpi.duration ~ ' until ' ~ kpi.event) }}
    {%- elif kpi.kind == 'spread' -%} {{ return(kpi.measure ~ ' between ' ~ kpi.group) }}
    {%- else -%} {{ return(kpi.hit or kpi.measure) }}
    {%- endif -%}
{%- endmacro -%}

{%- macro kpi_rows() -%}
    {#- Every declared KPI as a row: what the inference, the checks, the charts and the definitions page read. -#}
    {%- set place = namespace(value=0) -%}
    {%- if execute -%}
        {%- for model in observable_models() + ['figures'] -%}
            {%- for kpi in graph.nodes['model.cx.' ~ model].config.meta.get('kpis', []) -%}
                {%- set place.value = place.value + 1 %}
{{ "union all" if place.value > 1 }}
select
    {{ sql_text(kpi.id) }} as kpi,
    {{ sql_text(kpi.label) }} as label,
    {{ sql_text(kpi.definition) }} as definition,
    {{ sql_text(kpi.unit) }} as unit,
    {{ sql_text(kpi.direction) }} as direction,
    {{ sql_text(kpi.kind) }} as kind,
    {{ sql_text(model | replace('fct_', '')) }} as fact,
    {{ sql_text(kpi.base) }} as base,
    {{ sql_text(counted_by(kpi)) }} as counted,
    {{ sql_text(kpi.month) }} as month,
    cast({{ kpi.window_days }} as integer) as window_days,
    {{ sql_list(kpi.slices) }} as slices,
    cast({{ kpi.quantile if kpi.quantile else 'null' }} as double) as quantile,
    {{ sql_text(kpi.exposure) }} as exposure,
    cast({{ kpi.per }} as integer) as per,
    cast({{ 'true' if kpi.weight else 'false' }} as boolean) as weighted,
    cast({{ kpi.horizon if kpi.horizon else 'null' }} as double) as horizon,
    {{ sql_text(kpi.cluster or ('customer_key' if kpi.kind == 'ratio' else none)) }} as cluster,
    cast({{ kpi.scale is not none }} as boolean) as has_scale,
    cast({{ sql_number(kpi.scale[0] if kpi.scale else none) }} as double) as scale_low,
    cast({{ sql_number(kpi.scale[1] if kpi.scale else none) }} as double) as scale_high,
    {{ sql_text(tojson(kpi.parts) if kpi.parts else none) }} as parts,
    {{ sql_text(kpi.compared_with) }} as compared_with,
    {{ sql_text(kpi.population) }} as population,
    cast({{ kpi.minimum_base }} as integer) as minimum_base,
    cast({{ kpi.smallest_change }} as double) as smallest_change,
    cast({{ 'true' if kpi.headline else 'false' }} as boolean) as headline,
    cast({{ place.value }} as integer) as position,
    {{ sql_text(kpi.section) }} as section,
    {{ sql_text(kpi.edge_cases) }} as edge_cases,
    cast({{ kpi.decimals }} as integer) as decimals,
    {{ sql_text(kpi.absent) }} as absent,
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if place.value == 0 %}
select null as kpi
where false
    {%- endif -%}
{%- endmacro -%}
