-- One row a respondent and touchpoint rated in 2015; what was never used or left blank is null by now and no row.
select
    '2015-' || RESPNUM as response_id,
    'customer' as respondent_role,
    'experience' as question_kind,
    rating.touchpoint as dimension,
    rating.touchpoint,
    METHOD as channel,
    rating.score,
    WEIGHT as weight,
    make_date(2015, 5, cast(INTDATE as integer)) as answered_at,
    json_object('boarding_area', BAREA) as extra,
    _source_file as source_file,
    _source_line as source_line,
from survey_2015,
    lateral (
        values
            ('Artwork and exhibitions', Q7ART),
            ('Restaurants', Q7FOOD),
            ('Shops and concessions', Q7STORE),
            ('Signs inside the airport', Q7SIGN),
            ('Escalators and walkways', Q7WALKWAYS),
            ('Information on screens', Q7SCREENS),
            ('Information booths, arrivals', Q7INFODOWN),
            ('Information booths, departures', Q7INFOUP),
            ('Wi-Fi', Q7WIFI),
            ('Signs on the roadways', Q7ROADS),
            ('Parking', Q7PARK),
            ('AirTrain', Q7AIRTRAIN),
            ('Long-term parking shuttle', Q7LTPARKING),
            ('Rental car centre', Q7RENTAL)
    ) as rating (touchpoint, score)
where rating.score is not null
