{{ conform('forum_posts') }}
