{#- Observing: KPI declarations become one scan of their fact, all months and slices at once. -#}

{%- macro observable_models() -%}
    {{ return([
        'fct_feedback', 'fct_cases', 'fct_calls', 'fct_journey_events', 'fct_orders', 'fct_subscriptions',
        'fct_campaign_contacts', 'fct_help_events', 'fct_forum_posts', 'fct_invitations', 'fct_sessions',
        'fct_impressions', 'fct_notices', 'fct_employee_months', 'fct_alerts', 'customer_months', 'order_sequences',
    ]) }}
{%- endmacro -%}

{%- macro declared(model, kinds) -%}
    {#- The KPIs of `model` of these kinds that can be computed, exposures among them where 'exposure' is asked for. -#}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- set meta = graph.nodes['model.cx.' ~ model].config.meta -%}
        {%- if 'exposure' in kinds -%}
            {%- set wanted = [] -%}
            {%- for node in graph.nodes.values() if node.resource_type == 'model' -%}
                {%- for kpi in node.config.meta.get('kpis', []) if kpi.exposure and not kpi.absent -%}
                    {%- do wanted.append(kpi.exposure) -%}
                {%- endfor -%}
            {%- endfor -%}
            {%- for name, exposure in (meta.exposures or {}).items() if name in wanted -%}
                {%- do found.append({
                    'id': name, 'kind': 'exposure', 'base': exposure.base, 'month': exposure.month,
                    'slices': (meta.slices or {}).keys() | list, 'window_days': 0,
                }) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- for kpi in meta.kpis or [] if kpi.kind in kinds and not kpi.absent -%}
            {%- do found.append(kpi) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro -%}

{%- macro clocks_of(kpis) -%}
    {#- The different months a row can count in: (month expression, window) pairs, each a clock. -#}
    {%- set found = [] -%}
    {%- for kpi in kpis if [kpi.month, kpi.window_days] not in found -%}
        {%- do found.append([kpi.month, kpi.window_days]) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro -%}

{%- macro slices_of(kpis) -%}
    {%- set found = [] -%}
    {%- for kpi in kpis -%}
        {%- for name in kpi.slices if name not in found -%} {%- do found.append(name) -%} {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro -%}

{%- macro clocked_rows(model, kpis, columns) -%}
    {#-
      CTEs `measured` and `clocked`: the fact once, each row with the month it counts in, once per clock. A row counts in
      the month its follow-up window closes; months outside the build's window are left out.
    -#}
    {%- set clocks = clocks_of(kpis) -%}
    {%- set slice_sql = graph.nodes['model.cx.' ~ model].config.meta.slices -%}
measured as (
    select
        {%- for name in slices_of(kpis) %}
        coalesce(cast({{ slice_sql[name] }} as varchar), 'not given') as slice_{{ name }},
        {%- endfor %}
        {{- columns }}
        unnest([
            {%- for month, window_days in clocks %}
            {
                'clock': {{ loop.index0 }},
                'month': cast(date_trunc('month', cast({{ month }} as timestamptz)
                {%- if window_days %} + interval {{ window_days }} day{% endif %}) as date)
            }
            {{- "," if not loop.last }}
            {%- endfor %}
        ]) as counted,
    from {{ ref(model) }}
),

clocked as (
    select
        * exclude (counted),
        counted.clock as clock,
        counted.month as month,
    from measured
    where counted.month between {{ first_month() }} and {{ period_month() }}
)
{%- endmacro -%}

{%- macro grouping_sets(slices) -%}
    group by grouping sets (
        (clock, month)
        {%- for name in slices %},
        (clock, month, slice_{{ name }})
        {%- endfor %}
    )
{%- endmacro -%}

{%- macro slice_name(slices) -%}
    {#- Which grouping set a row belongs to, as the slice's name. -#}
    {%- if not slices -%} 'overall' {%- else -%}
    case
        {%- for name in slices %}
        when not is_all_{{ name }} then '{{ name }}'
        {%- endfor %}
        else 'overall'
    end
    {%- endif -%}
{%- endmacro -%}

{%- macro slice_value(slices) -%}
    {%- if not slices -%} cast(null as varchar) {%- else -%}
    case
        {%- for name in slices %}
        when not is_all_{{ name }} then slice_{{ name }}
        {%- endfor %}
    end
    {%- endif -%}
{%- endmacro -%}

{%- macro cells_of(kpis) -%}
    {#- The (kpi, clock, slice) combinations that are declared. -#}
    {%- set clocks = clocks_of(kpis) -%}
    {%- for kpi in kpis -%}
        {%- set outer = loop -%}
        {%- for name in ['overall'] + kpi.slices -%}
            ('{{ kpi.id }}', {{ clocks.index([kpi.month, kpi.window_days]) }}, '{{ name }}')
            {{- ", " if not (loop.last and outer.last) }}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro -%}

{%- macro measured_as(kpi) -%}
    {#- The number a row brings to a KPI; sums are of integers and DECIMAL, a sum of floats differs from run to run. -#}
    {%- if kpi.kind in ['proportion', 'rate'] -%} cast(coalesce(({{ kpi.hit }}), false) as integer)
    {%- elif kpi.kind == 'nps' -%}
        case when ({{ kpi.measure }}) >= 9 then 1 when ({{ kpi.measure }}) <= 6 then -1 else 0 end
    {%- elif kpi.kind == 'mean' -%} cast({{ kpi.measure }} as decimal(12, 4))
    {%- else -%} 1
    {%- endif -%}
{%- endmacro -%}

{%- macro observe_additive() -%}
    {%- set kinds = ['proportion', 'nps', 'mean', 'rate', 'exposure'] -%}
    {%- set observed = [] -%}
    {%- for model in observable_models() if declared(model, kinds) -%}
        {%- do observed.append(model) -%}
    {%- endfor -%}
    {%- for model in observed %}
(
{{ observe_additive_of(model, declared(model, kinds)) }}
)
{{ "union all by name" if not loop.last }}
    {%- else %}
select
    cast(null as varchar) as kpi,
    cast(null as varchar) as period,
    cast(null as varchar) as slice,
    cast(null as varchar) as slice_value,
    cast(null as bigint) as n,
    cast(null as bigint) as positives,
    cast(null as bigint) as negatives,
    cast(null as decimal(38, 8)) as weight,
    cast(null as decimal(38, 8)) as weight_squares,
    cast(null as decimal(38, 8)) as total,
    cast(null as decimal(38, 8)) as total_squares,
where false
    {%- endfor -%}
{%- endmacro -%}

{%- macro observe_additive_of(model, kpis) -%}
    {%- set slices = slices_of(kpis) -%}
    {%- set columns -%}
        {%- for kpi in kpis %}
        coalesce(({{ kpi.base }}), false)
        {%- if kpi.kind in ['nps', 'mean'] %} and ({{ kpi.measure }}) is not null{% endif %} as {{ kpi.id }}__base,
        {{ measured_as(kpi) }} as {{ kpi.id }}__measure,
        {%- if kpi.weight %}
        cast(coalesce({{ kpi.weight }}, 0) as decimal(9, 4)) as {{ kpi.id }}__weight,
        {%- endif %}
        {%- endfor %}
    {%- endset -%}
with

{{ clocked_rows(model, kpis, columns) }},

-- Materialised, so that the fact is read once however many figures come out of it.
counted as materialized (
    select
        clock,
        month,
        {%- for name in slices %}
        slice_{{ name }},
        grouping(slice_{{ name }}) = 1 as is_all_{{ name }},
        {%- endfor %}
        {%- for kpi in kpis %}
        {%- set kept = 'filter (where ' ~ kpi.id ~ '__base)' %}
        {%- set x = kpi.id ~ '__measure' %}
        {%- set w = kpi.id ~ '__weight' %}
        count(*) {{ kept }} as {{ kpi.id }}__n,
        {%- if kpi.kind in ['proportion', 'nps', 'rate'] %}
        count(*) filter (where {{ kpi.id }}__base and {{ x }} = 1) as {{ kpi.id }}__positives,
        {%- endif %}
        {%- if kpi.kind == 'nps' %}
        count(*) filter (where {{ kpi.id }}__base and {{ x }} = -1) as {{ kpi.id }}__negatives,
        {%- endif %}
        {%- if kpi.weight %}
        sum({{ w }}) {{ kept }} as {{ kpi.id }}__weight_sum,
        sum({{ w }} * {{ w }}) {{ kept }} as {{ kpi.id }}__weight_squares,
        sum({{ w }} * {{ x }}) {{ kept }} as {{ kpi.id }}__total,
        sum({{ w }} * {{ x }} * {{ x }}) {{ kept }} as {{ kpi.id }}__total_squares,
        {%- elif kpi.kind == 'mean' %}
        sum({{ x }}) {{ kept }} as {{ kpi.id }}__total,
        sum({{ x }} * {{ x }}) {{ kept }} as {{ kpi.id }}__total_squares,
        {%- endif %}
        {%- endfor %}
    from clocked
    {{ grouping_sets(slices) }}
),

cells as (
    select
        clock,
        strftime(month, '%Y-%m') as period,
        {{ slice_name(slices) }} as slice,
        {{ slice_value(slices) }} as slice_value,
        unnest([
            {%- for kpi in kpis %}
            {
                'kpi': '{{ kpi.id }}',
                'n': {{ kpi.id }}__n,
                'positives': {{ kpi.id ~ '__positives' if kpi.kind in ['proportion', 'nps', 'rate'] else 'null' }}::bigint,
                'negatives': {{ kpi.id ~ '__negatives' if kpi.kind == 'nps' else 'null' }}::bigint,
                'weight': {{ kpi.id ~ '__weight_sum' if kpi.weight else 'null' }}::decimal(38, 8),
                'weight_squares': {{ kpi.id ~ '__weight_squares' if kpi.weight else 'null' }}::decimal(38, 8),
                'total': {{ kpi.id ~ '__total' if kpi.weight or kpi.kind == 'mean' else 'null' }}::decimal(38, 8),
                'total_squares': {{ kpi.id ~ '__total_squares' if kpi.weight or kpi.kind == 'mean' else 'null' }}::decimal(38, 8)
            }
            {{- "," if not loop.last }}
            {%- endfor %}
        ]) as cell,
    from counted
)

select
    cell.kpi,
    period,
    slice,
    slice_value,
    cell.n,
    cell.positives,
    cell.negatives,
    cell.weight,
    cell.weight_squares,
    cell.total,
    cell.total_squares,
from cells
where
    cell.n > 0
    and (cell.kpi, clock, slice) in ({{ cells_of(kpis) }})
{%- endmacro -%}

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

{%- macro observe_quantiles_of(model, kpis) -%}
    {%- set slices = slices_of(kpis) -%}
    {#- Median and p90 of the same thing share one sorted list. -#}
    {%- set lists = [] -%}
    {%- for kpi in kpis if [kpi.base, kpi.measure] not in lists -%}
        {%- do lists.append([kpi.base, kpi.measure]) -%}
    {%- endfor -%}
    {%- set columns -%}
        {%- for base, measure in lists %}
        coalesce(({{ base }}), false) as list{{ loop.index0 }}__base,
        cast({{ measure }} as double) as list{{ loop.index0 }}__measure,
        {%- endfor %}
    {%- endset -%}
with

{{ clocked_rows(model, kpis, columns) }},

listed as materialized (
    select
        clock,
        month,
        {%- for name in slices %}
        slice_{{ name }},
        grouping(slice_{{ name }}) = 1 as is_all_{{ name }},
        {%- endfor %}
        {%- for _ in lists %}
        -- Rows beyond the follow-up window are null and stand last: later than all others.
        list_sort(
            list(list{{ loop.index0 }}__measure) filter (where list{{ loop.index0 }}__base), 'asc', 'nulls last'
        ) as list{{ loop.index0 }},
        {%- endfor %}
    from clocked
    {{ grouping_sets(slices) }}
),

cells as (
    select
        clock,
        strftime(month, '%Y-%m') as period,
        {{ slice_name(slices) }} as slice,
        {{ slice_value(slices) }} as slice_value,
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
    from listed
)

select
    cell.kpi,
    period,
    slice,
    slice_value,
    len(cell.in_order) as n,
    cell.quantile,
    cell.in_order,
from cells
where
    len(cell.in_order) > 0
    and (cell.kpi, clock, slice) in ({{ cells_of(kpis) }})
{%- endmacro -%}
