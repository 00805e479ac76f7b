-- One row per rating that the case states.
select
    'workshop' as response_id,
    'workshop' as respondent_role,
    asked.question_kind,
    workshop.dimension,
    asked.score,
    timestamp '2006-06-15 10:00:00' as answered_at,
    workshop._source_file as source_file,
    workshop._source_line as source_line
from workshop,
    lateral (
        values
            ('experience', workshop.experience),
            ('expectation', workshop.expectation),
            ('importance', workshop.importance)
    ) as asked (question_kind, score)
where asked.score is not null
