{{ conform('cases', also=['preferred_channel']) }}
