"""Pages of the content context: the library, and what stands beside it as tabs."""
