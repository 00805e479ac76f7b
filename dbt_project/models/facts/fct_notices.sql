{{ conform('notices') }}
