"""Rules over measurements, facts and rows; a check judges and never reads a lake by itself."""
