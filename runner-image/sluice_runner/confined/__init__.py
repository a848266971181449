"""Work on what others wrote in processes that can do nothing else, and are killed from outside."""
