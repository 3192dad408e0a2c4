"""What the community reads and keeps: the library, morning briefs, written-up sessions, suggestions."""
