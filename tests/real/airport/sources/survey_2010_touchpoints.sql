-- One row a respondent and touchpoint rated in 2010; what was never used or left blank is null by now and no row.
select
    '2010-' || RESPNUM as response_id,
    'customer' as respondent_role,
    'experience' as question_kind,
    rating.touchpoint as dimension,
    rating.touchpoint,
    rating.score,
    WEIGHT as weight,
    make_date(2010, 5, cast(INTDATE as integer)) as answered_at,
    _source_file as source_file,
    _source_line as source_line,
from survey_2010,
    lateral (
        values
            ('Artwork and exhibitions', Q6A),
            ('Restaurants', Q6B),
            ('Shops and concessions', Q6C),
            ('Signs inside the airport', Q6D),
            ('Escalators and walkways', Q6E),
            ('Information on screens', Q6F),
            ('Information booths, arrivals', Q6G),
            ('Information booths, departures', Q6H),
            ('Signs on the roadways', Q6I),
            ('Parking', Q6J),
            ('AirTrain', Q6K),
            ('Long-term parking shuttle', Q6L),
            ('Rental car centre', Q6M)
    ) as rating (touchpoint, score)
where rating.score is not null
