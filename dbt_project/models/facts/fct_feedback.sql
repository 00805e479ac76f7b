{{ conform('feedback', derived="
    in_time.customer_key is null or row_number() over (
        partition by
            in_time.customer_key,
            " ~ month_number('in_time.answered_at') ~ ",
            in_time.respondent_role,
            in_time.question_kind,
            in_time.dimension,
            in_time.touchpoint
        order by in_time.answered_at desc, in_time.response_id desc
    ) = 1 as is_last_in_month,
") }}
