{{ conform('forum_posts', also=['preferred_channel']) }}
