"""The guests' pages: views, templates and catalogues. No page needs a script or a cookie."""
