"""A site: the folder that holds one network's keys, ledger, policy and state, and its sockets."""

import hashlib
import tempfile
from pathlib import Path
from typing import Literal

Role = Literal["ledger", "verifier", "approver", "actuator", "plant"]
"""Processes of a site. Each has its own key; none runs a language model."""


class Site:
    """Paths below one folder. Sockets live in a short runtime folder (Unix limits their length)."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    @property
    def policy(self) -> Path:
        """The operator policy file."""
        return self.root / "policy.yaml"

    @property
    def keys(self) -> Path:
        """Folder of private keys, one file a role, readable by the owner only."""
        return self.root / "keys"

    @property
    def trust(self) -> Path:
        """The signed list of public keys and revocations."""
        return self.root / "trust.json"

    @property
    def root_key(self) -> Path:
        """Public half of the root key that signs :attr:`trust`; pinned when the keys are made."""
        return self.root / "root.pub"

    @property
    def calibration(self) -> Path:
        """The twin's calibration certificate, where the site made its own."""
        return self.root / "calibration.json"

    @property
    def gap(self) -> Path:
        """Outcomes on plants that the twin was compared with, where the site made its own."""
        return self.root / "gap.json"

    @property
    def approvals(self) -> Path:
        """SQLite file of the approver: pending requests and decisions."""
        return self.root / "approvals.sqlite"

    @property
    def ledger(self) -> Path:
        """SQLite file of the Merkle log; written by the ledger process only."""
        return self.root / "ledger.sqlite"

    @property
    def objects(self) -> Path:
        """Content-addressed store of the ledger."""
        return self.root / "objects"

    @property
    def actuator_journal(self) -> Path:
        """SQLite write-ahead journal of the actuator."""
        return self.root / "actuator.sqlite"

    @property
    def checkpoints(self) -> Path:
        """SQLite file of the planner's graph checkpoints."""
        return self.root / "checkpoints.sqlite"

    @property
    def plant_state(self) -> Path:
        """Configuration and time of the simulated plant, kept over restarts."""
        return self.root / "plant.json"

    @property
    def ric(self) -> Path:
        """Folder of the site's near-RT RIC."""
        return self.root / "ric"

    @property
    def logs(self) -> Path:
        """Folder of the processes' logs."""
        return self.root / "logs"

    @property
    def runtime(self) -> Path:
        """Folder of the sockets, private to the user, short enough for a Unix socket path."""
        name = hashlib.sha256(str(self.root).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"ranwright-{name}"

    def socket(self, role: Role) -> Path:
        """Unix socket of a role's process."""
        return self.runtime / f"{role}.sock"

    def lock(self, role: Role) -> Path:
        """File that the one process of a role holds locked."""
        return self.root / f"{role}.lock"

    def create(self) -> None:
        """Make the folders, private to the user."""
        for folder in (self.root, self.keys, self.objects, self.logs, self.runtime):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
