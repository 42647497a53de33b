"""Every channel we ship, one file each. To add one: write <name>.py, then list it here."""
