{%- macro elapsed_seconds(since, until) -%}
    {#- Whole seconds between two moments; date_diff over time zones takes thirty times as long. -#}
    ((epoch_us({{ until }}) - epoch_us({{ since }})) // 1000000)
{%- endmacro -%}

{%- macro open_seconds(day, moment) -%}
    {#- Seconds of business time before `moment`, from the row of business_days (an alias) of its day. -#}
    {{ day }}.open_seconds_before
    + least(greatest({{ elapsed_seconds(day ~ '.opens_at', moment) }}, 0), {{ day }}.open_seconds)
{%- endmacro -%}
