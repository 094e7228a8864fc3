"""What tests of real parts share beyond a database: a browser."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.servers import browser


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser without a window; a test opens its own contexts in it."""
    async with browser.chromium() as running:
        yield running
