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

{%- macro bases_of(kpis) -%}
    {#- The different conditions of a row being in a base: KPIs that share one are counted once. -#}
    {%- set found = [] -%}
    {%- for kpi in kpis if base_of(kpi) not in found -%} {%- do found.append(base_of(kpi)) -%} {%- endfor -%}
    {{ return(found) }}
{%- endmacro -%}

{%- macro base_of(kpi) -%}
    {%- set measured = ' and (' ~ kpi.measure ~ ') is not null' if kpi.kind in ['nps', 'mean', 'log_mean'] else '' -%}
    {{ return('coalesce((' ~ kpi.base ~ '), false)' ~ measured) }}
{%- endmacro -%}

{%- macro observe_additive_of(model, kpis) -%}
    {%- set bases = bases_of(kpis) -%}
    {%- set columns -%}
        {%- for base in bases %}
        {{ base }} as base_{{ loop.index0 }},
        {%- endfor %}
        {%- for kpi in kpis if kpi.kind not in ['count', 'mix', 'exposure'] %}
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
{{ added_up(loop.index0, mine, bases, alone=loop.length == 1) }}
{%- endfor %}
{%- endmacro -%}

{%- macro sums_of(kpi, base) -%}
    {#- What is added up of a KPI's rows besides their number: name and the SQL of it. -#}
    {%- set kept = ' filter (where ' ~ base ~ ')' -%}
    {%- set x, w = kpi.id ~ '__measure', kpi.id ~ '__weight' -%}
    {%- set found = [] -%}
    {%- if kpi.kind in ['proportion', 'nps', 'rate'] -%}
        {%- do found.append(['positives', 'count(*) filter (where ' ~ base ~ ' and ' ~ x ~ ' = 1)']) -%}
    {%- endif -%}
    {%- if kpi.kind == 'nps' -%}
        {%- do found.append(['negatives', 'count(*) filter (where ' ~ base ~ ' and ' ~ x ~ ' = -1)']) -%}
    {%- endif -%}
    {%- if kpi.weight -%}
        {%- do found.append(['weight', 'sum(' ~ w ~ ')' ~ kept]) -%}
        {%- do found.append(['weight_squares', 'sum(' ~ w ~ ' * ' ~ w ~ ')' ~ kept]) -%}
        {%- do found.append(['total', 'sum(' ~ w ~ ' * ' ~ x ~ ')' ~ kept]) -%}
        {%- do found.append(['total_squares', 'sum(' ~ w ~ ' * ' ~ x ~ ' * ' ~ x ~ ')' ~ kept]) -%}
    {%- elif kpi.kind in ['mean', 'log_mean'] -%}
        {%- do found.append(['total', 'sum(' ~ x ~ ')' ~ kept]) -%}
        {%- do found.append(['total_squares', 'sum(' ~ x ~ ' * ' ~ x ~ ')' ~ kept]) -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro -%}

{%- macro with_small_sample(kpi) -%} {{ return(kpi.kind == 'mean' and not kpi.weight) }} {%- endmacro -%}

{%- macro added_up(number, kpis, bases, alone) -%}
    {%- set slices = slices_of(kpis) -%}
    {%- set month = 'month_' ~ number -%}
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
    cell.small_sample,
from (
    select
        period,
        slice,
        slice_value,
        unnest([
            {%- for kpi in kpis %}
            {%- set base = 'base_' ~ bases.index(base_of(kpi)) %}
            {
                'kpi': '{{ kpi.id }}',
                'n': {{ base }}__n::bigint,
                {%- set sums = dict(sums_of(kpi, base)) %}
                {%- for name in ['positives', 'negatives'] %}
                '{{ name }}': {{ kpi.id ~ '__' ~ name if name in sums else 'null' }}::bigint,
                {%- endfor %}
                {%- for name in ['weight', 'weight_squares', 'total', 'total_squares'] %}
                '{{ name }}': {{ kpi.id ~ '__' ~ name ~ '_sum' if name in sums else 'null' }}::decimal(38, 8),
                {%- endfor %}
                {%- if with_small_sample(kpi) %}
                'small_sample':
                    case when {{ base }}__n < 30 then list_sort(flatten({{ kpi.id }}__small_samples)) end::double []
                {%- else %}
                'small_sample': null::double []
                {%- endif %}
            }
            {{- "," if not loop.last }}
            {%- endfor %}
        ]) as cell,
    from (
        select
        {{ grouped_by(number, slices) }}
        together,
        {%- for base in bases_of(kpis) %}
        sum(base_{{ bases.index(base) }}__n) as base_{{ bases.index(base) }}__n,
        {%- endfor %}
        {%- for kpi in kpis %}
        {%- for name, _ in sums_of(kpi, '') %}
        {%- set suffix = '' if name in ['positives', 'negatives'] else '_sum' %}
        sum({{ kpi.id }}__{{ name }}{{ suffix }}) as {{ kpi.id }}__{{ name }}{{ suffix }},
        {%- endfor %}
        {%- if with_small_sample(kpi) %}
        list({{ kpi.id }}__small_sample) filter (where {{ kpi.id }}__small_sample is not null) as {{ kpi.id }}__small_samples,
        {%- endif %}
        {%- endfor %}
        from (
            {{ added_up_together(number, kpis, bases, alone) }}
        )
        group by grouping sets (
            ({{ month }}, together)
            {%- for name in slices %},
            ({{ month }}, together, slice_{{ name }})
            {%- endfor %}
        )
    )
    where slice_value is not null or (slice = 'overall' and together = 0)
)
where
    cell.n > 0
    and (cell.kpi, slice) in ({{ cells_of(kpis) }})
{%- endmacro -%}

{%- macro added_up_together(number, kpis, bases, alone) -%}
    {#-
      The rows are many and the values of slices few: they are added up by three slices together, so that a row is looked
      at once for three of them, and what comes of it is added up by each.
    -#}
    {%- set month = 'month_' ~ number -%}
    {%- set slices = slices_of(kpis) -%}
            select
                {{ month }},
                {%- for name in slices %}
                slice_{{ name }},
                {%- endfor %}
                {%- if slices | length > 3 %}
                case
                    {%- for name in slices[::3] %}
                    when grouping(slice_{{ name }}) = 0 then {{ loop.index0 }}
                    {%- endfor %}
                end as together,
                {%- else %}
                0 as together,
                {%- endif %}
                {%- for base in bases_of(kpis) %}
                {%- set place = bases.index(base) %}
                count(*) filter (where base_{{ place }}) as base_{{ place }}__n,
                {%- endfor %}
                {%- for kpi in kpis %}
                {%- set base = 'base_' ~ bases.index(base_of(kpi)) %}
                {%- for name, sql in sums_of(kpi, base) %}
                {{ sql }} as {{ kpi.id }}__{{ name }}{{ '' if name in ['positives', 'negatives'] else '_sum' }},
                {%- endfor %}
                {%- if with_small_sample(kpi) %}
                -- All answers where there are fewer than thirty, which is where a mean's interval needs them; bounded by that.
                min({{ kpi.id }}__measure, 30) filter (where {{ base }}) as {{ kpi.id }}__small_sample,
                {%- endif %}
                {%- endfor %}
            from measured
            {%- if not alone %}
            where {{ in_build(month) }}
            {%- endif %}
            group by grouping sets (
                ({{ month }}{% for name in slices[:3] %}, slice_{{ name }}{% endfor %})
                {%- for first in range(3, slices | length, 3) %},
                ({{ month }}{% for name in slices[first:first + 3] %}, slice_{{ name }}{% endfor %})
                {%- endfor %}
            )
{%- endmacro -%}
