"""What every page of Socle stands on: templates, languages, headers, errors and health.

The guest pages, the console, the desk and the demo's first page are aiohttp applications of
their own; each calls :func:`territory.web.pages.setup_pages` once and then renders. Nothing here
knows what a page is about.
"""
