{%- macro open_seconds(day, moment) -%}
    {#- Seconds of business time before `moment`, from the row of business_days (an alias) of its day. -#}
    {{ day }}.open_seconds_before
    + least(greatest(date_diff('second', {{ day }}.opens_at, {{ moment }}), 0), {{ day }}.open_seconds)
{%- endmacro -%}
