"""Certified deployments: a site's RIC runs what a certificate says, once, and nothing else."""
