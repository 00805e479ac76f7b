{%- for model in observable_models() %}
-- depends_on: {{ ref(model) }}
{%- endfor %}
{{ kpi_rows() }}
