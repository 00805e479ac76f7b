{{ config(contract={'enforced': true}) }}
{%- for model in observable_models() %}
-- depends_on: {{ ref(model) }}
{%- endfor %}
{{ observe_nested('ratio') }}
