{%- for outcome in var('outcomes') %}
select
    {{ sql_text(outcome.outcome) }} as outcome,
    cast('{{ outcome.period }}-01' as date) as month,
    {{ sql_text(outcome.group) }} as outcome_group,
    cast({{ outcome.units }} as integer) as units,
    cast({{ outcome.value }} as decimal(18, 4)) as value, -- noqa: RF04
{{ "union all" if not loop.last }}
{%- else %}
select
    cast(null as varchar) as outcome,
    cast(null as date) as month,
    cast(null as varchar) as outcome_group,
    cast(null as integer) as units,
    cast(null as decimal(18, 4)) as value, -- noqa: RF04
where false
{%- endfor %}
