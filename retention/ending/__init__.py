"""What must be gone on its day: purge, forgetting, certificates; backups with an end of theirs."""
