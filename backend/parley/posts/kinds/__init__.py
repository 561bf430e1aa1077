"""What each kind of post has beside its words: questions, announcements, polls, praise, events, decisions.

`given` is what somebody enters, `store` keeps it with the post, `gather` reads it for feeds, and one module for each
kind holds its verbs.
"""
