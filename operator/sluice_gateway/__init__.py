"""The gateway: the REST API and the trigger endpoints, over the custom resources, without state."""
