"""The room of resource triggers: which runs changes of objects set off, and who may watch them."""
