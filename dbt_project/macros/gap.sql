{#- The gap analysis: the workspace's tables as rows, and the slices its ratings are told by. -#}

{%- macro declared_rows(rows, columns) -%}
    {#- `rows` of a workspace's table, each a mapping, as one select with the types of `columns` (name: type). -#}
    {%- if not rows %}
select
        {%- for name, type in columns.items() %}
    cast(null as {{ type }}) as {{ name }},
        {%- endfor %}
where false
    {%- else %}
select
        {%- for name, type in columns.items() %}
    cast({{ name }} as {{ type }}) as {{ name }},
        {%- endfor %}
from (
    values
        {%- for row in rows %}
    (
            {%- for name, type in columns.items() -%}
                {{ sql_number(row[name]) if type in ['double', 'integer'] else sql_text(row[name]) }}
                {{- ", " if not loop.last }}
            {%- endfor -%}
    ){{ "," if not loop.last }}
        {%- endfor %}
) as declared ({{ columns.keys() | join(', ') }})
    {%- endif -%}
{%- endmacro -%}

{%- macro gap_slice_columns() -%}
    {#- The slices the gap analysis is told by, as columns over a row of the feedback. -#}
    {%- for name, expression in var('gap_slices').items() %}
        coalesce(cast({{ expression }} as varchar), 'not given') as slice_{{ name }},
    {%- endfor -%}
{%- endmacro -%}

{%- macro gap_groups(respondents) -%}
    {#- Each row of `respondents` in the whole and in its value of every slice. -#}
    {%- for name in [none] + var('gap_slices').keys() | list %}
    select
        month_number,
        role,
        respondent,
        weight,
        {{ sql_text(name or 'overall') }} as slice,
        {{ 'slice_' ~ name if name else 'cast(null as varchar)' }} as slice_value,
    from {{ respondents }}
    {{ "union all" if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}
