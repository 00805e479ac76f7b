{{ conform('cases') }}
