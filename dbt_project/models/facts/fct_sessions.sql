{{ conform('sessions', also=['preferred_channel']) }}
