"""Render templates in processes of their own: the runner keeps its time, memory and secrets."""
