"""The room of schedules: which runs cron times set off, and when to look again."""
