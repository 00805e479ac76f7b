{%- set waited = elapsed_seconds('in_time.enqueued_at', 'coalesce(in_time.answered_at, in_time.ended_at)') -%}
{{ conform('calls', also=['preferred_channel'], derived="
    coalesce(in_time.abandoned and in_time.ended_at < in_time.enqueued_at + interval 5 second, false) as is_short_abandon,
    case when " ~ waited ~ " < 0 then 0 else " ~ waited ~ " end as waited_seconds,
") }}
