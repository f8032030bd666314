"""The vault is tested alone: none of these needs Django."""
