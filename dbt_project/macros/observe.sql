{#- Observing: KPI declarations become one scan of their fact, all months and slices at once. What the kinds share. -#}

{%- macro observable_models() -%}
    {{ return([
        'fct_feedback',
        'fct_cases',
        'fct_calls',
        'fct_journey_events',
        'fct_orders',
        'fct_subscriptions',
        'fct_campaign_contacts',
        'fct_help_events',
        'fct_forum_posts',
        'fct_invitations',
        'fct_sessions',
        'fct_impressions',
        'fct_notices',
        'fct_employee_months',
        'fct_alerts',
        'customer_months',
        'order_sequences',
        'journey_steps',
        'help_visits',
        'help_months',
        'article_months',
        'topic_cases',
        'forum_threads',
        'outcome_multiples',
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

{%- macro grouping_sets(slices, within=none) -%}
    {#- Everything, and each slice; with `within` each of them by that, too. -#}
    {%- set more = ', ' ~ within if within else '' -%}
    group by grouping sets (
        (clock, month{{ more }})
        {%- for name in slices %},
        (clock, month, slice_{{ name }}{{ more }})
        {%- endfor %}
    )
{%- endmacro -%}

{%- macro grouped_by(slices) -%}
    {#- What a row of the grouping sets is grouped by, with a flag for each slice that it is not. -#}
        clock,
        month,
        {%- for name in slices %}
        slice_{{ name }},
        grouping(slice_{{ name }}) = 1 as is_all_{{ name }},
        {%- endfor %}
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
