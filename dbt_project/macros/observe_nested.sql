{#-
  Kinds that are added up in two steps: first within something smaller than a cell (a customer, a random group of
  customers, an agent, a time), then over the cell. One scan of the fact for all KPIs that share that smaller thing.
-#}

{#- Customers fall into this many random groups, always the same: resampling groups costs the same however many rows
    there are, and a customer of two months is drawn in both or in neither. -#}
{%- macro random_groups() -%} {{ return(128) }} {%- endmacro -%}

{%- macro nested_kpis(model, way) -%}
    {%- set kinds = {
        'cluster': ['proportion', 'nps', 'mean'], 'ratio': ['ratio'], 'spread': ['spread'], 'survival': ['survival'],
    }[way] -%}
    {%- set found = [] -%}
    {%- for kpi in declared(model, kinds) if way != 'cluster' or kpi.cluster -%}
        {%- do found.append(kpi) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro -%}

{%- macro within(kpi, way) -%}
    {#- SQL of what the first step adds up within. -#}
    {%- if way == 'cluster' -%} cast({{ kpi.cluster }} as varchar)
    {%- elif way == 'ratio' -%}
        cast(coalesce(md5_number_lower(cast({{ kpi.cluster or 'customer_key' }} as varchar)) % {{ random_groups() }}, 0) as integer)
    {%- elif way == 'spread' -%} cast({{ kpi.group }} as varchar)
    {%- else -%} cast({{ kpi.duration }} as decimal(12, 3))
    {%- endif -%}
{%- endmacro -%}

{%- macro observe_nested(way) -%}
    {%- set parts = [] -%}
    {%- for model in observable_models() -%}
        {%- set withins = [] -%}
        {%- for kpi in nested_kpis(model, way) if within(kpi, way) not in withins -%}
            {%- do withins.append(within(kpi, way)) -%}
        {%- endfor -%}
        {%- for each in withins -%}
            {%- set sharing = [] -%}
            {%- for kpi in nested_kpis(model, way) if within(kpi, way) == each -%} {%- do sharing.append(kpi) -%} {%- endfor -%}
            {%- do parts.append([model, each, sharing]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for model, each, sharing in parts %}
(
{{ observe_nested_of(model, each, sharing, way) }}
)
{{ "union all by name" if not loop.last }}
    {%- else %}
select
    cast(null as varchar) as kpi,
    cast(null as varchar) as period,
    cast(null as varchar) as slice,
    cast(null as varchar) as slice_value,
    {%- for name, data_type, _ in nested_columns(none, way) %}
    cast(null as {{ data_type }}) as {{ name }},
    {%- endfor %}
where false
    {%- endfor -%}
{%- endmacro -%}

{%- macro row_columns(kpi, way) -%}
    {#- What a row brings to a KPI. -#}
        {%- set measures = {'ratio': 'true', 'survival': kpi.duration, 'spread': kpi.measure, 'cluster': kpi.measure or 'true'} %}
        coalesce(({{ kpi.base }}), false) and ({{ measures[way] }}) is not null
        {%- if way == 'spread' %} and ({{ kpi.group }}) is not null{% endif %} as {{ kpi.id }}__base,
        {%- if way == 'cluster' %}
        {{ measured_as(kpi) }} as {{ kpi.id }}__measure,
        {%- elif way == 'ratio' %}
        cast(coalesce({{ kpi.numerator }}, 0) as decimal(18, 4)) as {{ kpi.id }}__numerator,
        cast(coalesce({{ kpi.denominator }}, 0) as decimal(18, 4)) as {{ kpi.id }}__denominator,
        {%- elif way == 'spread' %}
        cast({{ kpi.measure }} as decimal(12, 4)) as {{ kpi.id }}__measure,
        {%- else %}
        coalesce(({{ kpi.event }}), false) as {{ kpi.id }}__event,
        {%- endif %}
{%- endmacro -%}

{%- macro first_step(kpi, way) -%}
    {%- set kept = 'filter (where ' ~ kpi.id ~ '__base)' -%}
    {%- set x = kpi.id ~ '__measure' -%}
        count(*) {{ kept }} as {{ kpi.id }}__n,
        {%- if way == 'ratio' %}
        sum({{ kpi.id }}__numerator) {{ kept }} as {{ kpi.id }}__numerators,
        sum({{ kpi.id }}__denominator) {{ kept }} as {{ kpi.id }}__denominators,
        {%- elif way in ['cluster', 'spread'] %}
        sum({{ x }}) {{ kept }} as {{ kpi.id }}__total,
        sum({{ x }} * {{ x }}) {{ kept }} as {{ kpi.id }}__total_squares,
        {%- else %}
        count(*) filter (where {{ kpi.id }}__base and {{ kpi.id }}__event) as {{ kpi.id }}__events,
        {%- endif %}
{%- endmacro -%}

{%- macro nested_columns(kpi, way) -%}
    {#- The columns of a cell: name, type, and the SQL of the second step. -#}
    {%- set id = kpi.id if kpi else '' -%}
    {%- set n = id ~ '__n' -%}
    {%- set kept = 'filter (where ' ~ n ~ ' > 0)' -%}
    {%- if way == 'cluster' -%}
        {#- Who is anonymous is a cluster each: then the sums over rows are those over clusters. -#}
        {%- set anonymous = 'sum(case when within is null then ' -%}
        {{ return([
            ['clusters', 'bigint', anonymous ~ n ~ ' when ' ~ n ~ ' > 0 then 1 end)'],
            ['cluster_squares', 'decimal(38, 8)', anonymous ~ n ~ ' else ' ~ n ~ ' * ' ~ n ~ ' end)'],
            ['cluster_cross', 'decimal(38, 8)', anonymous ~ id ~ '__total else ' ~ n ~ ' * ' ~ id ~ '__total end)'],
            ['cluster_total_squares', 'decimal(38, 8)',
             anonymous ~ id ~ '__total_squares else ' ~ id ~ '__total * ' ~ id ~ '__total end)'],
        ]) }}
    {%- elif way == 'ratio' -%}
        {{ return([
            ['n', 'bigint', 'sum(' ~ n ~ ')'],
            ['group_numbers', 'integer []', 'list(within order by within) ' ~ kept],
            ['group_numerators', 'double []', 'list(' ~ id ~ '__numerators order by within) ' ~ kept],
            ['group_denominators', 'double []', 'list(' ~ id ~ '__denominators order by within) ' ~ kept],
        ]) }}
    {%- elif way == 'spread' -%}
        {{ return([
            ['n', 'bigint', 'sum(' ~ n ~ ')'],
            ['total', 'decimal(38, 8)', 'sum(' ~ id ~ '__total)'],
            ['total_squares', 'decimal(38, 8)', 'sum(' ~ id ~ '__total_squares)'],
            ['clusters', 'bigint', 'count(*) ' ~ kept],
            ['cluster_squares', 'decimal(38, 8)', 'sum(' ~ n ~ ' * ' ~ n ~ ')'],
            ['cluster_mean_squares', 'decimal(38, 8)',
             'sum(cast(' ~ id ~ '__total * ' ~ id ~ '__total / nullif(' ~ n ~ ', 0) as decimal(28, 8)))'],
        ]) }}
    {%- else -%}
        {{ return([
            ['n', 'bigint', 'sum(' ~ n ~ ')'],
            ['life_times', 'double []', 'list(within order by within) ' ~ kept],
            ['life_events', 'bigint []', 'list(' ~ id ~ '__events order by within) ' ~ kept],
            ['life_censored', 'bigint []', 'list(' ~ n ~ ' - ' ~ id ~ '__events order by within) ' ~ kept],
        ]) }}
    {%- endif -%}
{%- endmacro -%}

{%- macro any_base(kpis) -%}
    {#- Rows of no KPI's base would each be a group of the first step. -#}
    {%- set bases = [] -%}
    {%- for kpi in kpis if '(' ~ kpi.base ~ ')' not in bases -%} {%- do bases.append('(' ~ kpi.base ~ ')') -%} {%- endfor -%}
    {{ return(bases | join(' or ')) }}
{%- endmacro -%}

{%- macro observe_nested_of(model, each, kpis, way) -%}
    {%- set columns %}
        {{ each }} as within,
        {%- for kpi in kpis %}
        {{- row_columns(kpi, way) }}
        {%- endfor %}
    {%- endset -%}
with

{{ measured_rows(model, kpis, columns, only=any_base(kpis)) }}

{%- for month, window_days, mine in clocks_of(kpis) %}
{{ "union all" if not loop.first }}
{{ nested(loop.index0, mine, way, alone=loop.length == 1) }}
{%- endfor %}
{%- endmacro -%}

{%- macro nested(number, kpis, way, alone) -%}
    {%- set slices = slices_of(kpis) -%}
select
    cell.kpi,
    period,
    slice,
    slice_value,
    {%- for name, data_type, _ in nested_columns(none, way) %}
    cast(cell.cell.{{ name }} as {{ data_type }}) as {{ name }},
    {%- endfor %}
from (
    select
        period,
        slice,
        slice_value,
        unnest([
            {%- for kpi in kpis %}
            {'kpi': '{{ kpi.id }}', 'rows': {{ kpi.id }}__rows, 'cell': {{ kpi.id }}}{{ "," if not loop.last }}
            {%- endfor %}
        ]) as cell,
    from (
        select
            period,
            slice,
            slice_value,
            {%- for kpi in kpis %}
            {
                {%- for name, data_type, second_step in nested_columns(kpi, way) %}
                '{{ name }}': {{ second_step }}{{ "," if not loop.last }}
                {%- endfor %}
            } as {{ kpi.id }},
            sum({{ kpi.id }}__n) as {{ kpi.id }}__rows,
            {%- endfor %}
        from (
            select
            {{ grouped_by(number, slices) }}
            within,
            {%- for kpi in kpis %}
            {{ first_step(kpi, way) }}
            {%- endfor %}
            {{ of_clock(number, slices, 'within', alone) }}
        )
        group by period, slice, slice_value
    )
)
where
    cell.rows > 0
    and (cell.kpi, slice) in ({{ cells_of(kpis) }})
{%- endmacro -%}
