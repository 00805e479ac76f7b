{{ conform('impressions') }}
