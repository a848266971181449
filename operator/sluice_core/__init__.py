"""What all of Sluice's processes agree on: pure, without I/O and without a clock."""
