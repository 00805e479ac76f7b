{{ conform('calls', derived="
    coalesce(in_time.abandoned and in_time.ended_at < in_time.enqueued_at + interval 5 second, false) as is_short_abandon,
    case
        when coalesce(in_time.answered_at, in_time.ended_at) < in_time.enqueued_at then 0
        else date_diff('second', in_time.enqueued_at, coalesce(in_time.answered_at, in_time.ended_at))
    end as waited_seconds,
") }}
