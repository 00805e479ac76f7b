{{ conform('help_events') }}
