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

{%- macro known_from() -%}
    {#- From when on a version of a customer is taken for true: the earliest known one from ever. -#}
    case
        when row_number() over (partition by customer_key order by valid_from nulls first) > 1 then valid_from
        else cast('-infinity' as timestamptz)
    end
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
known as (
    select
        customer_key,
        {{ known_from() }} as valid_from,
        segment,
        region,
        tier,
        {%- for name in also %}
        {{ name }},
        {%- endfor %}
    from {{ ref('fct_customers') }}
),

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
asof left join known
    on
        in_time.customer_key = known.customer_key
        and in_time.{{ time }} >= known.valid_from
{%- else %}
from in_time
{%- endif %}
{%- endmacro -%}
