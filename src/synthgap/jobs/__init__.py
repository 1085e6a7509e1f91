"""How a job runs: its GPU, its worker, what it asks a cluster for. `job` is the door."""
