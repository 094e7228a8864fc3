"""Chromium as a guest's phone: 360 px wide, in a network namespace where asked.

Debian's Chromium driven by Playwright; nothing of it goes anywhere but to the servers of the
test.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from simulation.certificate import ServerCertificate

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
    """Give a browser window of a phone's width, in a browser of its own.

    `hosts`: Chromium's --host-resolver-rules. `program`: see `inside`. `scripts`: whether pages
    may run JavaScript, which ours must not need. `any_certificate`: whether one that nobody vouches
    for will do.
    """
    async with (
        chromium(hosts=hosts, program=program) as browser,
        window_of(browser, scripts=scripts, any_certificate=any_certificate) as page,
    ):
        yield page


@asynccontextmanager
async def chromium(
    *, hosts: str = "", program: str = CHROMIUM, trusted: Iterable[ServerCertificate] = ()
) -> AsyncIterator[Browser]:
    """Let a browser run that believes the system's authorities and these certificates."""
    expect.set_options(timeout=WAIT_MILLISECONDS)
    keys = ",".join(certificate.key_digest for certificate in trusted)
    told = {"host-resolver-rules": hosts, "ignore-certificate-errors-spki-list": keys}
    rules = (f"--{name}={value}" for name, value in told.items() if value)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program, args=[*FLAGS, *rules], timeout=WAIT_MILLISECONDS
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def window_of(
    browser: Browser, *, scripts: bool = True, any_certificate: bool = False
) -> AsyncIterator[Page]:
    """Give a window of a phone's width that knows nothing of the browser's others."""
    context = await browser.new_context(
        viewport=PHONE,
        locale="fr-FR",
        java_script_enabled=scripts,
        ignore_https_errors=any_certificate,
    )
    context.set_default_timeout(WAIT_MILLISECONDS)
    try:
        yield await context.new_page()
    finally:
        await context.close()


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
