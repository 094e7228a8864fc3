"""Chromium as a guest's phone: 360 px wide unless told, in a network namespace where asked.

Debian's Chromium driven by Playwright; nothing of it goes anywhere but to the servers of the
test. Our own pages are looked at in the one built without windows, the same engine for a third of
the time; the way back to a gateway in the whole browser, whose warnings are what is tested.
"""

import shutil
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import (
    Browser,
    Error,
    Page,
    Response,
    ViewportSize,
    async_playwright,
    expect,
)

from simulation.certificate import ServerCertificate

WHOLE = shutil.which("chromium") or "chromium-browser"
WINDOWLESS = shutil.which("chromium-headless-shell") or WHOLE
PHONE = ViewportSize(width=360, height=640)
NARROW = ViewportSize(width=320, height=640)
"""What a page must do with, whatever is enlarged (WCAG 1.4.10)."""
WAIT_MILLISECONDS = 60_000
ASKED_WHILE_NETWORKS_CHANGE = 10
ASKED_FOR_A_PICTURE = 5
"""On a busy machine Chromium now and then has no frame to give, and has one when asked again."""

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
    program: str = WHOLE,
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
    *, hosts: str = "", program: str = WINDOWLESS, trusted: Iterable[ServerCertificate] = ()
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
    browser: Browser,
    *,
    scripts: bool = True,
    any_certificate: bool = False,
    size: ViewportSize = PHONE,
    language: str = "fr-FR",
) -> AsyncIterator[Page]:
    """Give a window of a phone's width that knows nothing of the browser's others."""
    context = await browser.new_context(
        viewport=size,
        locale=language,
        java_script_enabled=scripts,
        ignore_https_errors=any_certificate,
    )
    context.set_default_timeout(WAIT_MILLISECONDS)
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def go(window: Page, address: str, **options: Any) -> Response | None:
    """Go to an address; again where another test's network came or went meanwhile: Chromium gives
    up what it is loading then."""
    for _ in range(ASKED_WHILE_NETWORKS_CHANGE - 1):
        try:
            return await window.goto(address, **options)
        except Error as fault:
            if "ERR_NETWORK_CHANGED" not in fault.message:
                raise
    return await window.goto(address, **options)


async def press(window: Page, button: str = "form[method=post] button") -> None:
    """Press a page's button, and wait until another page is there, whole."""
    async with window.expect_event("framenavigated"):
        await window.locator(button).first.click()
    await window.wait_for_load_state("domcontentloaded")


async def take_picture(window: Page, path: Path, *, whole: bool = True) -> None:
    """Keep a picture of the whole page, or of what the window shows of it."""
    for _ in range(ASKED_FOR_A_PICTURE - 1):
        try:
            await window.screenshot(path=path, full_page=whole)
        except Error as fault:
            if "Unable to capture screenshot" not in fault.message:
                raise
        else:
            return
    await window.screenshot(path=path, full_page=whole)


def inside(folder: Path, namespace: str) -> str:
    """Return a program that starts Chromium in a network namespace."""
    wrapper = folder / "chromium-inside"
    wrapper.write_text(f'#!/bin/sh\nexec ip netns exec {namespace} {WHOLE} "$@"\n')
    wrapper.chmod(0o755)
    return str(wrapper)
