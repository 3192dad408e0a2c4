"""Pages of the desk: keyword replies, their files, and tables of them."""
