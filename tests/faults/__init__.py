"""What survives kills, power cuts, full disks and wrong clocks. `make test-faults` runs these tests."""
