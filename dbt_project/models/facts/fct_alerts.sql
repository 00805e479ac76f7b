{{ conform('alerts') }}
