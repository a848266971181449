"""What operator, gateway, runner and command line agree on: pure, without I/O and without a clock."""
