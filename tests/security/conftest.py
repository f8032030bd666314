"""What is asked here goes through the same doors as everywhere."""

from tests.consumers.conftest import door
from tests.sms.conftest import provider

__all__ = ["door", "provider"]
