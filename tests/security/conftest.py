"""What is asked here goes through the same doors as everywhere."""

from tests.consumers.conftest import door

__all__ = ["door"]
