-- One row a respondent and touchpoint rated in 2011; what was never used or left blank is null by now and no row.
select
    '2011-' || RESPNUM as response_id,
    'customer' as respondent_role,
    'experience' as question_kind,
    rating.touchpoint as dimension,
    rating.touchpoint,
    rating.score,
    make_date(2011, 5, cast(INTDATE as integer)) as answered_at,
    _source_file as source_file,
    _source_line as source_line,
from survey_2011,
    lateral (
        values
            ('Artwork and exhibitions', Q8A),
            ('Restaurants', Q8B),
            ('Shops and concessions', Q8C),
            ('Signs inside the airport', Q8D),
            ('Escalators and walkways', Q8E),
            ('Information on screens', Q8F),
            ('Information booths, arrivals', Q8G),
            ('Information booths, departures', Q8H),
            ('Signs on the roadways', Q8I),
            ('Parking', Q8J),
            ('AirTrain', Q8K),
            ('Long-term parking shuttle', Q8L),
            ('Rental car centre', Q8M)
    ) as rating (touchpoint, score)
where rating.score is not null
