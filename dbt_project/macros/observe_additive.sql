{#- The kinds that can be added up: one shared scan a fact into sufficient statistics. -#}

{%- macro measured_as(kpi) -%}
    {#- The number a row brings to a KPI; sums are of integers and DECIMAL, a sum of floats differs from run to run. -#}
    {%- if kpi.kind in ['proportion', 'rate'] -%} cast(coalesce(({{ kpi.hit }}), false) as integer)
    {%- elif kpi.kind == 'nps' -%}
        case when ({{ kpi.measure }}) >= 9 then 1 when ({{ kpi.measure }}) <= 6 then -1 else 0 end
    {%- elif kpi.kind == 'mean' -%} cast({{ kpi.measure }} as decimal(12, 4))
    {%- elif kpi.kind == 'log_mean' -%} cast(ln({{ kpi.measure }}) as decimal(12, 6))
    {%- else -%} 1
    {%- endif -%}
{%- endmacro -%}

{%- macro observe_additive() -%}
    {%- set kinds = ['proportion', 'nps', 'mean', 'log_mean', 'count', 'mix', 'rate', 'exposure'] -%}
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
    cast(null as double []) as small_sample,
where false
    {%- endfor -%}
{%- endmacro -%}

{%- macro observe_additive_of(model, kpis) -%}
    {%- set columns -%}
        {%- for kpi in kpis %}
        coalesce(({{ kpi.base }}), false)
        {%- if kpi.kind in ['nps', 'mean', 'log_mean'] %} and ({{ kpi.measure }}) is not null{% endif %} as {{ kpi.id }}__base,
        {{ measured_as(kpi) }} as {{ kpi.id }}__measure,
        {%- if kpi.weight %}
        cast(coalesce({{ kpi.weight }}, 0) as decimal(9, 4)) as {{ kpi.id }}__weight,
        {%- endif %}
        {%- endfor %}
    {%- endset -%}
with

{{ measured_rows(model, kpis, columns) }}

{%- for month, window_days, mine in clocks_of(kpis) %}
{{ "union all" if not loop.first }}
{{ added_up(loop.index0, mine, alone=loop.length == 1) }}
{%- endfor %}
{%- endmacro -%}

{%- macro added_up(number, kpis, alone) -%}
    {%- set slices = slices_of(kpis) -%}
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
    case when cell.n < 30 then cell.small_sample end as small_sample,
from (
    select
        period,
        slice,
        slice_value,
        unnest([
            {%- for kpi in kpis %}
            {
                'kpi': '{{ kpi.id }}',
                'n': {{ kpi.id }}__n,
                'positives': {{ kpi.id ~ '__positives' if kpi.kind in ['proportion', 'nps', 'rate'] else 'null' }}::bigint,
                'negatives': {{ kpi.id ~ '__negatives' if kpi.kind == 'nps' else 'null' }}::bigint,
                'weight': {{ kpi.id ~ '__weight_sum' if kpi.weight else 'null' }}::decimal(38, 8),
                'weight_squares': {{ kpi.id ~ '__weight_squares' if kpi.weight else 'null' }}::decimal(38, 8),
                'total': {{ kpi.id ~ '__total' if kpi.weight or kpi.kind in ['mean', 'log_mean'] else 'null' }}::decimal(38, 8),
                'total_squares': {{ kpi.id ~ '__total_squares' if kpi.weight or kpi.kind in ['mean', 'log_mean'] else 'null' }}::decimal(38, 8),
                'small_sample': {{ kpi.id ~ '__small_sample' if kpi.kind == 'mean' and not kpi.weight else 'null' }}::double []
            }
            {{- "," if not loop.last }}
            {%- endfor %}
        ]) as cell,
    from (
        select
        {{ grouped_by(number, slices) }}
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
        {%- elif kpi.kind in ['mean', 'log_mean'] %}
        sum({{ x }}) {{ kept }} as {{ kpi.id }}__total,
        sum({{ x }} * {{ x }}) {{ kept }} as {{ kpi.id }}__total_squares,
        {%- endif %}
        {%- if kpi.kind == 'mean' and not kpi.weight %}
        -- All answers where there are fewer than thirty, which is where a mean's interval needs them; bounded by that.
        min({{ x }}, 30) {{ kept }} as {{ kpi.id }}__small_sample,
        {%- endif %}
        {%- endfor %}
        {{ of_clock(number, slices, alone=alone) }}
    )
)
where
    cell.n > 0
    and (cell.kpi, slice) in ({{ cells_of(kpis) }})
{%- endmacro -%}
