-- One row per statement that somebody of the management or the employees agreed with or not.
select
    staff_survey.response as response_id,
    staff_survey.role as respondent_role,
    'statement' as question_kind,
    asked.dimension,
    asked.score,
    staff_survey.answered as answered_at,
    staff_survey.team as employee_group,
    staff_survey._source_file as source_file,
    staff_survey._source_line as source_line
from staff_survey,
    lateral (
        values
            ('felt_heard', staff_survey.felt_heard),
            ('keeps_promises', staff_survey.keeps_promises),
            ('easy_to_reach', staff_survey.easy_to_reach)
    ) as asked (dimension, score)
where asked.score is not null
