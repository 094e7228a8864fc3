"""Chromium as a guest's phone: 360 px wide, in a network namespace where asked.

Debian's Chromium driven by Playwright; nothing of it goes anywhere but to the servers of the
test.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, ViewportSize, async_playwright, expect

CHROMIUM = "/usr/bin/chromium"
PHONE = ViewportSize(width=360, height=640)
WAIT_MILLISECONDS = 20_000

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A guest types a name without https; what answers is a gateway that speaks http.
    "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,HttpsFirstModeV2",
)


@asynccontextmanager
async def phone_window(
    *,
    hosts: str = "",
    program: str = CHROMIUM,
    scripts: bool = True,
    any_certificate: bool = False,
) -> AsyncIterator[Page]:
    """Give a browser window of a phone's width.

    `hosts`: Chromium's --host-resolver-rules. `program`: see `inside`. `scripts`: whether pages
    may run JavaScript, which ours must not need. `any_certificate`: whether one that nobody vouches
    for will do.
    """
    expect.set_options(timeout=WAIT_MILLISECONDS)
    rules = (f"--host-resolver-rules={hosts}",) if hosts else ()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program, args=[*FLAGS, *rules], timeout=WAIT_MILLISECONDS
        )
        try:
            context = await browser.new_context(
                viewport=PHONE,
                locale="fr-FR",
                java_script_enabled=scripts,
                ignore_https_errors=any_certificate,
            )
            context.set_default_timeout(WAIT_MILLISECONDS)
            yield await context.new_page()
        finally:
            await browser.close()


async def press(window: Page, button: str = "form[method=post] button") -> None:
    """Press a page's button, and wait until another page begins."""
    async with window.expect_event("framenavigated"):
        await window.locator(button).first.click()


def inside(folder: Path, namespace: str) -> str:
    """Return a program that starts Chromium in a network namespace."""
    wrapper = folder / "chromium-inside"
    wrapper.write_text(f'#!/bin/sh\nexec ip netns exec {namespace} {CHROMIUM} "$@"\n')
    wrapper.chmod(0o755)
    return str(wrapper)
