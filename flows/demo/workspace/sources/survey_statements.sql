-- One row per statement a customer agreed with or not; two of them are yes or no.
select
    survey.response_id,
    survey.customer_id as customer_key,
    'customer' as respondent_role,
    'statement' as question_kind,
    asked.dimension,
    survey.answered_by as channel,
    asked.score,
    asked.scale_minimum,
    asked.scale_maximum,
    survey.language,
    survey.invited as invited_at,
    survey.answered as answered_at,
    survey._source_file as source_file,
    survey._source_line as source_line
from survey,
    lateral (
        values
            ('felt_heard', survey.felt_heard, 1, 5),
            ('keeps_promises', survey.keeps_promises, 1, 5),
            ('easy_to_reach', survey.easy_to_reach, 1, 5),
            ('buys_loyal', survey.buys_loyal, 0, 1),
            ('pays_more', survey.pays_more, 0, 1),
            ('path_clear', survey.path_clear, 1, 5),
            ('path_easy', survey.path_easy, 1, 5),
            ('path_as_expected', survey.path_as_expected, 1, 5)
    ) as asked (dimension, score, scale_minimum, scale_maximum)
where asked.score is not null
