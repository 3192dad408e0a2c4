"""Pages of members: opened from a link in the chat, without a password, for the phone."""
