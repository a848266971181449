"""The command line `sluice`, which is also `kubectl sluice`."""
