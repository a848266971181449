"""The courier: deliver outgoing notifications, signed, through the egress guard."""
