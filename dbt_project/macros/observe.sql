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
        'gap_estimates',
        'customer_months',
        'order_sequences',
        'revenue_months',
        'experiment_estimates',
        'new_customers',
        'statement_responses',
        'values_gaps',
        'agent_ratings',
        'driver_rankings',
        'driver_mean_ranks',
        'store_days',
        'employees',
        'frontline_items',
        'case_sequences',
        'contacts',
        'contact_days',
        'abandoned_calls',
        'comment_topics',
        'comment_agreement',
        'journey_steps',
        'help_visits',
        'help_months',
        'article_months',
        'topic_cases',
        'forum_threads',
        'outcome_multiples',
        'customer_outcomes',
        'associated_outcomes',
        'retention_months',
        'customer_tiers',
        'customer_values',
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
    {#- The different months a row can count in: month expression, window and the KPIs that go by them, each a clock. -#}
    {%- set found = {} -%}
    {%- for kpi in kpis -%}
        {%- do found.setdefault(kpi.month ~ '|' ~ kpi.window_days, [kpi.month, kpi.window_days, []])[2].append(kpi) -%}
    {%- endfor -%}
    {{ return(found.values() | list) }}
{%- endmacro -%}

{%- macro slices_of(kpis) -%}
    {%- set found = [] -%}
    {%- for kpi in kpis -%}
        {%- for name in kpi.slices if name not in found -%} {%- do found.append(name) -%} {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro -%}

{%- macro month_number(time, days=0) -%}
    {#-
      Which month, counted from the first that is read, lies `days` days after a moment, date or wall-clock time; null outside what is
      read. Found among the months' beginnings: arithmetic with time zones costs a hundred times as much a row.
    -#}
    {%- set bounds = var('month_bounds')[days | string] -%}
    case
        when typeof({{ time }}) != 'TIMESTAMP WITH TIME ZONE' then {{ month_among(time, bounds['dates']) }}
        else {{ month_among(time, bounds['instants']) }}
    end
{%- endmacro -%}

{%- macro month_among(time, bounds) -%}
    {#- Months of the average length, begun so early that they lead to the right month or the one after it: one look tells which. -#}
    {%- set average = 2629746000000 -%}
    {%- set early = namespace(by=0) -%}
    {%- for bound in bounds -%}
        {%- set early.by = [early.by, loop.index0 * average - (bound - bounds[0])] | max -%}
    {%- endfor -%}
    {%- set at = 'epoch_us(' ~ time ~ ')' -%}
    {%- set near = '((' ~ at ~ ' - ' ~ (bounds[0] - early.by) ~ ') // ' ~ average ~ ')' -%}
            case
                when {{ at }} >= {{ bounds[0] }} and {{ at }} < {{ bounds[-1] }}
                    then {{ near }} - cast({{ at }} < [{{ bounds | join(', ') }}, 9000000000000000000][{{ near }} + 1] as integer)
            end
{%- endmacro -%}

{%- macro in_window(time, days) -%}
    {#- Whether a row counts in one of the build's months. -#}
    {%- set bounds = var('month_bounds')[days | string] -%}
    {%- set first = var('first_month_number') -%}
    case
        when typeof({{ time }}) != 'TIMESTAMP WITH TIME ZONE'
            then epoch_us({{ time }}) between {{ bounds['dates'][first] }} and {{ bounds['dates'][-1] - 1 }}
        else epoch_us({{ time }}) between {{ bounds['instants'][first] }} and {{ bounds['instants'][-1] - 1 }}
    end
{%- endmacro -%}

{%- macro measured_rows(model, kpis, columns, only='true') -%}
    {#-
      CTE `measured`: the fact, read once, with what each row brings and the month it counts in by each clock
      (`month_0`, ...). A row counts in the month its follow-up window closes; rows that count in none of the build's
      months, or are not `only`, are left out at once.
    -#}
    {%- set slice_sql = graph.nodes['model.cx.' ~ model].config.meta.slices -%}
    {%- set clocks = clocks_of(kpis) -%}
measured as {{ 'materialized ' if clocks | length > 1 }}(
    select
        {%- for name in slices_of(kpis) %}
        coalesce(cast({{ slice_sql[name] }} as varchar), 'not given') as slice_{{ name }},
        {%- endfor %}
        {{- columns }}
        {%- for month, window_days, _ in clocks %}
        {{ month_number('(' ~ month ~ ')', window_days) }} as month_{{ loop.index0 }},
        {%- endfor %}
    from {{ ref(model) }}
    where
        ({{ only }})
        and (
            {%- for month, window_days, _ in clocks %}
            {{ 'or ' if not loop.first }}{{ in_window('(' ~ month ~ ')', window_days) }}
            {%- endfor %}
        )
)
{%- endmacro -%}

{%- macro in_build(month) -%}
    {{ month }} between {{ var('first_month_number') }} and {{ var('month_bounds')['0']['dates'] | length - 2 }}
{%- endmacro -%}

{%- macro of_clock(number, slices, within=none, alone=false) -%}
    {#- The rows of a clock in the build's months, in all and by each slice; with `within` each of them by that, too. -#}
    {%- set more = ', ' ~ within if within else '' -%}
    {%- set month = 'month_' ~ number -%}
    from measured
    {%- if not alone %}
    where {{ in_build(month) }}
    {%- endif %}
    group by grouping sets (
        ({{ month }}{{ more }})
        {%- for name in slices %},
        ({{ month }}, slice_{{ name }}{{ more }})
        {%- endfor %}
    )
{%- endmacro -%}

{%- macro grouped_by(number, slices) -%}
    {#- What a row of the grouping sets is grouped by. -#}
        strftime(
            cast('{{ var("first_read_period") }}-01' as date) + to_months(cast(month_{{ number }} as integer)), '%Y-%m'
        ) as period,
        {{ slice_name(slices) }} as slice,
        {{ slice_value(slices) }} as slice_value,
{%- endmacro -%}

{%- macro slice_name(slices) -%}
    {#- Which grouping set a row belongs to, as the slice's name. -#}
    {%- if not slices -%} 'overall' {%- else -%}
    case
        {%- for name in slices %}
        when grouping(slice_{{ name }}) = 0 then '{{ name }}'
        {%- endfor %}
        else 'overall'
    end
    {%- endif -%}
{%- endmacro -%}

{%- macro slice_value(slices) -%}
    {%- if not slices -%} cast(null as varchar) {%- else -%}
    case
        {%- for name in slices %}
        when grouping(slice_{{ name }}) = 0 then slice_{{ name }}
        {%- endfor %}
    end
    {%- endif -%}
{%- endmacro -%}

{%- macro cells_of(kpis) -%}
    {#- The (kpi, slice) pairs that are declared. -#}
    {%- for kpi in kpis -%}
        {%- set outer = loop -%}
        {%- for name in ['overall'] + kpi.slices -%}
            ('{{ kpi.id }}', '{{ name }}'){{ ", " if not (loop.last and outer.last) }}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro -%}
