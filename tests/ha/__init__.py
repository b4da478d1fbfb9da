"""Three machines of deploy/ha's recipe, killed and cut off under load: `make test-ha`."""
