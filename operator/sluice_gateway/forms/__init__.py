"""Bodies in the forms of other products: each read by its own converter, into one spec of ours."""
