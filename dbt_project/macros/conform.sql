{#- Conforming: what the mappings of a contract delivered becomes its fact. -#}

{%- macro contract_columns(contract) -%}
    {#- The columns a mapping may fill, in the order of the fact's yml; known when the graph is. -#}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- set node = graph.nodes['model.cx.fct_' ~ contract] -%}
        {%- for column in node.columns.values() -%}
            {%- if not column.config.meta.derived or column.name in ['mapping', 'source_file', 'source_line'] -%}
                {%- do found.append(column) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro -%}

{%- macro delivered(contract) -%}
    {#- All rows that the mappings of `contract` deliver; an empty table where there is none. -#}
    {%- for view in var('mappings').get(contract, []) %}
    select * from {{ ref(view) }}
    {{- "\n    union all by name" if not loop.last }}
    {%- else %}
    select
        {%- for column in contract_columns(contract) %}
        cast(null as {{ column.data_type }}) as {{ column.name }},
        {%- else %}
        null as nothing,
        {%- endfor %}
    where false
    {%- endfor -%}
{%- endmacro -%}

{%- macro period_end() -%} cast('{{ var("period_end") }}' as timestamptz) {%- endmacro -%}

{%- macro history_start() -%} cast('{{ var("history_start") }}' as timestamptz) {%- endmacro -%}

{%- macro period_month() -%} cast('{{ var("period") }}-01' as date) {%- endmacro -%}

{%- macro first_month() -%} cast('{{ var("first_period") }}-01' as date) {%- endmacro -%}

{%- macro customer_versions(columns) -%}
    {#-
      CTEs up to `known`: what customers were from when until when, the earliest version since ever, one row for as long as
      none of `columns` changes (a snapshot each month repeats most of them). Intervals that do not overlap: a hash join
      finds the one that holds a time, where an asof join would sort all rows of the fact.
    -#}
    {%- set all_of_them -%}
        struct_pack({%- for column in columns %}{{ column }} := {{ column }}{{ ", " if not loop.last }}{% endfor -%})
    {%- endset -%}
versions as (
    select
        customer_key,
        valid_from,
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        row_number() over (partition by customer_key order by valid_from nulls first) = 1 as is_earliest,
        lag({{ all_of_them }}) over (
            partition by customer_key order by valid_from nulls first
        ) is distinct from {{ all_of_them }} as is_changed,
    from {{ ref('fct_customers') }}
),

known as (
    select
        * exclude (is_earliest, is_changed)
        replace (case when is_earliest then cast('-infinity' as timestamptz) else valid_from end as valid_from),
        coalesce(
            lead(valid_from) over (partition by customer_key order by valid_from nulls first),
            cast('infinity' as timestamptz)
        ) as valid_until,
    from versions
    where is_earliest or is_changed
),
{%- endmacro -%}

{%- macro conform(contract, customers=true, derived='', also=[]) -%}
    {#-
      The fact of a contract of events: rows as of the end of the period, not older than the build looks back, with the
      customer's segment, region and tier valid at the row's time (before the first snapshot the earliest known).
      `derived` adds columns: SQL ending in a comma. `also` names further columns of the customer, as customer_<name>.
    -#}
    {%- set time = graph.nodes['model.cx.fct_' ~ contract].config.meta.time_column if execute else 'time' -%}
with

delivered as ({{ delivered(contract) }}
),

{% if customers -%}
{{ customer_versions(['segment', 'region', 'tier'] + also) }}

{% endif -%}
in_time as (
    select *
    from delivered
    where
        {{ time }} < {{ period_end() }}
        and {{ time }} >= {{ history_start() }}
)

select
    in_time.*,
    {{ derived }}
{%- if customers %}
    known.segment as customer_segment,
    known.region as customer_region,
    known.tier as customer_tier,
    {%- for name in also %}
    known.{{ name }} as customer_{{ name }},
    {%- endfor %}
from in_time
left join known
    on
        in_time.customer_key = known.customer_key
        and in_time.{{ time }} >= known.valid_from
        and in_time.{{ time }} < known.valid_until
{%- else %}
from in_time
{%- endif %}
{%- endmacro -%}
