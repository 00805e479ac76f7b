{{ conform('journey_events') }}
