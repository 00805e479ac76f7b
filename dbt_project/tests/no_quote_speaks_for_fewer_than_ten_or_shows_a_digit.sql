-- A quote must not lead to the person behind it.
select
    theme,
    polarity,
    place,
from {{ ref('quotes') }}
where
    comments < 10
    or regexp_matches(quote, '[0-9@]')
