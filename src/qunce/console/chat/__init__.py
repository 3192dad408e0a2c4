"""Pages of the chat context: accounts, broadcasts, deliveries, the sandbox."""
