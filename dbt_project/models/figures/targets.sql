{%- for target in var('targets') %}
select
    {{ sql_text(target.kpi) }} as kpi,
    {{ sql_text(target.slice) }} as slice,
    cast({{ sql_text(target.slice_value) }} as varchar) as slice_value,
    cast({{ target.target }} as double) as target,
    cast({{ sql_text(target.valid_from) }} as varchar) as valid_from,
{{ "union all" if not loop.last }}
{%- else %}
select
    cast(null as varchar) as kpi,
    cast(null as varchar) as slice,
    cast(null as varchar) as slice_value,
    cast(null as double) as target,
    cast(null as varchar) as valid_from,
where false
{%- endfor %}
